"""Files of networks: they appear complete or not at all, and damage is recognised."""

import errno
import os

import numpy as np
import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.files import networks
from pipeline_lib.files.networks import origin, read_network, read_provenance, write_network
from pipeline_lib.files.whole import whole, write_text
from pipeline_lib.model.network import Modulation
from pipeline_lib.model.pruning import prune
from tests.conftest import modulated, same_bytes
from tests.trust.disk import CannotMountError, library_writes

HALF = Modulation(damping=0.7, units=((0, 3, 22), ()))
STABILISER = Modulation(inhibition=0.15, gain_cap=1.05, bias_damping=0.3)


@pytest.mark.parametrize(
    "modulation", [Modulation("tanh", 0.7), Modulation("tanh", 0.7, 0.85), HALF, STABILISER]
)
def test_a_network_is_read_as_it_was_written(network, tmp_path, modulation):
    treated = modulated(prune(network, 0.9), modulation)
    write_network(tmp_path / "n.safetensors", treated, {"seed": 3, "stage": "treated"})
    back = read_network(tmp_path / "n.safetensors")
    assert same_bytes(back, treated)
    assert back.modulation == treated.modulation
    assert back.masks[0].dtype == bool
    provenance = read_provenance(tmp_path / "n.safetensors")
    assert (provenance["seed"], provenance["stage"]) == (3, "treated")
    assert provenance["versions"]["numpy"] == np.__version__


def test_the_same_network_gives_the_same_bytes(network, tmp_path):
    for name in ("a", "b"):
        write_network(tmp_path / name, network, {"seed": 3, "stage": "baseline"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_failed_write_leaves_only_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write_half():
        with whole(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.txt"]


def test_remains_of_a_killed_process_are_removed_by_the_next_write(tmp_path):
    for name in (".file.txt.123.part", ".file.txt.4.part", ".other.txt.4.part"):
        (tmp_path / name).write_text("half")
    write_text(tmp_path / "file.txt", "new")
    assert sorted(os.listdir(tmp_path)) == [".other.txt.4.part", "file.txt"]


def test_a_full_disk_is_reported_in_one_sentence_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write_much():
        with whole(path) as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, "as the system says it")

    with pytest.raises(PipelineError, match=r"file.txt: could not be written \(No space left"):
        write_much()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.txt"]


def test_every_kind_of_file_reports_full_and_read_only_disks_and_leaves_nothing(tmp_path):
    try:
        assert library_writes(tmp_path) == []
    except CannotMountError as error:
        pytest.skip(str(error))


def test_a_misplaced_network_is_refused(network, tmp_path):
    path = tmp_path / "network.safetensors"
    write_network(path, network, origin(1, "ssri") | {"study": {}})
    assert same_bytes(read_network(path, origin(1, "ssri")), network)
    for place in (origin(0, "ssri"), origin(1, "ketamine"), origin(1, "untreated")):
        with pytest.raises(PipelineError, match=r"stage treated, seed 1.* instead of .*rebuild it"):
            read_network(path, place)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-7] ^= 0x10
    path.write_bytes(content)


def flip_in_the_metadata(path):
    path.write_bytes(path.read_bytes().replace(b"relu", b"tanh"))


def replace_by_text(path):
    path.write_text("not a network at all, but long enough to be one")


def replace_by_foreign(path):
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(3)}, path)


@pytest.mark.parametrize(
    "damage",
    [truncate, flip, flip_in_the_metadata, replace_by_text, replace_by_foreign],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_network_is_refused_in_one_sentence(network, tmp_path, damage):
    path = tmp_path / "network.safetensors"
    write_network(path, network, {})
    damage(path)
    with pytest.raises(PipelineError) as error:
        read_network(path)
    assert str(path) in str(error.value)
    assert "run the workflow again" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_network_is_named(tmp_path):
    with pytest.raises(PipelineError, match="there is no such network file"):
        read_network(tmp_path / "none.safetensors")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_not_finite_is_refused_at_both_ends(network, tmp_path, value, monkeypatch):
    # This unit reaches no output, so an engine would leave it out.
    network.masks[1][:, 3] = False
    network.weights[1][:, 3] = 0
    network.weights[0][3, 1] = value
    path = tmp_path / "n.safetensors"
    with pytest.raises(PipelineError, match="a weight or a bias is NaN or infinite"):
        write_network(path, network, {})
    assert not path.exists()
    with monkeypatch.context() as patch:
        patch.setattr(networks, "_check_finite", lambda path, network: None)
        write_network(path, network, {})
    with pytest.raises(PipelineError, match="a weight or a bias is NaN or infinite"):
        read_network(path)
