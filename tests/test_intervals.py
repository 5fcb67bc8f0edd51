"""Intervals: Hall's and Wilson's, held to their definitions, to published ones and to coverage."""

import numpy as np
import pytest
from scipy import optimize, stats

from benchmarks import coverage
from pipeline_lib.analysis.intervals import (
    difference_interval,
    mean_interval,
    might_differ,
    proportion_interval,
    unskewed,
)
from pipeline_lib.measures.kindling import EPISODES
from pipeline_lib.names import RELAPSE_CYCLE
from tests.handmade import cells_of, values_of


@pytest.mark.parametrize("skew", [-2.6, -0.4, 0.0, 1e-12, 0.7, 2.6])
@pytest.mark.parametrize("t", [-2.262, 0.0, 2.262])
def test_the_inverse_solves_halls_equation(skew, t):
    n = 10

    def halls(x):  # Hall 1992, J. R. Statist. Soc. B 54, 221-228: g of (mean - truth) / SD
        u = x / n**0.5
        return n**0.5 * (u + skew * u**2 / 3 + skew**2 * u**3 / 27 + skew / (6 * n))

    root = optimize.brentq(lambda x: halls(x) - t, -50, 50, xtol=1e-12)
    assert unskewed(t, skew, n) == pytest.approx(root, abs=1e-6)


def test_without_skewness_it_is_students_interval():
    sample = np.array([81.0, 83.0, 85.0, 88.0, 91.0, 93.0, 95.0])
    theirs = stats.ttest_1samp(sample, 0).confidence_interval(0.95)
    assert mean_interval(sample)[:3] == pytest.approx((*theirs, "Hall's t"))


def test_an_interval_reaches_further_on_the_side_of_the_tail_and_mirrors():
    sample = np.array([99.9, 99.8, 99.9, 99.7, 99.8, 99.9, 99.9, 99.6, 99.8, 95.3])
    low, high, *_ = mean_interval(sample)
    assert sample.mean() - low > 3 * (high - sample.mean()) > 0
    assert mean_interval(-sample)[:2] == pytest.approx((-high, -low))


def test_no_interval_leaves_the_range_of_its_number():
    sample = [99.0, 100.0, 100.0, 99.5]
    assert mean_interval(sample)[1] > 100.0
    assert mean_interval(sample, (0.0, 100.0))[1] == 100.0
    assert mean_interval(sample, (0.0, 100.0)).note == "an interval of 4 seeds is rough"
    for number in (RELAPSE_CYCLE, EPISODES):
        [cell] = cells_of(values_of(number, {"a": [0, 0, 0, 1]})).values()
        assert cell.ci_low == 0.0


def test_equal_numbers_have_a_bound_in_place_of_an_interval():
    for sample in ([94.9993] * 10, [0.1 + 0.2, *[0.3] * 9]):
        assert mean_interval(sample) == (
            *(None, None, "all equal"),
            "0 of 10 seeds differ; up to 30.8 % of all seeds may",
        )
    for n in (2, 10, 100):
        exact = stats.binomtest(0, n).proportion_ci(0.95, method="exact").high
        assert might_differ(n) == pytest.approx(100 * exact)


def test_one_and_two_seeds_have_no_interval():
    assert mean_interval([1.0]) == (None, None, "none", "one seed has no interval")
    assert mean_interval([1.0, 2.0]) == (None, None, "none", "two seeds have no interval")


def test_wilsons_interval_is_the_one_that_newcombe_published():
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
    assert proportion_interval(81, 263) == pytest.approx((25.53, 36.62), abs=5e-3)
    assert proportion_interval(15, 148) == pytest.approx((6.24, 16.05), abs=5e-3)
    assert proportion_interval(0, 20) == pytest.approx((0.0, 16.11), abs=5e-3)
    assert proportion_interval(1, 29) == pytest.approx((0.61, 17.18), abs=5e-3)


def test_of_normal_samples_student_covers_what_it_should_and_of_skewed_hall_covers_more():
    rng = np.random.default_rng(0)
    normal, skewed = (
        dict(zip(coverage.METHODS, coverage.covered(people, 10, rng)[:, 0], strict=True))
        for people in (rng.normal(0, 1, 50_000), 100 - rng.lognormal(0, 1, 50_000))
    )
    error = 4 * (0.05 * 0.95 / coverage.SAMPLES) ** 0.5
    assert normal["Student's t"] == pytest.approx(0.95, abs=error)
    assert skewed["Hall's t"] > skewed["Student's t"] + 0.02


def test_shares_that_differ_have_newcombes_interval():
    def found(*sides):
        ours, theirs = (np.repeat([100.0, 0.0], [count, n - count]) for count, n in sides)
        return difference_interval(ours, theirs, True)[:2]

    # Newcombe (1998), table II, (a) and (f), method 10.
    assert found((56, 70), (48, 80)) == pytest.approx((5.24, 33.39), abs=0.01)
    assert found((10, 10), (0, 20)) == pytest.approx((67.91, 100.0), abs=0.01)
    ours, theirs = np.full(10, 100.0), np.array([100.0] * 2 + [0.0] * 8)
    assert difference_interval(ours, theirs, False) == mean_interval(ours - theirs)
