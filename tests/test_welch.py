"""Welch's test, equivalence and power from summaries, compared with scipy's on the raw data."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pipeline_lib.analysis import welch
from pipeline_lib.analysis.welch import Summary

pytestmark = pytest.mark.filterwarnings("error")

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
