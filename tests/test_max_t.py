"""Sign flips and step-down max-T, held to published, enumerated and simulated p-values."""

import itertools

import numpy as np
import pytest
from scipy import stats

from pipeline_lib.analysis import max_t
from pipeline_lib.analysis.max_t import sign_flip_tests

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
    steps = np.random.default_rng(8).integers(-6, 9, (max_t.EXACT_UP_TO + 3, 1))
    sums = np.zeros(1, dtype=int)
    for step in steps[:, 0]:
        sums = np.concatenate([sums + step, sums - step])
    exact = np.mean(np.abs(sums) >= abs(steps.sum()))
    assert 0.01 < exact < 0.9
    assert p_of(steps[:, 0]) == pytest.approx(exact, abs=5 * (exact / max_t.DRAWS) ** 0.5)
    assert max_t.test_name(len(steps)) == f"sign-flip, {max_t.DRAWS} draws"


@pytest.mark.parametrize("n", [9, 24])
def test_p_does_not_depend_on_the_other_samples_nor_on_the_batch(n, monkeypatch):
    samples = np.random.default_rng(4).normal(0.4, 1.0, (n, 5))
    alone, [family] = sign_flip_tests(samples, [[0, 1]])
    assert alone.tolist() == [sign_flip_tests(samples[:, [i]])[0][0] for i in range(5)]
    assert family == sign_flip_tests(samples[:, :2], [[0, 1]])[1][0]
    monkeypatch.setattr(max_t, "BATCH", 100)
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
