"""PROTOCOL, ketamine: the steepest half of each matrix's pruned sites regrows."""

import numpy as np
import pytest

from pipeline_lib.engines import fast, plain
from pipeline_lib.model.activity import coactivity, hidden_activity, logits
from pipeline_lib.model.network import Modulation
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.steps import Setting, take
from tests.conftest import modulated, same_bytes


@pytest.fixture
def pruned(network):
    return prune(network, 0.9)


@pytest.fixture
def scores(network):
    rng = np.random.default_rng(0)
    return [rng.random(weight.shape, dtype=np.float32) for weight in network.weights]


def test_regrowth_takes_the_steepest_half_of_pruned_sites_in_each_matrix(pruned, scores):
    grown = regrow(pruned, scores, fraction=0.5, draw=lambda n: np.ones(n, np.float32))
    for before, after, score in zip(pruned.masks, grown.masks, scores, strict=True):
        new = after & ~before
        assert np.count_nonzero(new) == np.count_nonzero(~before) // 2
        assert score[new].min() > score[~before & ~new].max()


def regrown(network, points, engine, sites, seed=0):
    step = {"regrow": {"fraction": 0.5, "sites": sites, "sd": 0.03}}
    return take(
        [step], network, Setting(engine, points, 128, seed), engine.generator(seed, "regrow")
    )


@pytest.mark.parametrize("engine", [fast, plain], ids=["fast", "plain"])
def test_random_regrowth_favours_no_weight_and_follows_the_generator(engine, pruned, points):
    counts = [np.zeros(mask.shape, int) for mask in pruned.masks]
    runs = 200
    for seed in range(runs):
        grown = regrown(pruned, points, engine, "random", seed)
        for count, before, after in zip(counts, pruned.masks, grown.masks, strict=True):
            assert np.count_nonzero(after & ~before) == np.count_nonzero(~before) // 2
            count += after & ~before
    for count, before in zip(counts, pruned.masks, strict=True):
        share = count[~before] / runs
        # Each site is a fair coin, whose share has the SD 0.5 / √runs.
        assert abs(share - 0.5).max() < 5 * 0.5 / runs**0.5
        assert share.std() == pytest.approx(0.5 / runs**0.5, rel=0.35)
    assert same_bytes(regrown(pruned, points, engine, "random"), regrown(
        pruned, points, engine, "random"))  # fmt: skip


@pytest.mark.parametrize("engine", [fast, plain], ids=["fast", "plain"])
def test_regrowth_by_activity_takes_weights_between_units_that_are_active_together(
    engine, pruned, points
):
    network = modulated(pruned, Modulation("tanh", 0.7))
    layers = [points.x, *hidden_activity(network, points.x), logits(network, points.x)]
    grown = regrown(network, points, engine, "coactivity")
    for below, above, before, after, fast_score in zip(
        layers,
        layers[1:],
        network.masks,
        grown.masks,
        coactivity(network, points.x),
        strict=False,
    ):
        score = np.mean(abs(above[:, :, None] * below[:, None, :]), axis=0, dtype=np.float64)
        assert fast_score == pytest.approx(score, rel=1e-5)
        new = after & ~before
        assert np.count_nonzero(new) == np.count_nonzero(~before) // 2
        assert score[new].min() >= score[~before & ~new].max() * (1 - 1e-5)
