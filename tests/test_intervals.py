"""BCa and Wilson intervals, compared with published and enumerated ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from pipeline_lib.analysis import intervals
from pipeline_lib.analysis.intervals import mean_intervals, proportion_interval
from pipeline_lib.names import COMBINED
from pipeline_lib.numbers import Key
from tests.handmade import cells_of, reference_runs

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def of_runs():
    return cells_of(reference_runs())


def limits(sample):
    return mean_intervals([sample])[0][:2]


def test_bca_equals_efrons_over_all_resamples():
    # All 6^6 resamples, and bias and acceleration from their formulas (Efron 1987), not from the
    # jackknife: 1/6 of the sum of cubes over the sum of squares to the power of 3/2.
    sample = np.array([71.2, 80.4, 83.3, 85.1, 88.9, 90.6])
    means = np.sort([np.mean(draw) for draw in itertools.product(sample, repeat=6)])
    found = np.mean(sample)
    below = (np.mean(means < found - 1e-9) + np.mean(means < found + 1e-9)) / 2
    bias = stats.norm.ppf(below)
    off = sample - found
    acceleration = np.sum(off**3) / (6 * np.sum(off**2) ** 1.5)
    expected = [
        np.quantile(means, stats.norm.cdf(bias + z / (1 - acceleration * z)))
        for z in (bias + stats.norm.ppf(0.025), bias + stats.norm.ppf(0.975))
    ]
    assert limits(sample) == pytest.approx(expected, abs=0.3)
    # It differs from the percentile interval by more than the error of the simulation.
    assert abs(np.quantile(means, 0.025) - expected[0]) > 0.5


def test_an_interval_depends_neither_on_other_samples_nor_on_the_batch(monkeypatch):
    samples = 100 * np.random.default_rng(3).integers(3000, 4000, (5, 12)) / 4000
    together = mean_intervals([*samples, samples[0][:7]])
    assert together == [mean_intervals([sample])[0] for sample in (*samples, samples[0][:7])]
    monkeypatch.setattr(intervals, "BATCH", 1000)
    assert together == mean_intervals([*samples, samples[0][:7]])


def test_equal_means_of_accuracies_count_as_equal():
    # As counts their sums are exact; as per cent equal sums may differ in the last bit, and the
    # bias correction counts resampled means equal to the one that was found.
    counts = np.array([3999] * 7 + [3996] * 3)
    low, high = limits(counts)
    per_cent = limits(100.0 * counts / 4000)
    assert per_cent == pytest.approx((low / 40, high / 40), abs=1e-8)
    thirds = limits(100.0 * counts / 6000)
    assert thirds == pytest.approx((low / 60, high / 60), abs=1e-8)


def test_streams_never_change(of_runs):
    # The files of a finished study can only be repeated if these numbers never change.
    cell = of_runs[Key("ssri", COMBINED)]
    assert (cell.ci_low, cell.ci_high) == pytest.approx((75.05847159, 86.08211481))


def test_equal_numbers_have_that_number_as_interval():
    assert mean_intervals([[94.9993] * 10])[0] == (94.9993, 94.9993, "all equal", "")
    assert mean_intervals([[0.1 + 0.2, 0.3, 0.3]])[0].method == "all equal"


def test_wilsons_interval_is_the_one_that_newcombe_published():
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
    assert proportion_interval(81, 263) == pytest.approx((25.53, 36.62), abs=5e-3)
    assert proportion_interval(15, 148) == pytest.approx((6.24, 16.05), abs=5e-3)
    assert proportion_interval(0, 20) == pytest.approx((0.0, 16.11), abs=5e-3)
    assert proportion_interval(1, 29) == pytest.approx((0.61, 17.18), abs=5e-3)


def test_every_cell_has_an_interval_around_its_mean(of_runs):
    for cell in of_runs.values():
        assert cell.ci_low <= cell.mean + 1e-9
        assert cell.mean <= cell.ci_high + 1e-9
        assert (cell.ci_low < cell.ci_high) == (cell.method != "all equal")
