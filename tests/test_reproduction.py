"""The comparison with published numbers: what is tested and how, and what is only shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline_lib import names
from pipeline_lib.analysis import welch
from pipeline_lib.analysis.cells import Cells, Statistics
from pipeline_lib.analysis.published import Published, read_published, rounding
from pipeline_lib.analysis.reproduction import Compared, compare, in_the_family, verdict
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import read_rows, write_rows
from pipeline_lib.measures.switch import ACTIVITY
from pipeline_lib.names import COMBINED, INTERNAL, LONGITUDINAL, RELAPSE_CYCLE
from pipeline_lib.numbers import Key
from tests.handmade import NUMBERS, REFERENCE, cells_of, reference_runs, trajectories, values_of

pytestmark = pytest.mark.filterwarnings("error")
ALPHA, MARGIN = 0.05, 0.02


@pytest.fixture(scope="module")
def runs():
    return reference_runs()


@pytest.fixture(scope="module")
def published():
    return read_published(REFERENCE / "published.csv")


def against(values, published):
    return compare(cells_of(values), values, published, NUMBERS, ALPHA, MARGIN)


def ours(number, mean, sd=1.0, n=10, level=None):
    """A cell of this mean and SD."""
    cell = cells_of(values_of(number, {"a": [mean] * n}))[Key("a", number)]
    return replace(cell, sd=sd, level=level)


def theirs(number, mean, sd=1.0, n=10, level=None):
    key = Key("a", number, level=level)
    return Published("a table", key, None, Statistics(mean, sd, n=n))


def compared(cells, published, alpha=ALPHA, margin=MARGIN):
    return compare(Cells(cells), [], published, NUMBERS, alpha, margin)


def test_published_means_with_an_sd_are_the_family_and_the_rest_is_shown(runs, published):
    faithful = against(runs, published)
    assert [(row.table, row.seed) for row in faithful] == [(p.table, p.seed) for p in published]
    reasons = {}
    for row in faithful:
        assert in_the_family(row) == (row.p_holm is not None) == (row.status != "not tested")
        assert row.difference is None or row.seed is None
        if row.reason:
            reasons.setdefault(row.reason, set()).add(row.number)
    assert reasons == {
        "a count": {names.RELAPSED, names.NOT_RELAPSED},
        "no SD": {names.GAIN_OVER_UNTREATED, RELAPSE_CYCLE},
        "a single seed": {RELAPSE_CYCLE},
        "a range": {LONGITUDINAL},
    }
    assert verdict(faithful) == (
        "101 of 101 published means consistent (Holm-corrected, alpha 0.05;"
        " 69 of 101 equivalent within 2 percentage points)"
    )


def test_a_row_is_welchs_comparison_of_ours_minus_published():
    cell, printed = ours(COMBINED, 81.0, 9.0, 12), theirs(COMBINED, 76.0, 3.0, 7)
    [row] = compared([cell], [printed], 0.1, 0.03)
    expected = welch.compare(welch.Summary(81, 9, 12), welch.Summary(76, 3, 7), 0.05)
    assert row.difference == 5.0
    assert (row.low, row.high) == welch.interval(expected, 0.9)
    assert row.p == row.p_holm == welch.p_different(expected)
    assert row.p_equivalent == welch.p_equivalent(expected, 3.0)
    assert row.detectable == row.detectable_in_family == welch.detectable(expected, 0.1)
    assert (row.alpha, row.margin, row.n, row.published_n) == (0.1, 0.03, 12, 7)


def test_the_margin_applies_to_numbers_in_per_cent_or_points():
    """A relapse cycle is in cycles, and an activity in no unit: names do not decide it."""
    which = (COMBINED, names.TOTAL_DROP, RELAPSE_CYCLE, ACTIVITY)
    rows = compared([ours(name, 5.0) for name in which], [theirs(name, 5.0) for name in which])
    assert [row.equivalent for row in rows] == [True, True, None, None]
    assert {row.status for row in rows} == {"consistent"}
    assert [rounding(NUMBERS[name]) for name in which] == [0.05, 0.05, 0.05, 0.0005]
    assert "; 2 of 2 equivalent within 2 percentage points" in verdict(rows)


def test_means_are_corrected_as_one_family():
    levels = range(1, 21)
    cells = [ours(INTERNAL, 51.2 if level == 1 else 50.0, level=level) for level in levels]
    published = [theirs(INTERNAL, 50.0, level=level) for level in levels]
    row = compared(cells, published)[0]
    assert row.p < ALPHA < row.p_holm == pytest.approx(20 * row.p)
    assert row.status == "consistent"
    assert row.detectable_in_family > row.detectable
    assert compared(cells, published[:1])[0].status == "inconsistent"


def test_a_mean_far_from_the_published_one_is_inconsistent(runs, published):
    place = Key("ssri", INTERNAL, level=2.5)
    wrong = [replace(v, value=v.value + 8.0) if v.key == place else v for v in runs]
    comparison = against(wrong, published)
    found = [row for row in comparison if row.status == "inconsistent"]
    assert [(row.treatment, row.number, row.level) for row in found] == [("ssri", INTERNAL, 2.5)]
    assert verdict(comparison).startswith("100 of 101 published means consistent")
    assert "; 1 inconsistent)" in verdict(comparison)


def test_a_published_mean_that_the_study_lacks_is_missing(tmp_path):
    published = [theirs(names.CLEAN, 50.0), theirs(COMBINED, 50.0), theirs("unheard", 1.0)]
    rows = compared([ours(names.CLEAN, 50.0), ours(names.STANDARD, 1.0)], published)
    assert [row.status for row in rows] == ["consistent", "missing", "missing"]
    assert verdict(rows) == (
        "1 of 3 published means consistent (Holm-corrected, alpha 0.05;"
        " 1 of 1 equivalent within 2 percentage points; 2 missing)"
    )
    write_rows(tmp_path / "comparison.parquet", rows, Compared)
    assert read_rows(tmp_path / "comparison.parquet", Compared) == rows


@pytest.mark.parametrize(("here", "there"), [(1, 10), (10, 1), (10, None)])
def test_one_seed_is_not_testable(here, there):
    rows = compared([ours(COMBINED, 50.0, n=here)], [theirs(COMBINED, 50.0, n=there)])
    assert rows[0].status == "not testable"
    assert "fewer than two seeds" in rows[0].reason
    assert verdict(rows) == (
        "0 of 1 published means consistent (Holm-corrected, alpha 0.05; 1 not testable)"
    )


def test_a_study_without_relapses_is_not_missing_a_number(published):
    steady = trajectories({name: [[90.0, 90.0]] * 10 for name in ("ssri", "neurosteroid")})
    rows = [row for row in against(steady, published) if row.number == RELAPSE_CYCLE]
    found = [(row.status, row.reason) for row in rows]
    assert found == [("not tested", "no such relapse in this study")] * 8


HEADER = "table,treatment,number,modulation,level,cycle,seed,mean,sd,min,max,count,n_seeds\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("table,treatment\n1,a\n", "lacks number, modulation, level, cycle, seed, mean, sd,"),
        (HEADER + "1,a\n", "line 2 does not have as many cells as the first line"),
        (HEADER + "1,a,clean,on,,,,inf,0.1,,,,10\n", "line 2 has the mean 'inf'; it must be a"),
        (HEADER + "1,a,clean,on,,0.5,,1,,,,,10\n", "line 2 has the cycle 0.5; it must be whole"),
        (HEADER + "1,a,clean,up,,,,1,,,,,10\n", "the modulation 'up'; it must be on or off"),
        (HEADER + 2 * "1,a,clean,on,,,,1,,,,,10\n", "line 3 repeats a, clean, on of 1"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "published.csv"
    path.write_text(text)
    with pytest.raises(PipelineError) as error:
        read_published(path)
    assert str(error.value).startswith(f"{path}: ")
    assert sentence in str(error.value)


def test_a_file_without_published_numbers_gives_no_verdict(tmp_path):
    (tmp_path / "published.csv").write_text(HEADER)
    found = against(trajectories({"a": [[90.0]]}), read_published(tmp_path / "published.csv"))
    assert verdict(found) == "no published mean with an SD to compare with"
