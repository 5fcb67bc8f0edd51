"""PROTOCOL, ketamine: the steepest half of each matrix's pruned sites regrows."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pipeline_lib.engines import fast, plain
from pipeline_lib.model.activity import coactivity, hidden_activity, logits
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Modulation
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import shuffled
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.steps import Setting, take
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import modulated, same_bytes


@pytest.fixture
def pruned(network):
    return prune(network, 0.9)


@pytest.fixture
def scores(network):
    rng = np.random.default_rng(0)
    return [rng.random(weight.shape, dtype=np.float32) for weight in network.weights]


def test_the_paper_regrows_half_over_30_batches_with_sd_0_03(paper):
    expected = {"regrow": {"fraction": 0.5, "batches": 30, "sd": 0.03}}
    assert slices.treat(validate(paper), "ketamine")["course"][0] == expected
    # To say what is the default changes no plan.
    step = paper["treatments"]["ketamine"]["course"][0]["regrow"]
    step["sites"] = "gradient"
    assert slices.treat(validate(paper), "ketamine")["course"][0] == expected


def test_regrowth_takes_the_steepest_half_of_pruned_sites_in_each_matrix(pruned, scores):
    grown = regrow(pruned, scores, fraction=0.5, draw=lambda n: np.ones(n, np.float32))
    for before, after, score in zip(pruned.masks, grown.masks, scores, strict=True):
        new = after & ~before
        assert np.count_nonzero(new) == np.count_nonzero(~before) // 2
        assert score[new].min() > score[~before & ~new].max()


def test_survivors_keep_their_weights_and_new_ones_take_the_draws_steepest_first(pruned, scores):
    grown = regrow(
        pruned, scores, fraction=0.5, draw=lambda n: np.arange(1, n + 1, dtype=np.float32)
    )
    for before, weight, score, mask in zip(
        pruned.weights, grown.weights, scores, pruned.masks, strict=True
    ):
        assert np.array_equal(weight[mask], before[mask])
        new = (weight != 0) & ~mask
        assert np.array_equal(np.argsort(-score[new]), np.argsort(weight[new]))


def test_sparsity_falls_from_95_to_47_5_per_cent(network):
    pruned = prune(network, 0.95)
    scores = [np.ones(weight.shape, np.float32) for weight in network.weights]
    grown = regrow(pruned, scores, fraction=0.5, draw=lambda n: np.ones(n, np.float32))
    assert grown.sparsity == pytest.approx(pruned.sparsity / 2, abs=0.01)


def test_ties_are_broken_as_torch_topk_breaks_them(pruned):
    scores = [np.zeros(weight.shape, np.float32) for weight in pruned.weights]
    grown = regrow(pruned, scores, fraction=0.5, draw=lambda n: np.ones(n, np.float32))
    for before, after in zip(pruned.masks, grown.masks, strict=True):
        sites = np.flatnonzero(~before)
        chosen = torch.topk(torch.zeros(sites.size), int(0.5 * sites.size)).indices.numpy()
        assert np.array_equal(np.flatnonzero(after & ~before), np.sort(sites[chosen]))


@pytest.mark.parametrize("batches", [2, 30])
def test_steepness_is_the_summed_magnitude_of_the_mean_losss_gradient(pruned, points, batches):
    got = plain.gradient_magnitudes(
        pruned, points, batches=batches, batch_size=128, generator=plain.generator(0, "g")
    )
    weights = [torch.tensor(w, dtype=torch.float64).requires_grad_() for w in pruned.weights]
    biases = [torch.tensor(b, dtype=torch.float64) for b in pruned.biases]
    order = shuffled(len(points), plain.generator(0, "g"))
    sums = [torch.zeros_like(weight) for weight in weights]
    for batch in order.split(128)[:batches]:  # three batches in all: 30 means all
        hidden = torch.tensor(points.x, dtype=torch.float64)[batch]
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            hidden = torch.relu(hidden @ weight.T + bias)
        out = hidden @ weights[-1].T + biases[-1]
        loss = F.cross_entropy(out, torch.tensor(points.labels)[batch])
        for total, gradient in zip(sums, torch.autograd.grad(loss, weights), strict=True):
            total += gradient.abs()
    for mine, expected in zip(got, sums, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-6)


def test_regrown_weights_are_normal_with_the_steps_sd(points):
    wide = prune(initial_network([2, 200, 200, 4], "torch", plain.generator(0)), 0.95)
    step = {"regrow": {"fraction": 0.5, "batches": 1, "sd": 0.03}}
    grown = take([step], wide, Setting(plain, points, 128, 0), plain.generator(0, "regrow"))
    new = grown.weights[1][grown.masks[1] & ~wide.masks[1]]
    assert new.std() == pytest.approx(0.03, rel=0.03)
    assert new.mean() == pytest.approx(0, abs=0.001)


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
        # Each site is a fair coin: its share has the SD 0.5 / √runs, and five of them in 400 sites
        # would be seen once in 4000 tests; by rows, where ties would show, there is no favour.
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
