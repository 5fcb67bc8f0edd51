"""Files appear whole or not at all, and a damaged one is told from a good one."""

import os

import numpy as np
import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.network import Modulation, modulated
from pipeline_lib.pruning import prune
from pipeline_lib.storage import read_network, read_provenance, whole, write_network
from tests.conftest import same_bytes


def test_a_network_comes_back_as_it_was(network, tmp_path):
    treated = modulated(prune(network, 0.9), Modulation("tanh", 0.7))
    write_network(tmp_path / "n.safetensors", treated, {"seed": 3, "stage": "treated"})
    back = read_network(tmp_path / "n.safetensors")
    assert same_bytes(back, treated)
    assert back.modulation == treated.modulation
    assert back.masks[0].dtype == bool


def test_a_gain_comes_back_with_its_network(network, tmp_path):
    treated = modulated(network, Modulation("tanh", 0.7, gain=0.85))
    write_network(tmp_path / "n.safetensors", treated, {})
    assert read_network(tmp_path / "n.safetensors").modulation == treated.modulation


def test_provenance_tells_who_made_a_network_from_what(network, tmp_path):
    write_network(tmp_path / "n.safetensors", network, {"seed": 3, "study": {"lr": 1e-3}})
    provenance = read_provenance(tmp_path / "n.safetensors")
    assert provenance["seed"] == 3
    assert provenance["study"] == {"lr": 1e-3}
    assert provenance["versions"]["numpy"] == np.__version__


def test_the_same_network_is_the_same_bytes(network, tmp_path):
    for name in ("a", "b"):
        write_network(tmp_path / name, network, {"seed": 3, "stage": "baseline"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_fails_leaves_the_old_file_and_no_other(tmp_path):
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


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


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
    [truncate, empty, flip, flip_in_the_metadata, replace_by_text, replace_by_foreign],
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
