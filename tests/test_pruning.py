"""PROTOCOL, magnitude pruning: per matrix, by quantile, biases untouched."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline_lib.model import pruning
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.pruning import magnitude_threshold, prune, prune_further
from pipeline_lib.model.randomness import initial_state
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import same_bytes


def test_the_paper_prunes_to_95_per_cent(paper):
    assert validate(paper).pruning.sparsity == 0.95


def test_each_matrix_is_pruned_separately(network):
    pruned = prune(network, 0.75)
    for weight, mask in zip(network.weights, pruned.masks, strict=True):
        assert np.count_nonzero(mask) == weight.size // 4
        assert abs(weight[mask]).min() > abs(weight[~mask]).max()
    for (weight, bias, mask), before in zip(pruned.layers(), network.biases, strict=True):
        assert not weight[~mask].any()
        assert np.array_equal(bias, before)


def test_the_network_is_pruned_as_a_whole_under_its_scope(network):
    uneven = replace(network, weights=tuple(w * s for w, s in zip(
        network.weights, np.float32([1, 2, 4]), strict=True)))  # fmt: skip
    pruned = prune(uneven, 0.75, "network")
    kept = np.concatenate([abs(w[m]) for w, m in zip(uneven.weights, pruned.masks, strict=True)])
    cut = np.concatenate([abs(w[~m]) for w, m in zip(uneven.weights, pruned.masks, strict=True)])
    assert kept.min() > cut.max()
    assert pruned.sparsity == 0.75
    assert len({mask.mean() for mask in pruned.masks}) == 3
    further = prune_further(pruned, 0.5, scope="network")
    left = np.concatenate([abs(w[w != 0]) for w in further.weights])
    assert np.array_equal(np.sort(left), np.sort(kept)[len(kept) // 2 :])
    assert not same_bytes(prune_further(pruned, 0.5), further)


def test_the_scope_reaches_the_insult_and_the_default_changes_no_plan(paper):
    assert slices.prune(validate(paper)) == {"sparsity": 0.95}
    paper["pruning"]["scope"] = "matrix"
    assert slices.prune(validate(paper)) == {"sparsity": 0.95}
    paper["pruning"]["scope"] = "network"
    assert slices.prune(validate(paper)) == {"sparsity": 0.95, "scope": "network"}


def test_a_weight_at_the_quantile_survives():
    # The 0.5 quantile of five magnitudes is the third: it is kept, so three survive.
    weight = np.array([[1, -2, 3, -4, 5]], dtype=np.float32)
    threshold = magnitude_threshold(weight, 0.5)
    assert threshold == 3
    assert np.count_nonzero(abs(weight) >= threshold) == 3


def test_the_quantile_is_interpolated_linearly():
    weight = np.array([[0, 1, 2, 3, 10]], dtype=np.float32)
    assert magnitude_threshold(weight, 0.9) == pytest.approx(3 + 0.6 * 7)


@pytest.mark.parametrize("size", [5, 64, 1000, 131_072])
@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.949993, 0.95, 0.9784])
def test_thresholds_are_bit_identical_to_torch_quantile(size, quantile):
    weight = np.random.default_rng(size).standard_normal(size).astype(np.float32)
    expected = torch.quantile(torch.from_numpy(weight).abs().flatten(), quantile)
    assert magnitude_threshold(weight, quantile) == expected.numpy()


def test_the_threshold_is_taken_over_the_whole_matrix_zeros_included(network):
    # Half is zero already, so pruning to 60 % takes a fifth of what is left, not 60 % of it.
    twice = prune(prune(network, 0.5), 0.6)
    assert twice.sparsity == pytest.approx(0.6, abs=0.01)


def test_pruning_to_a_lower_sparsity_revives_nothing(network):
    pruned = prune(network, 0.5)
    assert same_bytes(prune(pruned, 0.2), pruned)


def test_an_acute_relapse_prunes_40_per_cent_of_the_survivors_up_to_99(paper):
    assert validate(paper).options_of("acute").model_dump() == {"prune": 0.4, "cap": 0.99}


@pytest.mark.parametrize(
    ("sparsity", "fraction", "cap", "target"),
    [
        (0.95, 0.4, 0.99, 0.97),
        (0.985, 0.4, 0.99, 0.99),
        (0.5, 0.1, 1.0, 0.55),
        (0.995, 0.1, 1.0, 0.9955),
    ],
)
def test_pruning_further_takes_a_fraction_of_the_survivors(
    network, monkeypatch, sparsity, fraction, cap, target
):
    asked = []
    monkeypatch.setattr(pruning, "prune", lambda network, sparsity, scope: asked.append(sparsity))
    total = sum(mask.size for mask in network.masks)
    mask = np.arange(total) >= sparsity * total
    splits = np.cumsum([mask.size for mask in network.masks])[:-1]
    masks = tuple(
        part.reshape(old.shape)
        for part, old in zip(np.split(mask, splits), network.masks, strict=True)
    )
    prune_further(replace(network, masks=masks), fraction, cap)
    assert asked[0] == pytest.approx(target, abs=2e-3)


def test_sparsity_follows_the_published_path_of_the_ssri_group():
    network = prune(initial_network([2, 512, 512, 256, 4], "torch", initial_state(0)), 0.95)
    path = [100 * network.sparsity]
    for _ in range(8):
        network = prune_further(network, 0.1)
        path.append(100 * network.sparsity)
    printed = [95.0, 95.5, 95.9, 96.4, 96.7, 97.0, 97.3, 97.6, 97.8]
    assert path == pytest.approx(printed, abs=0.06)
