"""Seeds needed, held to R, statsmodels and full enumeration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from pipeline_lib.analysis.power import (
    MOST,
    power_of_differences,
    power_of_shares,
    seeds_for_difference,
    seeds_for_shares,
    smallest_difference,
)

pytestmark = pytest.mark.filterwarnings("error")


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


def test_the_power_is_the_share_of_simulated_studies_that_show_it():
    samples = np.random.default_rng(0).normal(0.9, 1.0, (10, 20_000))
    share = np.mean(stats.ttest_1samp(samples, 0.0).pvalue < 0.05)
    assert power_of_differences(10, 0.9, 1.0) == pytest.approx(share, abs=0.01)


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
    assert seeds_for_difference(1e-9, 1.0) is None
    assert seeds_for_shares(0.3, 0.3) is None
    assert seeds_for_shares(0.3, 0.31) is None
    assert seeds_for_difference(100.0, 1e-6) == 2
    assert MOST > seeds_for_difference(0.05, 1.0) > 3000
