"""Relapse as time to event, held to the textbooks' leukaemia trial (Freireich and others 1963)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline_lib.analysis import survival
from pipeline_lib.analysis.intervals import proportion_interval
from pipeline_lib.analysis.statistics import VALUE_COLUMNS
from pipeline_lib.analysis.survival import (
    Times,
    log_rank_tests,
    relapse_counts,
    relapse_times,
    survival_curves,
)
from pipeline_lib.analysis.welch import holm

pytestmark = pytest.mark.filterwarnings("error")


def times(cycles, relapsed, last=None):
    relapsed = np.broadcast_to(np.array(relapsed, dtype=bool), len(cycles))
    return Times(np.array(cycles), relapsed, max(cycles) if last is None else last)


# Weeks of remission; a 0 below is a censored one.
MERCAPTOPURINE = times(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = times([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], True)
TRIAL = {"6-mp": MERCAPTOPURINE, "placebo": PLACEBO}

NONE = times([8] * 10, False)
ALL_AT_ONCE = times([3] * 10, True, last=8)


def study(courses, treatment="a"):
    rows = [
        (seed, treatment, "longitudinal_combined", cycle, value)
        for seed, course in courses.items()
        for cycle, value in enumerate(course)
    ]
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS))


# From values to times


def test_the_event_is_the_first_cycle_below_the_threshold_and_cycle_0_counts():
    courses = {0: [70.0, 90.0, 70.0], 3: [90.0, 79.9, 70.0], 4: [90.0, 80.0, 85.0]}
    found = relapse_times(study(courses), 0.8)["a"]
    assert found.cycles.tolist() == [0, 1, 2]
    assert found.relapsed.tolist() == [True, True, False]
    assert found.last == 2


def test_treatments_without_a_longitudinal_test_have_no_times():
    values = pd.concat([study({0: [90.0, 60.0]}), study({0: [90.0, 90.0]}, "b")])
    values.loc[len(values)] = (0, "untreated", "combined", None, 30.0)
    assert list(relapse_times(values, 0.8)) == ["a", "b"]
    assert relapse_times(values[:0], 0.8) == {}


# Kaplan-Meier


@pytest.mark.parametrize(
    ("week", "estimate", "low", "high"),
    [
        (6, 0.8571, 0.6197, 0.9516),
        (7, 0.8067, 0.5631, 0.9228),
        (10, 0.7529, 0.5032, 0.8894),
        (13, 0.6902, 0.4316, 0.8491),
        (16, 0.6275, 0.3675, 0.8049),
        (22, 0.5378, 0.2678, 0.7468),
        (23, 0.4482, 0.1881, 0.6801),
        (35, 0.4482, 0.1881, 0.6801),
    ],
)
def test_the_curve_under_mercaptopurine_is_the_published_one(week, estimate, low, high):
    curve = survival_curves(TRIAL)
    row = curve[(curve["treatment"] == "6-mp") & (curve["cycle"] == week)].iloc[0]
    expected = [100 * estimate, 100 * low, 100 * high]
    assert row[["survival", "ci_low", "ci_high"]].tolist() == pytest.approx(expected, abs=0.006)
    assert row["method"] == "log-log"


def test_seeds_at_risk_and_relapsed_are_those_of_the_trial():
    curve = survival_curves(TRIAL)
    rows = curve[(curve["treatment"] == "6-mp") & curve["relapsed"].gt(0)]
    assert rows["cycle"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert rows["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert rows["relapsed"].tolist() == [3, 1, 1, 1, 1, 1, 1]


def test_a_relapse_at_cycle_0_lowers_the_curve_there():
    curve = survival_curves({"ssri": times([0] * 4 + [8] * 6, [1] * 4 + [0] * 6)})
    assert curve["cycle"].tolist() == list(range(9))
    assert curve["survival"].tolist() == pytest.approx([60.0] * 9)
    assert curve["at_risk"].tolist() == [10, *[6] * 8]


def test_relapse_in_the_last_cycle_is_no_censoring():
    curve = survival_curves({"a": times([8] * 10, [1, 1] + [0] * 8)})
    assert curve["survival"].tolist() == pytest.approx([100.0] * 8 + [80.0])


@pytest.mark.parametrize(
    ("sample", "shares"), [(NONE, [1.0] * 9), (ALL_AT_ONCE, [1.0] * 3 + [0.0] * 6)]
)
def test_where_none_or_all_relapsed_wilsons_interval_stands_in(sample, shares):
    curve = survival_curves({"a": sample})
    assert curve["survival"].tolist() == [100.0 * share for share in shares]
    assert (curve["method"] == "Wilson").all()
    expected = [proportion_interval(int(10 * share), 10)[:2] for share in shares]
    found = curve[["ci_low", "ci_high"]].to_numpy() / 100.0
    assert found == pytest.approx(np.array(expected))


def test_a_single_seed_has_a_curve():
    curve = survival_curves({"a": times([1], True, last=2)})
    assert curve["survival"].tolist() == [100.0, 0.0, 0.0]
    assert curve[["ci_low", "ci_high"]].notna().all(axis=None)


# Log-rank


def test_log_rank_of_the_trial_is_the_published_one():
    row = log_rank_tests(TRIAL).iloc[0]
    assert row["chi_square"] == pytest.approx(16.79, abs=5e-3)
    assert row["p"] == pytest.approx(4.17e-5, rel=2e-3)
    assert tuple(row[["n", "n_other", "relapsed", "relapsed_other"]]) == (21, 21, 9, 21)


def test_log_rank_is_corrected_over_all_pairs():
    table = log_rank_tests({**TRIAL, "none": times([23] * 12, False)})
    pairs = [("6-mp", "placebo"), ("6-mp", "none"), ("placebo", "none")]
    assert list(zip(table["treatment"], table["other"], strict=True)) == pairs
    assert table["p_holm"].tolist() == holm(table["p"].tolist())


def test_without_an_event_to_tell_them_apart_p_is_1_and_it_is_said():
    for other, note in ((NONE, "no seed of either relapsed"), (ALL_AT_ONCE, "relapsed together")):
        row = log_rank_tests({"a": other, "b": other}).iloc[0]
        assert (row["chi_square"], row["p"], row["p_holm"]) == (0.0, 1.0, 1.0)
        assert note in row["note"]


def test_all_against_none_is_a_difference():
    row = log_rank_tests({"a": ALL_AT_ONCE, "b": NONE}).iloc[0]
    # 10 events where 5 were expected, of the hypergeometric variance 25 / 19 · 10 / 10.
    assert row["chi_square"] == pytest.approx(5.0**2 / (10 * 10 * 10 * 10 / (20**2 * 19)))
    assert row["note"] == ""


def test_one_treatment_has_no_test():
    table = log_rank_tests({"a": NONE})
    assert table.empty
    assert tuple(table.columns) == survival.LOG_RANK


# Counts


def test_failed_treatments_are_told_from_later_relapses():
    sample = times([0] * 4 + [5] + [8] * 5, [1] * 5 + [0] * 5)
    row = relapse_counts({"ssri": sample}).iloc[0]
    assert tuple(row[["n", "at_cycle_0", "later", "relapsed", "share"]]) == (10, 4, 1, 5, 50.0)
    expected = [100 * limit for limit in proportion_interval(5, 10)[:2]]
    assert row[["ci_low", "ci_high"]].tolist() == pytest.approx(expected)


def test_no_treatments_are_no_rows():
    for table, columns in (
        (survival_curves({}), survival.CURVE),
        (log_rank_tests({}), survival.LOG_RANK),
        (relapse_counts({}), survival.COUNTS),
    ):
        assert table.empty
        assert tuple(table.columns) == columns
