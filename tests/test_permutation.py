"""Two samples of seeds compared as a whole: held to scipy, to a slow definition, and to chance."""

import itertools

import numpy as np
import pytest
from scipy import stats

from pipeline_lib.analysis import permutation
from pipeline_lib.analysis.permutation import compare_samples

RNG = np.random.default_rng(3)
MONTE_CARLO = 0.015  # three standard errors of a p around 0.5, and more of a smaller one
# Numbers that are correlated, with a skewed one among them and a difference in the third.
OURS, THEIRS = (RNG.normal(size=(n, 4)) @ RNG.normal(size=(4, 4)) for n in (4, 5))
OURS[:, 1], THEIRS[:, 1] = np.exp(OURS[:, 1]), np.exp(THEIRS[:, 1])
OURS[:, 2] += 4.0
BETTER = np.array([1.0, -1.0, 1.0, 0.0])


def arrangements():
    """Every way to call four of the nine seeds ours, the true one first: r of each number."""
    both = np.concatenate([OURS, THEIRS])
    for chosen in itertools.combinations(range(9), 4):
        ours = np.isin(np.arange(9), chosen)
        yield [np.corrcoef(ours, column)[0, 1] for column in both.T]


def test_each_p_is_that_of_scipys_exact_permutation_test():
    found = compare_samples(OURS, THEIRS, BETTER, 0.05).p
    for column, p in enumerate(found):
        exact = stats.permutation_test(
            (OURS[:, column], THEIRS[:, column]),
            lambda ours, theirs: abs(np.mean(ours) - np.mean(theirs)),
            alternative="greater",
        )
        assert p == pytest.approx(exact.pvalue, abs=MONTE_CARLO)


def test_the_joint_and_the_directional_p_are_as_defined():
    found = compare_samples(OURS, THEIRS, BETTER, 0.05)
    r = np.array(list(arrangements()))
    order = np.argsort(-np.abs(r[0]))
    expected, before = {}, 0.0
    for rank, column in enumerate(order):
        largest = np.abs(r[:, order[rank:]]).max(axis=1)
        before = max(before, np.mean(largest >= largest[0] - 1e-9))
        expected[column] = before
    assert found.p_joint == pytest.approx([expected[i] for i in range(4)], abs=MONTE_CARLO)
    score = np.abs(r @ BETTER)
    directional = np.mean(score >= score[0] - 1e-9)
    assert found.p_directional == pytest.approx(directional, abs=MONTE_CARLO)


def test_p_is_uniform_where_the_samples_are_of_one_population(monkeypatch):
    """Skewed numbers, correlated as those of a seed are, in samples of unequal size."""
    monkeypatch.setattr(permutation, "DRAWS", 499)
    rng = np.random.default_rng(8)
    joint, directional = [], []
    for _ in range(400):
        shared, own = rng.exponential(size=(24, 1)), rng.normal(size=(24, 12))
        both = shared + own
        found = compare_samples(both[:8], both[8:], np.ones(12), 0.05)
        joint.append(found.p_joint.min())
        directional.append(found.p_directional)
    for p in (joint, directional):
        assert stats.kstest(p, "uniform").pvalue > 0.01
        assert stats.binomtest(sum(np.array(p) < 0.05), 400, 0.05).pvalue > 0.01


def test_numbers_that_repeat_one_another_cost_nothing():
    once = compare_samples(OURS[:, :1], THEIRS[:, :1], BETTER[:1], 0.05)
    ours, theirs = (np.repeat(side[:, :1], 30, axis=1) for side in (OURS, THEIRS))
    often = compare_samples(ours, theirs, np.ones(30), 0.05)
    assert set(often.p_joint) == set(often.p) == set(once.p_joint) == set(once.p)


def test_the_level_of_one_number_is_alpha_if_it_is_the_only_one():
    ours, theirs = RNG.normal(size=(20, 12)), RNG.normal(size=(15, 12))
    one = compare_samples(ours[:, :1], theirs[:, :1], np.ones(1), 0.05)
    assert one.alpha_of_one == pytest.approx(0.05, abs=0.01)
    twelve = compare_samples(ours, theirs, np.ones(12), 0.05)
    assert twelve.alpha_of_one == pytest.approx(0.05 / 12, rel=0.5)
    # Two seeds against two can show nothing.
    assert compare_samples(ours[:2, :1], theirs[:2, :1], np.ones(1), 0.05).alpha_of_one is None
