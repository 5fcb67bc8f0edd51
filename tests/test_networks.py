"""Files of networks: they appear complete or not at all, and damage is recognised."""

import errno
import os

import numpy as np
import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.networks import read_network, read_provenance, write_network
from pipeline_lib.files.whole import whole, write_text
from pipeline_lib.model.network import Modulation
from pipeline_lib.model.pruning import prune
from tests.conftest import modulated, same_bytes
from tests.trust.disk import CannotMountError, library_writes

HALF = Modulation(damping=0.7, units=((0, 3, 22), ()))
STABILISER = Modulation(inhibition=0.15, gain_cap=1.05, bias_damping=0.3)


@pytest.mark.parametrize("modulation", [Modulation("tanh", 0.7, 0.85), HALF, STABILISER])
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


def test_a_weight_that_is_not_finite_is_not_written(network, tmp_path):
    # This unit reaches no output, so an engine would leave it out.
    network.masks[1][:, 3] = False
    network.weights[1][:, 3] = 0
    network.weights[0][3, 1] = np.nan
    path = tmp_path / "n.safetensors"
    with pytest.raises(PipelineError, match="a weight or a bias is NaN or infinite"):
        write_network(path, network, {})
    assert not path.exists()
