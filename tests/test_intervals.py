"""Intervals of the tables' numbers: BCa and Wilson, held to published and enumerated ones."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline_lib.analysis import intervals
from pipeline_lib.analysis.intervals import cell_intervals, mean_intervals, proportion_interval
from pipeline_lib.analysis.published import read_runs
from pipeline_lib.analysis.statistics import STATISTICS, VALUE_COLUMNS, cells

pytestmark = pytest.mark.filterwarnings("error")
REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return read_runs(REFERENCE / "reference_runs.csv")


@pytest.fixture(scope="module")
def of_runs(runs) -> pd.DataFrame:
    return cell_intervals(runs, 0.8)


def row_of(table, treatment, metric, of):
    rows = of[(of["table"] == table) & (of["treatment"] == treatment) & (of["metric"] == metric)]
    assert len(rows) == 1
    return rows.iloc[0]


def limits(sample):
    return mean_intervals([sample])[0][:2]


# The bootstrap


def test_bca_is_efrons_over_all_resamples():
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
    # It is not the percentile interval, from which it differs by more than the simulation's error.
    assert abs(np.quantile(means, 0.025) - expected[0]) > 0.5


def test_bca_is_scipys():
    sample = np.random.default_rng(1).normal(90, 3, 25)
    expected = stats.bootstrap((sample,), np.mean, rng=np.random.default_rng(2))
    assert limits(sample) == pytest.approx(tuple(expected.confidence_interval), abs=0.1)


@pytest.mark.parametrize(
    ("n", "draw", "truth", "low", "high"),
    [(10, "normal", 0.0, 0.86, 0.95), (40, "exponential", 1.0, 0.90, 0.97)],
)
def test_of_simulated_studies_nearly_as_many_as_stated_cover_the_truth(n, draw, truth, low, high):
    studies = getattr(np.random.default_rng(5), draw)(size=(300, n))
    found = mean_intervals(list(studies))
    covered = np.mean([interval.low <= truth <= interval.high for interval in found])
    assert low < covered < high


def test_an_interval_does_not_depend_on_the_other_samples_nor_on_the_batch(monkeypatch):
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


def test_streams_stay_what_they_are(of_runs):
    # The files of a finished study can only be repeated if these numbers never change.
    row = row_of("1", "ssri", "combined", of_runs)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((75.05847159, 86.08211481))


def test_equal_numbers_have_that_number_as_interval():
    assert mean_intervals([[94.9993] * 10])[0] == (94.9993, 94.9993, "all equal", "")
    almost = [0.1 + 0.2, 0.3, 0.3]
    assert mean_intervals([almost])[0].method == "all equal"


def test_one_seed_has_no_interval_and_says_so():
    interval = mean_intervals([[90.0]])[0]
    assert np.isnan([interval.low, interval.high]).all()
    assert interval[2:] == ("none", "one seed has no interval")


def test_two_seeds_have_an_interval_between_them():
    low, high = limits([80.0, 90.0])
    assert 80.0 <= low < 85.0 < high <= 90.0


@pytest.mark.parametrize("sample", [[], [90.0, np.nan], [np.inf, 1.0]])
def test_what_is_no_number_is_refused(sample):
    with pytest.raises(ValueError, match="finite number"):
        mean_intervals([[1.0, 2.0], sample])


def test_no_samples_have_no_intervals():
    assert mean_intervals([]) == []


# Counts


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_one_that_newcombe_published(count, n, low, high):
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
    assert proportion_interval(count, n)[:2] == pytest.approx((low, high), abs=5e-5)


def test_none_and_all_have_an_interval_with_a_width():
    low, high, *_ = proportion_interval(0, 10)
    assert (low, high) == pytest.approx((0.0, 0.2775), abs=5e-5)
    assert proportion_interval(10, 10)[:2] == pytest.approx((1 - high, 1.0))


def test_the_only_seed_there_is_has_an_interval_of_its_share():
    # z² / (n + z²) from the far end, by hand: 3.8415 / 4.8415.
    assert proportion_interval(0, 1)[:2] == pytest.approx((0.0, 0.7935), abs=5e-5)


@pytest.mark.parametrize(("count", "n"), [(0, 0), (-1, 10), (11, 10)])
def test_a_count_that_cannot_be_is_refused(count, n):
    with pytest.raises(ValueError, match="must"):
        proportion_interval(count, n)


# Cells


def test_every_cell_of_the_tables_is_there_with_its_numbers(runs, of_runs):
    expected = cells(runs, 0.8)
    names = ["table", "treatment", "metric", "cycle", *STATISTICS]
    pd.testing.assert_frame_equal(of_runs[names], expected[names])


def test_every_cell_has_an_interval_around_it_or_says_why_not(of_runs):
    without = of_runs["ci_low"].isna()
    assert set(of_runs[without]["table"]) == {"relapse_cycle_by_seed"}
    assert (of_runs[without]["note"] == "a number of a single seed").all()
    rest = of_runs[~without]
    assert (rest["ci_low"] <= rest["mean"] + 1e-9).all()
    assert (rest["mean"] <= rest["ci_high"] + 1e-9).all()
    equal = rest["method"] == "all equal"
    assert (rest["ci_low"] < rest["ci_high"]).equals(~equal)


def test_the_interval_of_a_count_is_in_seeds(of_runs):
    row = row_of("4", "ssri", "seeds_relapsed", of_runs)
    assert (row["mean"], row["n"], row["method"]) == (4, 10, "Wilson")
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((1.6818, 6.8733), abs=1e-4)


def test_a_mean_relapse_cycle_is_over_the_seeds_that_relapsed(of_runs):
    row = row_of("4", "ssri", "mean_relapse_cycle", of_runs)
    assert (row["n"], row["mean"], row["ci_low"], row["ci_high"]) == (4, 0.0, 0.0, 0.0)


def test_the_interval_of_an_improvement_is_over_gains_within_seeds(runs, of_runs):
    combined = runs[runs["metric"] == "combined"].pivot_table(
        index="seed", columns="treatment", values="value"
    )
    row = row_of("improvement", "ssri", "combined_over_untreated", of_runs)
    gains = (combined["ssri"] - combined["untreated"]).to_numpy()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(limits(gains))
    assert row["mean"] == pytest.approx(np.mean(gains))


def test_a_study_of_one_seed_says_so_in_every_mean():
    rows = [(7, "a", "combined", None, 90.0), (7, "untreated", "combined", None, 30.0)]
    rows += [(7, "a", "longitudinal_combined", cycle, 90.0 - cycle) for cycle in range(3)]
    of_one = cell_intervals(pd.DataFrame(rows, columns=list(VALUE_COLUMNS)), 0.8)
    counts = of_one["metric"].str.startswith("seeds_")
    assert (of_one[~counts]["note"] == "one seed has no interval").all()
    assert of_one[counts][["ci_low", "ci_high"]].notna().all(axis=None)


def test_no_values_have_no_cells():
    nothing = cell_intervals(pd.DataFrame([], columns=list(VALUE_COLUMNS)), 0.8)
    assert nothing.empty
    assert tuple(nothing.columns) == intervals.COLUMNS
