"""Welch's test, equivalence, power and seeds needed, held to scipy, R and statsmodels."""

import math

import numpy as np
import pytest
from scipy import stats

from pipeline_lib.analysis import welch
from pipeline_lib.analysis.power import (
    power_of_differences,
    power_of_shares,
    seeds_for_difference,
    seeds_for_shares,
    smallest_difference,
)
from pipeline_lib.analysis.welch import Summary

RNG = np.random.default_rng(20)
OURS, THEIRS = RNG.normal(81.0, 9.0, 12), RNG.normal(76.0, 3.0, 7)


def summary(data):
    return Summary(float(np.mean(data)), float(np.std(data)), len(data))


def compared(ours=OURS, theirs=THEIRS, rounding=0.0):
    return welch.compare(summary(ours), summary(theirs), rounding)


def test_p_equals_welchs_test_on_the_raw_data():
    expected = stats.ttest_ind(OURS, THEIRS, equal_var=False)
    assert compared().freedom == pytest.approx(expected.df)
    assert welch.p_different(compared()) == pytest.approx(expected.pvalue)


def test_rounding_reduces_the_difference_and_widens_the_interval():
    nearer = stats.ttest_ind(OURS - 0.05, THEIRS, equal_var=False)
    assert welch.p_different(compared(rounding=0.05)) == pytest.approx(nearer.pvalue)
    expected = stats.ttest_ind(OURS, THEIRS, equal_var=False).confidence_interval(0.9)
    low, high = welch.interval(compared(rounding=0.05), 0.9)
    assert (low, high) == pytest.approx((expected.low - 0.05, expected.high + 0.05))


@pytest.mark.parametrize("shift", [-6.0, -1.0, 0.0, 4.0])
def test_equivalence_is_the_larger_of_two_one_sided_tests(shift):
    ours, margin = OURS + shift, 5.0
    above = stats.ttest_ind(ours + margin, THEIRS, equal_var=False, alternative="greater")
    below = stats.ttest_ind(ours - margin, THEIRS, equal_var=False, alternative="less")
    expected = max(above.pvalue, below.pvalue)
    assert welch.p_equivalent(compared(ours), margin) == pytest.approx(expected)
    # The rounding may hide a larger difference, so it takes from the margin.
    rounded = compared(ours, rounding=0.5)
    assert welch.p_equivalent(rounded, margin) == welch.p_equivalent(compared(ours), margin - 0.5)


def test_a_single_value_is_compared_as_crawford_and_howell_do():
    # The example of the R package singcar: 1.754857 SDs below 28 controls, p one-sided.
    single = welch.compare_with_single(Summary(1.754857, np.sqrt(27 / 28), 28), 0.0, 0.0)
    assert single.value / single.error == pytest.approx(1.7243, abs=5e-5)
    assert single.freedom == 27
    assert welch.p_different(single) == pytest.approx(2 * 0.04804, abs=2e-5)
    low, high = welch.interval(single, 1 - welch.p_different(single))
    assert (low, high) == pytest.approx((0.0, 2 * 1.754857))


def test_holm_by_hand():
    # In order 0.005 · 4, 0.01 · 3, 0.03 · 2, and 0.04 · 1 which may not be below the one before.
    assert welch.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert welch.holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 101])
def test_a_detectable_difference_is_found_with_a_power_of_80_per_cent(alpha):
    difference = compared(rounding=0.05)
    shift = (welch.detectable(difference, alpha) - 0.05) / difference.error
    critical = stats.t.isf(alpha / 2, difference.freedom)
    beyond = stats.nct.sf(critical, difference.freedom, shift)
    assert beyond + stats.nct.cdf(-critical, difference.freedom, shift) == pytest.approx(0.8, 1e-4)


def test_without_scatter_the_answers_are_certain():
    # 94.95 is printed 95.0: within the rounding, though not in floats.
    equal = welch.compare(Summary(94.95, 1e-14, 10), Summary(95.0, 0.0, 10), 0.05)
    assert (welch.p_different(equal), welch.p_equivalent(equal, 2.0)) == (1.0, 0.0)
    assert welch.interval(equal, 0.95) == pytest.approx((-0.1, 0.0))
    assert welch.detectable(equal, 0.05) == 0.05
    other = welch.compare(Summary(97.0, 0.0, 10), Summary(95.0, 0.0, 10), 0.05)
    assert (welch.p_different(other), welch.p_equivalent(other, 2.0)) == (0.0, 1.0)


# Power, and seeds needed


@pytest.mark.parametrize(
    # TTestPower of statsmodels 0.15; R's power.t.test(type = "paired") has the same 33.36713.
    ("effect", "n"),
    [(0.3, 89.14936472), (0.5, 33.36713118), (1.0, 9.93785094), (2.0, 4.22071858)],
)
def test_seeds_for_a_difference_are_those_of_statsmodels(effect, n):
    assert seeds_for_difference(effect, 1.0) == math.ceil(n)
    assert seeds_for_difference(-7 * effect, 7.0) == math.ceil(n)
    assert smallest_difference(n) == pytest.approx(effect, rel=1e-4)


@pytest.mark.parametrize(
    ("n", "effect", "power"),
    [(10, 0.9, 0.717181217), (25, 0.3, 0.301953075), (5, 2.0, 0.908884868)],
)
def test_the_power_of_a_difference_is_that_of_statsmodels(n, effect, power):
    assert power_of_differences(n, effect, 1.0) == pytest.approx(power, abs=1e-5)


@pytest.mark.parametrize(("n", "first", "second"), [(8, 0.1, 0.7), (9, 0.3, 0.9), (10, 0.1, 0.2)])
def test_the_power_of_fishers_test_is_scipys_over_all_tables(n, first, second):
    expected = sum(
        stats.binom.pmf(a, n, first) * stats.binom.pmf(b, n, second)
        for a in range(n + 1)
        for b in range(n + 1)
        if stats.fisher_exact([[a, n - a], [b, n - b]]).pvalue < 0.05
    )
    assert power_of_shares(n, first, second) == pytest.approx(expected)


def test_seeds_for_shares_are_enough_and_one_less_is_not():
    n = seeds_for_shares(0.0, 0.22)
    assert n == 35
    assert power_of_shares(n - 1, 0.0, 0.22) < 0.8 <= power_of_shares(n, 0.0, 0.22)
    assert seeds_for_shares(0.22, 0.0) == n
    assert seeds_for_shares(0.0, 1.0) == 4  # 0 of 4 against 4 of 4 is the first with p < 0.05


def test_what_no_number_of_seeds_shows_has_none():
    assert seeds_for_difference(0.0, 1.0) is None
    assert seeds_for_shares(0.3, 0.3) is None
