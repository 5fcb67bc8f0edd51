"""The replay beside the published run, digit by digit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline_lib.analysis.digits import against_runs, as_printed, printed_verdict, runs_verdict
from pipeline_lib.analysis.published import printed, read_runs
from pipeline_lib.analysis.statistics import CELL_COLUMNS, frame

pytestmark = pytest.mark.filterwarnings("error")
REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return read_runs(REFERENCE / "reference_runs.csv")


def cell(mean, sd=None, metric="combined", cycle=None, low=None, high=None):
    return ("3", "a", metric, cycle, mean, sd, low, high, 10)


def test_every_number_of_a_published_row_is_compared_as_printed():
    ours = frame([cell(81.349, 8.75, cycle=0, low=70.0, high=99.0)], CELL_COLUMNS)
    theirs = frame([cell(81.3, 8.7, cycle=0, high=99.0)], CELL_COLUMNS)
    comparison = as_printed(ours, theirs)
    found = comparison[["statistic", "published", "ours", "equal"]].values.tolist()
    assert found == [
        ["mean", "81.3", "81.3", True],
        ["sd", "8.7", "8.8", False],
        ["max", "99.0", "99.0", True],
    ]
    assert printed_verdict(comparison) == "2 of 3 published numbers equal as printed"


def test_a_number_that_is_missing_is_not_equal():
    ours = frame([cell(81.3, cycle=0)], CELL_COLUMNS)
    theirs = frame([cell(81.3, cycle=1)], CELL_COLUMNS)
    assert as_printed(ours, theirs)[["ours", "equal"]].values.tolist() == [["", False]]


@pytest.mark.parametrize(
    ("number", "metric", "text"),
    [
        (-0.04, "total_drop", "0.0"),
        (-12.44, "total_drop", "-12.4"),
        (4.0, "seeds_relapsed", "4"),
        (8.0, "seed_6", "8"),
        (8.0, "mean_relapse_cycle", "8.0"),
    ],
)
def test_numbers_are_printed_as_published(number, metric, text):
    assert printed(number, metric) == text


def test_runs_are_compared_to_four_decimals(runs):
    off = runs.copy()
    off.loc[0, "value"] += 0.00002
    assert runs_verdict(against_runs(off, runs)) == (
        "950 of 950 values of 10 seeds equal to 4 decimals"
    )
    off.loc[0, "value"] += 0.0001
    assert against_runs(off, runs).query("not equal")["metric"].tolist() == ["sparsity"]


def test_cpu_seconds_are_no_result(runs):
    assert len(runs) == 950
    assert "cpu_seconds" not in set(runs["metric"])


def test_a_replay_of_fewer_seeds_is_compared_with_those(runs):
    one = runs[runs["seed"] == 4]
    assert runs_verdict(against_runs(one, runs)) == "95 of 95 values of 1 seed equal to 4 decimals"
    assert runs_verdict(against_runs(one[1:], runs)).startswith("94 of 95")


def test_without_published_numbers_there_is_nothing_to_compare(runs):
    nothing = as_printed(frame([cell(81.3)], CELL_COLUMNS), None)
    assert printed_verdict(nothing) == "no published number to compare with"
    assert runs_verdict(against_runs(runs, None)) == "no published run of a seed to compare with"
    other = runs.assign(seed=runs["seed"] + 100)
    assert runs_verdict(against_runs(other, runs)) == "no published run of a seed to compare with"
