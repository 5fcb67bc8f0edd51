"""PROTOCOL, regrowth: the steepest half of each matrix's pruned sites, but never a scar."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from pipeline_lib.engines import fast, plain
from pipeline_lib.files.networks import read_network, write_network
from pipeline_lib.model.activity import coactivity, hidden_activity, logits, mean_activity
from pipeline_lib.model.network import Modulation
from pipeline_lib.model.pruning import magnitude_threshold, prune, prune_further
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.steps import Setting, take
from pipeline_lib.steps.scar import factor, scarred
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import modulated, same_bytes


@pytest.fixture
def pruned(network):
    return prune(network, 0.9)


def test_regrowth_takes_the_steepest_half_of_pruned_sites_in_each_matrix(pruned):
    rng = np.random.default_rng(0)
    scores = [rng.random(weight.shape, dtype=np.float32) for weight in pruned.weights]
    grown = regrow(pruned, scores, fraction=0.5, highest=fast.highest, draw=np.ones)
    for before, after, score in zip(pruned.masks, grown.masks, scores, strict=True):
        new = after & ~before
        assert np.count_nonzero(new) == np.count_nonzero(~before) // 2
        assert score[new].min() > score[~before & ~new].max()


def test_the_fast_engine_takes_those_of_equal_scores_that_pytorch_takes():
    for size, levels in itertools.product([*range(1, 9), 100, 1001, 30000], [1, 2, 5, 10**6]):
        scores = np.random.default_rng(size).integers(0, levels, size).astype(np.float32)
        for count in (1, size // 2, size):
            ours, theirs = (engine.highest(scores, count) for engine in (fast, plain))
            assert (set(ours), [*scores[ours]]) == (set(theirs), [*scores[theirs]])


def regrown(network, points, engine, sites, seed=0):
    step = {"regrow": {"fraction": 0.5, "sites": sites, "sd": 0.03}}
    generator = engine.generator(seed, "regrow")
    return take([step], network, Setting(engine, points, 128, seed), generator)


def test_random_regrowth_favours_no_weight(engine, pruned, points):
    counts = [np.zeros(mask.shape, int) for mask in pruned.masks]
    runs = 200
    for seed in range(runs):
        grown = regrown(pruned, points, engine, "random", seed)
        for count, before, after in zip(counts, pruned.masks, grown.masks, strict=True):
            count += after & ~before
    for count, before in zip(counts, pruned.masks, strict=True):
        share = count[~before] / runs
        # Each site is a fair coin, whose share has the SD 0.5 / √runs.
        assert abs(share - 0.5).max() < 5 * 0.5 / runs**0.5
        assert share.std() == pytest.approx(0.5 / runs**0.5, rel=0.35)


def test_regrowth_by_activity_takes_weights_between_units_that_are_active_together(
    engine, pruned, points
):
    network = modulated(pruned, Modulation("tanh", 0.7))
    layers = [points.x, *hidden_activity(network, points.x), logits(network, points.x)]
    grown = regrown(network, points, engine, "coactivity")
    found = coactivity(network, points.x)
    for (below, above), before, after, fast_score in zip(
        itertools.pairwise(layers), network.masks, grown.masks, found, strict=True
    ):
        score = np.mean(abs(above[:, :, None] * below[:, None, :]), axis=0, dtype=np.float64)
        assert fast_score == pytest.approx(score, rel=1e-5)
        new = after & ~before
        assert np.count_nonzero(new) == np.count_nonzero(~before) // 2
        assert score[new].min() >= score[~before & ~new].max() * (1 - 1e-5)


# Irreversible loss: scars stay pruned, are left out of quantiles, and never regrow


@pytest.fixture
def hurt(network):
    """A pruned network, a tenth of whose weights of all kinds are scars."""
    rng = np.random.default_rng(1)
    return scarred(prune(network, 0.5), 0.1, "all", "random", rng.permutation)


def test_random_scars_are_a_share_of_all_weights_or_of_the_survivors(network):
    pruned = prune(network, 0.75)
    for of in ("all", "survivors"):
        found = scarred(pruned, 0.1, of, "random", np.arange)
        for mask, (weight, _, after), scar in zip(
            pruned.masks, found.layers(), found.scars, strict=True
        ):
            counted = np.flatnonzero(np.ones_like(mask) if of == "all" else mask)
            assert np.array_equal(np.flatnonzero(scar), counted[: int(0.1 * counted.size)])
            assert np.array_equal(after, mask & ~scar)
            assert not weight[scar].any()


def test_the_weakest_survivors_are_lost_with_those_as_weak_as_the_last(network):
    weights = [np.round(weight, 2) for weight in network.weights]  # many are equally weak
    pruned = prune(replace(network, weights=tuple(weights)), 0.5)
    found = scarred(pruned, 0.2, "survivors", "weakest", np.arange)
    for before, scar, weight in zip(pruned.masks, found.scars, weights, strict=True):
        sizes = np.sort(np.abs(weight[before]))
        last = sizes[int(0.2 * sizes.size) - 1]
        assert np.array_equal(scar, before & (np.abs(weight) <= last))


def test_pruning_takes_its_quantile_over_weights_without_scars(hurt):
    further = prune(hurt, 0.7)
    for (weight, _, old), mask, scar in zip(hurt.layers(), further.masks, hurt.scars, strict=True):
        threshold = magnitude_threshold(weight[~scar], 0.7)
        assert np.array_equal(mask, old & (np.abs(weight) >= threshold))


def test_further_pruning_cuts_its_share_of_the_survivors_whatever_the_scars(hurt):
    for scope in ("matrix", "network"):
        left = 1 - prune_further(hurt, 0.2, scope=scope).sparsity
        assert left == pytest.approx(0.8 * (1 - hurt.sparsity), abs=0.005)
    assert same_bytes(prune_further(hurt, 0.2, cap=0.05), hurt)  # beyond the cap already
    gone = scarred(hurt, 1.0, "all", "random", np.arange)
    assert same_bytes(prune_further(gone, 0.2), gone)


def test_scars_never_regrow_and_the_share_is_of_the_other_pruned_weights(hurt):
    scores = [np.ones_like(weight) for weight in hurt.weights]
    for fraction in (0.5, 1.0):
        found = regrow(hurt, scores, fraction=fraction, highest=plain.highest, draw=np.ones)
        for before, after, scar in zip(hurt.masks, found.masks, hurt.scars, strict=True):
            assert not (after & scar).any()
            assert (after & ~before).sum() == int(fraction * (~before & ~scar).sum())
        assert found.scars is hurt.scars


def test_scars_outlast_training_and_change_nothing_else_in_it(hurt, points, engine):
    options = {"epochs": 2, "lr": 1e-2, "batch_size": 64, "noise": (0.3, 0.0)}
    trained, _ = engine.fit(hurt, points, **options, generator=engine.generator(0, "x"))
    bare = replace(hurt, scars=())
    same, _ = engine.fit(bare, points, **options, generator=engine.generator(0, "x"))
    assert same_bytes(trained, same)
    assert trained.scars is hurt.scars
    assert not any(w[s].any() for w, s in zip(trained.weights, hurt.scars, strict=True))


def test_scars_are_in_network_files_and_files_without_them_stay_as_they_were(hurt, tmp_path):
    write_network(tmp_path / "hurt", hurt, {})
    back = read_network(tmp_path / "hurt")
    assert same_bytes(back, hurt)
    assert all(np.array_equal(a, b) for a, b in zip(back.scars, hurt.scars, strict=True))
    write_network(tmp_path / "bare", replace(hurt, scars=()), {})
    assert b"scars" not in (tmp_path / "bare").read_bytes()
    assert read_network(tmp_path / "bare").scars == ()


def test_the_severity_of_a_dose_follows_gain_and_activity_within_its_limits(network, points):
    excited = modulated(network, Modulation(gain=1.25))
    options = {"gain": 1.0, "activity": 2.0, "at_rest": 0.1}
    found = factor(excited, points.x, options | {"limits": [0.1, 9.0]})
    assert found == pytest.approx(1.25 + 2 * (mean_activity(excited, points.x) - 0.1))
    assert factor(excited, points.x, options | {"limits": [9.0, 10.0]}) == 9.0
    step = {"fraction": 0.01, "severity": {**options, "limits": [0.1, 9.0]}}
    dosed = take([{"scar": step}], excited, Setting(plain, points, 64, 0), None)
    assert same_bytes(dosed, scarred(excited, 0.01 * found, "survivors", "weakest", np.arange))


def test_an_insult_follows_the_pruning_and_without_one_no_plan_changes(paper):
    assert slices.prune(validate(paper)) == {"sparsity": 0.95}
    step = {"scar": {"fraction": 0.03, "of": "all", "choose": "random"}}
    study = validate(paper | {"insult": [step]})
    assert slices.prune(study)["insult"]["course"] == [step]
    assert slices.replay(study)["pruning"] == {"sparsity": 0.95}
