"""Paired comparisons of treatments, held to published and enumerated ones."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline_lib.analysis import paired
from pipeline_lib.analysis.intervals import mean_intervals
from pipeline_lib.analysis.paired import (
    DRAWS,
    EXACT_UP_TO,
    compare_treatments,
    hedges_g,
    sign_flip_tests,
    superiority,
)
from pipeline_lib.analysis.published import read_runs
from pipeline_lib.analysis.statistics import VALUE_COLUMNS
from pipeline_lib.analysis.welch import holm

pytestmark = pytest.mark.filterwarnings("error")
REFERENCE = Path(__file__).parents[1] / "reference"

# Darwin's crossed minus self-fertilised Zea mays, in eighths of an inch (Fisher 1935, chapter 3).
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


def p_of(difference):
    test = sign_flip_tests([np.asarray(difference, dtype=float)])[0]
    return test.p


def enumerated(difference):
    """The share of all signs whose sum is at least as far from 0, in whole numbers."""
    sums = [
        sum(s * d for s, d in zip(signs, difference, strict=True))
        for signs in itertools.product((1, -1), repeat=len(difference))
    ]
    return np.mean(np.abs(sums) >= abs(sum(difference)))


def study(numbers, metric="combined"):
    """Values of one metric: for each treatment its numbers by seed, or a list for seeds 0, 1, …"""
    rows = []
    for treatment, of_seeds in numbers.items():
        by_seed = of_seeds if isinstance(of_seeds, dict) else dict(enumerate(of_seeds))
        rows += [(seed, treatment, metric, None, value) for seed, value in by_seed.items()]
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS))


@pytest.fixture(scope="module")
def of_runs() -> pd.DataFrame:
    return compare_treatments(read_runs(REFERENCE / "reference_runs.csv"))


# The test


def test_fishers_own_example_has_fishers_own_p():
    # 863 of 32 768 sums are as large as Darwin's 314, and as many as small as -314.
    assert p_of(DARWIN) == 2 * 863 / 32768


def test_p_by_hand():
    # Of the 8 signs of 1, 2 and 4, two give a sum as far from 0 as 7; four, as far as 3.
    assert p_of([1, 2, 4]) == 2 / 8
    assert p_of([1, -2, 4]) == 6 / 8
    assert p_of([-5, -5]) == 0.5


@pytest.mark.parametrize("total", [4000, 6000, 4001])
def test_equal_sums_of_accuracies_count_as_equal(total):
    steps = [-3, -3, 4, -1, 4, 2, 5, 2]  # of 1 / total
    before = np.array([3760, 3805, 3060, 3557, 3452, 3286, 3450, 3410])
    difference = 100.0 * (before + steps) / total - 100.0 * before / total
    assert p_of(difference) == enumerated(steps)


def test_above_the_limit_p_is_drawn_and_near_the_exact_one():
    steps = np.random.default_rng(8).integers(-6, 9, EXACT_UP_TO + 4)
    # Every sign of every step, one after the other: how many signs give each sum.
    ways = {0: 1}
    for step in steps.tolist():
        both: dict[int, int] = {}
        for total, count in ways.items():
            for new in (total + step, total - step):
                both[new] = both.get(new, 0) + count
        ways = both
    far = sum(count for total, count in ways.items() if abs(total) >= abs(steps.sum()))
    exact = far / 2 ** len(steps)
    test = sign_flip_tests([steps.astype(float)])[0]
    assert test.test == f"sign-flip, {DRAWS} draws"
    assert 0.01 < exact < 0.9
    assert test.p == pytest.approx(exact, abs=8 * (exact / DRAWS) ** 0.5)


@pytest.mark.parametrize("n", [EXACT_UP_TO, EXACT_UP_TO + 1])
def test_the_smallest_p_is_what_it_can_be(n):
    test = sign_flip_tests([np.arange(1.0, n + 1)])[0]
    smallest = 2 / 2**n if n <= EXACT_UP_TO else 2 / (DRAWS + 1)
    assert test.p_smallest == smallest
    assert smallest <= test.p <= smallest * 2


@pytest.mark.parametrize("n", [9, 24])
def test_p_does_not_depend_on_the_other_samples_nor_on_the_batch(n, monkeypatch):
    samples = list(np.random.default_rng(4).normal(0.4, 1.0, (4, n)))
    together = sign_flip_tests([*samples, samples[0][:5]])
    assert together == [sign_flip_tests([sample])[0] for sample in (*samples, samples[0][:5])]
    monkeypatch.setattr(paired, "BATCH", 1000)
    assert together == sign_flip_tests([*samples, samples[0][:5]])


def test_without_a_difference_there_is_none():
    assert p_of([0.0] * 10) == 1.0
    assert p_of([0.0] * 40) == 1.0
    assert sign_flip_tests([np.array([3.0])]) == [None]
    assert sign_flip_tests([]) == []


# Effect sizes


@pytest.mark.parametrize(
    ("freedom", "factor"), [(2, 0.5642), (3, 0.7236), (4, 0.7979), (10, 0.9228)]
)
def test_hedges_g_has_hedges_factor(freedom, factor):
    # Hedges 1981, table 1; and d_z is t over the root of n.
    sample = np.random.default_rng(freedom).normal(1.0, 2.0, freedom + 1)
    t = stats.ttest_1samp(sample, 0.0).statistic
    assert hedges_g(sample)[0] == pytest.approx(factor * t / (freedom + 1) ** 0.5, rel=1e-4)


def test_hedges_g_is_not_biased():
    samples = np.random.default_rng(9).normal(0.8, 1.0, (4000, 6))
    assert np.mean([hedges_g(sample)[0] for sample in samples]) == pytest.approx(0.8, abs=0.03)


def test_hedges_g_of_darwins_maize():
    # Mean 20.93, SD 37.74, the correction for 14 degrees of freedom 0.9455.
    assert hedges_g(DARWIN)[0] == pytest.approx(0.9455 * 20.933 / 37.744, abs=1e-3)


def test_hedges_g_says_why_there_is_none():
    assert hedges_g(np.zeros(10)) == (0.0, "")
    for sample, reason in (([2.0] * 4, "differ by the same"), ([1.0, 2.0], "two"), ([1.0], "one")):
        g, note = hedges_g(np.array(sample))
        assert np.isnan(g)
        assert reason in note
    # 99.95 - 99.9 and 0.05 are the same, but not in floats.
    assert "differ by the same" in hedges_g(np.array([99.95 - 99.9, 0.05, 0.05]))[1]


def test_superiority_is_the_share_of_seeds_with_ties_as_halves():
    assert superiority(DARWIN) == 13 / 15
    assert superiority(np.array([1.0, 0.0, -3.0, 2.0])) == 2.5 / 4
    assert superiority(np.zeros(3)) == 0.5
    assert superiority(np.array([99.95 - 99.9 - 0.05])) == 0.5


# The comparisons


def test_all_pairs_of_treatments_and_untreated_where_it_was_measured(of_runs):
    three = {("ketamine", "ssri"), ("ketamine", "neurosteroid"), ("ssri", "neurosteroid")}
    six = three | {(name, "untreated") for name in ("ketamine", "ssri", "neurosteroid")}
    noise = [f"internal_{level}" for level in (0.5, 1.0, 1.5, 2.5)]
    expected = {(m, *pair) for m in ("clean", "standard", "combined", *noise) for pair in six}
    drops = ("acute_relapse_drop", "total_drop", "final_accuracy")
    expected |= {(m, *pair) for m in drops for pair in three}
    assert (
        set(zip(of_runs["metric"], of_runs["treatment"], of_runs["other"], strict=True)) == expected
    )
    assert len(of_runs) == len(expected) == 51


def test_the_healthy_network_is_no_treatment():
    table = compare_treatments(study({"healthy": [99.0] * 3, "a": [90.0, 91.0, 92.0]}))
    assert table.empty
    assert tuple(table.columns) == paired.COLUMNS


def test_a_row_is_of_the_differences_within_seeds():
    ours, theirs = [90.0, 92.0, 97.0, 91.0], [80.0, 93.0, 90.0, 89.0]
    row = compare_treatments(study({"untreated": theirs, "a": ours})).iloc[0]
    difference = np.subtract(ours, theirs)
    assert (row["treatment"], row["other"], row["n"]) == ("a", "untreated", 4)
    assert (row["mean"], row["mean_other"], row["difference"]) == (92.5, 88.0, 4.5)
    assert row["sd"] == pytest.approx(np.std(difference))
    assert (row["ci_low"], row["ci_high"]) == mean_intervals([difference])[0][:2]
    assert (row["p"], row["superiority"]) == (enumerated([10, -1, 7, 2]), 75.0)


def test_seeds_are_matched_by_number_and_those_without_a_partner_left_out():
    ours, theirs = {3: 90.0, 0: 80.0, 7: 70.0}, {0: 79.0, 3: 88.0, 5: 1.0}
    row = compare_treatments(study({"a": ours, "b": theirs})).iloc[0]
    assert (row["n"], row["difference"]) == (2, 1.5)
    assert compare_treatments(study({"a": {0: 1.0}, "b": {1: 1.0}})).empty


def test_holm_is_over_all_rows_and_over_the_pairs_of_one_measurement(of_runs):
    assert of_runs["p_holm"].tolist() == holm(of_runs["p"].tolist())
    for _, rows in of_runs.groupby("metric"):
        assert rows["p_holm_metric"].tolist() == holm(rows["p"].tolist())


def test_ten_seeds_cannot_be_significant_in_a_family_of_51(of_runs):
    assert (of_runs["p_smallest"] == 2 / 1024).all()
    assert of_runs["p_holm"].min() == pytest.approx(51 * 2 / 1024)


def test_one_seed_has_means_and_no_test():
    row = compare_treatments(study({"a": [90.0], "b": [80.0]})).iloc[0]
    assert (row["difference"], row["superiority"], row["test"]) == (10.0, 100.0, "none")
    assert row[["ci_low", "p", "p_holm", "hedges_g"]].isna().all()
    assert "one seed" in row["note"]


def test_what_a_row_lacks_it_says():
    numbers = {"a": [90.0, 91.0, 92.0], "b": [80.0, 81.0, 82.0], "c": [80.0, 81.0, 82.0]}
    table = compare_treatments(study(numbers)).set_index(["treatment", "other"])
    same, shifted = table.loc[("b", "c")], table.loc[("a", "b")]
    assert tuple(same[["difference", "ci_low", "ci_high", "p", "hedges_g"]]) == (0, 0, 0, 1, 0)
    assert tuple(shifted[["ci_low", "ci_high", "p"]]) == (10.0, 10.0, 0.25)
    assert np.isnan(shifted["hedges_g"])
    assert "differ by the same" in shifted["note"]
