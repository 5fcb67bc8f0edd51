"""Sign flips and exchanges of seeds, held to scipy, to slow definitions, and to chance."""

import itertools

import numpy as np
import pytest
from scipy import stats

from pipeline_lib.analysis import permutation
from pipeline_lib.analysis.permutation import compare_samples, sign_flip_tests

# Darwin's crossed minus self-fertilised Zea mays, in eighths of an inch (Fisher 1935, chapter 3).
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def p_of(sample):
    return sign_flip_tests(np.array(sample, dtype=float)[:, None])[0][0]


def westfall_and_young(differences):
    """Algorithm 2.8 as the book has it, sample by sample, over all signs in whole numbers."""
    squares = np.sum(differences**2, axis=0)
    found = differences.sum(axis=0) ** 2 / squares
    order = sorted(range(len(found)), key=lambda i: -found[i])
    counts = np.zeros(len(found))
    for signs in itertools.product((-1, 1), repeat=len(differences)):
        drawn = (np.array(signs) @ differences) ** 2 / squares
        largest = 0.0
        for place in reversed(range(len(order))):
            largest = max(largest, drawn[order[place]])
            counts[place] += largest >= found[order[place]] - 1e-9
    p = np.maximum.accumulate(counts / 2 ** len(differences))
    return p[np.argsort(order)]


def test_p_is_fishers_and_that_by_hand():
    # 863 of 32 768 sums are as large as Darwin's 314, and as many as small as -314.
    assert p_of(DARWIN) == 2 * 863 / 32768
    # Of the 8 signs of 1, 2 and 4, two give a sum as far from 0 as 7; six, as far as 3.
    assert (p_of([1, 2, 4]), p_of([1, -2, 4]), p_of([-5, -5])) == (2 / 8, 6 / 8, 0.5)
    assert p_of([0] * 10) == p_of([0] * 40) == 1.0


def test_p_is_scipys_permutation_test_where_equal_sums_differ_as_floats():
    counts = np.array([3760, 3805, 3060, 3557, 3452, 3286, 3450, 3410])
    steps = np.array([-3, -3, 4, -1, 4, 2, 5, 2])
    exact = stats.permutation_test(
        (steps,), np.sum, permutation_type="samples", n_resamples=np.inf
    ).pvalue
    for total in (4000, 6000, 4001):
        assert p_of(100.0 * (counts + steps) / total - 100.0 * counts / total) == exact


def test_corrected_p_is_westfalls_and_youngs_within_each_family():
    rng = np.random.default_rng(5)
    differences = rng.integers(-4, 9, (7, 6)) + rng.integers(-3, 4, (7, 1))
    differences[:, 3] = differences[:, 1]  # a sample that says nothing new
    differences[:, 5] = np.arange(7) - 3
    families = [[0, 1, 2, 3, 4, 5], [4, 1], [5]]
    _, corrected = sign_flip_tests(differences.astype(float), families)
    for family, p in zip(families, corrected, strict=True):
        found = [p[sample] for sample in family]
        assert found == pytest.approx(westfall_and_young(differences[:, family]))
    assert len({*corrected[0].values()}) > 2
    assert corrected[0][1] == corrected[0][3]


def test_drawn_signs_are_near_all_signs():
    steps = np.random.default_rng(8).integers(-6, 9, (permutation.EXACT_UP_TO + 3, 1))
    sums = np.zeros(1, dtype=int)
    for step in steps[:, 0]:
        sums = np.concatenate([sums + step, sums - step])
    exact = np.mean(np.abs(sums) >= abs(steps.sum()))
    assert 0.01 < exact < 0.9
    assert p_of(steps[:, 0]) == pytest.approx(exact, abs=5 * (exact / permutation.DRAWS) ** 0.5)
    assert permutation.test_name(len(steps)) == f"sign-flip, {permutation.DRAWS} draws"


@pytest.mark.parametrize("n", [9, 24])
def test_p_does_not_depend_on_the_other_samples_nor_on_the_batch(n, monkeypatch):
    samples = np.random.default_rng(4).normal(0.4, 1.0, (n, 5))
    alone, [family] = sign_flip_tests(samples, [[0, 1]])
    assert alone.tolist() == [sign_flip_tests(samples[:, [i]])[0][0] for i in range(5)]
    assert family == sign_flip_tests(samples[:, :2], [[0, 1]])[1][0]
    monkeypatch.setattr(permutation, "BATCH", 100)
    assert sign_flip_tests(samples)[0].tolist() == alone.tolist()


def test_the_error_rate_of_one_test_and_of_a_family_is_kept_where_nothing_differs():
    rng = np.random.default_rng(1)
    alone = wrong = 0
    for _ in range(1000):
        noise = rng.standard_t(3, (8, 12)) + rng.standard_t(3, (8, 1))  # dependent, heavy tails
        p, [corrected] = sign_flip_tests(noise, [range(12)])
        alone += p[0] < 0.05
        wrong += min(corrected.values()) < 0.05
    # At 8 seeds p is a multiple of 1/128: 6/128 of the seeds' signs give p < 0.05.
    assert alone / 1000 == pytest.approx(6 / 128, abs=4 * (0.047 * 0.953 / 1000) ** 0.5)
    assert 0.02 < wrong / 1000 < 0.05 + 3 * (0.05 * 0.95 / 1000) ** 0.5


# Two samples of seeds, compared as a whole

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
    monkeypatch.setattr(permutation, "EXCHANGES", 499)
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


def test_the_level_of_one_number_is_alpha_if_it_is_the_only_one():
    ours, theirs = RNG.normal(size=(20, 12)), RNG.normal(size=(15, 12))
    one = compare_samples(ours[:, :1], theirs[:, :1], np.ones(1), 0.05)
    assert one.alpha_of_one == pytest.approx(0.05, abs=0.01)
    twelve = compare_samples(ours, theirs, np.ones(12), 0.05)
    assert twelve.alpha_of_one == pytest.approx(0.05 / 12, rel=0.5)
    # Two seeds against two can show nothing.
    assert compare_samples(ours[:2, :1], theirs[:2, :1], np.ones(1), 0.05).alpha_of_one is None
