"""The verdict passes the paper's own protocol, and rejects each of four others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline_lib.analysis.published import read_published, read_runs
from pipeline_lib.analysis.reproduction import (
    CONSISTENT,
    CONSTANT,
    INCONSISTENT,
    OF_MEANS,
    SINGLE,
    compare,
)
from pipeline_lib.files.rows import read_rows
from pipeline_lib.measures import Value
from pipeline_lib.reporting.comparison_report import verdict
from pipeline_lib.study.config import STUDY
from pipeline_lib.study.overlays import read
from tests.conftest import ROOT
from tests.handmade import NUMBERS, REFERENCE, cells_of

KEPT = ROOT / "docs/values"
SAME = [KEPT / f"{name}.parquet" for name in ("paper", "hundred")]
OTHERS = sorted((KEPT / "negative_controls").glob("*.parquet"))


def judged(path):
    values = read_rows(path, Value)
    options = STUDY(**read(ROOT / "config.yaml")).reproduction
    published = read_published(REFERENCE / "published.csv")
    runs = read_runs(REFERENCE / "reference_runs.csv")
    return compare(
        cells_of(values), values, published, runs, NUMBERS, options.alpha, options.margin
    )


@pytest.mark.parametrize("path", SAME, ids=lambda path: path.stem)
def test_the_papers_protocol_is_consistent_with_the_published_run(path):
    assert verdict(judged(path)).startswith("consistent: ")


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_another_protocol_is_not(path):
    rows = judged(path)
    assert verdict(rows).startswith("inconsistent: ")
    by = {row.test for row in rows if row.status == INCONSISTENT}
    # Half of the regrowth does as well as all of it: only the number of connections tells.
    assert bool(by & set(OF_MEANS)) == (path.stem != "half_ketamine")
    assert (CONSTANT in by) == (path.stem != "gain")


def test_single_published_runs_decide_if_nothing_else_was_published():
    rows = [row for row in judged(SAME[0]) if row.test == SINGLE]
    single = [replace(row, status=CONSISTENT) for row in rows]
    count = len(single)
    assert count > 1
    assert verdict(single) == f"consistent: {count} of {count} numbers of single runs consistent"
    one_off = [replace(single[0], status=INCONSISTENT), *single[1:]]
    assert verdict(one_off).startswith(f"inconsistent: {count - 1} of {count} ")


def test_the_readme_has_the_verdict_on_the_values_that_are_kept():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"\n{verdict(judged(KEPT / 'paper.parquet'))}\n" in readme
