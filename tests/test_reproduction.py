"""The comparison with published numbers: what is tested and how, and what is only shown."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline_lib import names
from pipeline_lib.analysis import welch
from pipeline_lib.analysis.cells import Cells, Statistics
from pipeline_lib.analysis.published import Published, read_published, read_runs, rounding
from pipeline_lib.analysis.reproduction import (
    CONSISTENT,
    CONSTANT,
    FISHER,
    INCONSISTENT,
    MISSING,
    NOT_TESTABLE,
    NOT_TESTED,
    OF_MEANS,
    PERMUTATION,
    SINGLE,
    WELCH,
    Compared,
    compare,
)
from pipeline_lib.analysis.welch import Summary
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import read_rows, write_rows
from pipeline_lib.measures import Value
from pipeline_lib.measures.switch import ACTIVITY
from pipeline_lib.names import COMBINED, INTERNAL, LONGITUDINAL, RELAPSE_CYCLE, RELAPSED
from pipeline_lib.numbers import Key
from pipeline_lib.reporting.comparison_report import tables, verdict
from tests.conftest import ROOT
from tests.handmade import NUMBERS, REFERENCE, cells_of, values_of

ALPHA, MARGIN = 0.05, 1.0


@pytest.fixture(scope="module")
def by_seed():
    return read_runs(REFERENCE / "reference_runs.csv")


def against(values, published, by_seed=()):
    return compare(cells_of(values), values, published, by_seed, NUMBERS, ALPHA, MARGIN)


def ours(number, mean, sd=1.0, n=10, level=None):
    cell = cells_of(values_of(number, {"a": [mean] * n}))[Key("a", number)]
    return replace(cell, sd=sd, min=mean - sd, max=mean + sd, level=level)


def theirs(number, mean, sd=1.0, n=10, level=None, **more):
    key = Key("a", number, level=level)
    return Published("a table", key, None, Statistics(mean, sd, n=n, **more))


def compared(cells, published, alpha=ALPHA, margin=MARGIN):
    return compare(Cells(cells), [], published, [], NUMBERS, alpha, margin)


def test_a_run_is_equivalent_to_itself_by_the_permutation_of_its_distinct_means(
    runs, published, by_seed
):
    faithful = against(runs, published, by_seed)
    assert [(row.table, row.seed) for row in faithful] == [(p.table, p.seed) for p in published]
    tested = {}
    for row in faithful:
        tested.setdefault(row.test or row.reason, []).append(row)
    assert {test: len(tested[test]) for test in (PERMUTATION, CONSTANT, FISHER, SINGLE)} == {
        **{PERMUTATION: 58, CONSTANT: 33, FISHER: 3, SINGLE: 6}
    }
    assert {row.number for row in tested["follows from other numbers"]} == {
        *(INTERNAL, names.TOTAL_DROP, names.FINAL_ACCURACY),
        *(names.NOT_RELAPSED, names.GAIN_OVER_UNTREATED),
    }
    assert {row.number for row in tested["no SD"]} == {RELAPSE_CYCLE}
    assert {row.number for row in tested["a range"]} == {LONGITUDINAL}
    assert {row.number for row in tested[CONSTANT]} == {
        *(names.SPARSITY, names.LONGITUDINAL_SPARSITY, names.CLEAN)
    }
    assert {row.p_corrected for row in tested[PERMUTATION]} == {1.0}
    assert verdict(faithful).startswith(
        "consistent: 58 of 58 distinct means equivalent within 1 SD; none shown to differ"
    )


def test_without_the_runs_a_mean_is_tested_by_welch_from_what_is_printed():
    cell, printed = ours(COMBINED, 81.0, 9.0, 12), theirs(COMBINED, 76.0, 3.0, 7)
    [row] = compared([cell], [printed], 0.1, 2.0)
    expected = welch.compare(Summary(81, 9, 12), Summary(76, 3, 7), 0.05)
    sample = [sd * (n / (n - 1)) ** 0.5 for sd, n in ((9, 12), (3, 7))]
    scipys = stats.ttest_ind_from_stats(80.95, sample[0], 12, 76, sample[1], 7, equal_var=False)
    assert (row.test, row.difference, row.margin) == (WELCH, 5.0, 6.0)
    assert (row.low, row.high) == welch.interval(expected, 0.9)
    assert row.p == row.p_corrected == pytest.approx(scipys.pvalue)
    assert row.p_equivalent == welch.p_equivalent(expected, 6.0)
    assert row.detectable == welch.detectable(expected, 0.1)
    assert (row.alpha, row.margin_sds, row.n, row.published_n) == (0.1, 2.0, 12, 7)


def test_the_margin_is_in_published_sds_whatever_the_unit():
    sds = {COMBINED: 8.0, names.ACUTE_DROP: 4.0, ACTIVITY: 0.5}
    rows = compared(
        [ours(name, 5.0, sd) for name, sd in sds.items()],
        [theirs(name, 5.0, sd, n=40) for name, sd in sds.items()],
    )
    assert [row.margin for row in rows] == [*sds.values()]
    assert [row.equivalent for row in rows] == [True] * 3
    assert [rounding(NUMBERS[name]) for name in sds] == [0.05, 0.05, 0.0005]


def test_means_are_corrected_as_one_family():
    levels = range(1, 21)
    cells = [ours(INTERNAL, 51.2 if level == 1 else 50.0, level=level) for level in levels]
    published = [theirs(INTERNAL, 50.0, level=level) for level in levels]
    rows = compared(cells, published)
    assert rows[0].p < ALPHA < rows[0].p_corrected == pytest.approx(20 * rows[0].p)
    assert rows[0].status == CONSISTENT
    assert compared(cells, published[:1])[0].status == INCONSISTENT


def test_means_of_both_kinds_of_test_are_two_families(runs, published, by_seed):
    printed = theirs(COMBINED, 52.0)
    values = [*runs, *values_of(COMBINED, {"a": np.linspace(49, 51, 10).tolist()})]
    alone, *_ = against(values, [printed])
    among, *rest = against(values, [printed, *published], by_seed)
    assert (among.test, among.p_corrected) == (WELCH, 2 * alone.p_corrected)
    assert {row.test for row in rest if row.test in OF_MEANS} == {PERMUTATION}


def test_runs_that_do_not_print_as_published_are_not_used(runs, published, by_seed):
    place = Key("ssri", COMBINED)
    [mean] = [x.statistics.mean for x in published if x.key == place and x.seed is None]
    alone = [v for v in by_seed if v.key != place] + [Value(0, *place, mean)]
    other = [replace(v, value=v.value + 0.2) if v.key == place else v for v in by_seed]
    for known in (alone, other):
        found = [row.key for row in against(runs, published, known) if row.test == WELCH]
        assert found == [place]


def test_a_mean_that_is_elsewhere_makes_the_study_inconsistent(runs, published, by_seed):
    place = Key("ssri", INTERNAL, level=2.5)
    wrong = [replace(v, value=v.value + 8.0) if v.key == place else v for v in runs]
    for known in (by_seed, []):
        comparison = against(wrong, published, known)
        found = [row for row in comparison if row.status == INCONSISTENT]
        assert [row.key for row in found] == [place]
        assert verdict(comparison).startswith("inconsistent: ")


def test_small_differences_in_one_direction_are_seen_together(runs, published, by_seed):
    sign = {"more": 1, "less": -1, "neither": 0}
    sds = {row.key: row.published_sd for row in against(runs, published) if row.test in OF_MEANS}
    shifted = [
        replace(v, value=v.value + 0.9 * sds.get(v.key, 0.0) * sign[NUMBERS[v.number].better])
        for v in runs
    ]
    rows = [row for row in against(shifted, published, by_seed) if row.test == PERMUTATION]
    assert {row.status for row in rows} == {CONSISTENT}
    assert {row.p_directional < ALPHA for row in rows} == {True}


def test_a_constant_that_is_another_makes_the_study_inconsistent(runs, published, by_seed):
    place = Key("ssri", names.SPARSITY)
    wrong = [replace(v, value=93.0) if v.key == place else v for v in runs]
    comparison = against(wrong, published, by_seed)
    [row] = [row for row in comparison if row.status == INCONSISTENT]
    assert (row.key, row.test, row.p) == (place, CONSTANT, None)
    assert verdict(comparison).startswith("inconsistent: ")


def test_counts_are_compared_by_fishers_exact_test():
    cells = [replace(ours(RELAPSED, 1.0), count=23, n=100, sd=None, min=None, max=None)]
    [row] = compared(cells, [theirs(RELAPSED, None, None, count=4)])
    assert (row.test, row.status) == (FISHER, CONSISTENT)
    assert row.p == stats.fisher_exact([[23, 77], [4, 6]]).pvalue == pytest.approx(0.26, abs=0.005)
    assert compared(cells, [theirs(RELAPSED, None, None, count=10)])[0].status == INCONSISTENT
    rows = compared(cells, [theirs(RELAPSED, None, None, count=n) for n in (6, 6, 5)])
    [table] = tables(rows, ["relapse"], {})
    assert table.rows[0][-1] == "consistent (Fisher's exact test, p = 0.020, 0.060 corrected)"
    # A count of unknown seeds, or a mean in its place, can only be shown.
    for other in (theirs(RELAPSED, None, None, None, count=4), theirs(RELAPSED, 40.0, 49.0)):
        [row] = compared(cells, [other])
        assert (row.test, row.status) == ("", NOT_TESTED)


def test_a_published_seed_is_compared_with_what_one_of_ours_may_be():
    mine, single = ours(COMBINED, 50.0, 2.0), theirs(COMBINED, 56.0, None, None)
    [row] = compared([mine], [replace(single, seed=3)])
    expected = welch.compare_with_single(Summary(50.0, 2.0, 10), 56.0, 0.05)
    assert (row.test, row.status, row.n) == (SINGLE, INCONSISTENT, 10)
    assert row.p == row.p_corrected == welch.p_different(expected)
    [row] = compared([ours(COMBINED, 50.0, 0.0)], [replace(single, seed=3)])
    assert (row.status, row.reason) == (NOT_TESTABLE, "this study's seeds do not differ")


def test_a_published_mean_that_the_study_lacks_is_missing(tmp_path):
    published = [theirs(names.CLEAN, 50.0), theirs(COMBINED, 50.0), theirs("unheard", 1.0)]
    rows = compared([ours(names.CLEAN, 50.0), ours(names.STANDARD, 1.0)], published)
    assert [row.status for row in rows] == [CONSISTENT, MISSING, MISSING]
    assert verdict(rows).endswith("; 2 published means missing")
    write_rows(tmp_path / "comparison.parquet", rows, Compared)
    assert read_rows(tmp_path / "comparison.parquet", Compared) == rows


@pytest.mark.parametrize(("here", "there"), [(1, 10), (10, 1), (10, None)])
def test_one_seed_is_not_testable(here, there):
    rows = compared([ours(COMBINED, 50.0, n=here)], [theirs(COMBINED, 50.0, n=there)])
    assert rows[0].status == NOT_TESTABLE
    assert "fewer than two seeds" in rows[0].reason
    assert verdict(rows).startswith("not testable: no mean could be tested; ")


# The verdict passes the paper's own protocol, and rejects each of four others

KEPT = ROOT / "docs/values"
OTHERS = sorted((KEPT / "negative_controls").glob("*.parquet"))


@pytest.fixture
def judged(published, by_seed, paper):
    """Compare the values of a file as the paper's study does."""
    told = paper["reproduction"]

    def judged(path):
        values = read_rows(path, Value)
        of_study = (NUMBERS, told["alpha"], told["margin"])
        return compare(cells_of(values), values, published, by_seed, *of_study)

    return judged


def test_the_papers_protocol_is_consistent_with_the_published_run_as_the_readme_says(judged):
    assert verdict(judged(KEPT / "hundred.parquet")).startswith("consistent: ")
    said = verdict(judged(KEPT / "paper.parquet"))
    assert said.startswith("consistent: ")
    assert f"\n{said}\n" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_another_protocol_is_not(judged, path):
    rows = judged(path)
    assert verdict(rows).startswith("inconsistent: ")
    by = {row.test for row in rows if row.status == INCONSISTENT}
    # Half of the regrowth does as well as all of it: only the number of connections tells.
    assert bool(by & set(OF_MEANS)) == (path.stem != "half_ketamine")
    assert (CONSTANT in by) == (path.stem != "gain")


def test_single_published_runs_decide_if_nothing_else_was_published(judged):
    rows = [row for row in judged(KEPT / "paper.parquet") if row.test == SINGLE]
    single = [replace(row, status=CONSISTENT) for row in rows]
    one_off = [replace(single[0], status=INCONSISTENT), *single[1:]]
    assert verdict(single).startswith(f"consistent: {len(single)} of {len(single)} ")
    assert verdict(one_off).startswith(f"inconsistent: {len(single) - 1} of {len(single)} ")


# The file of published numbers

HEADER = "table,treatment,number,modulation,level,cycle,seed,mean,sd,min,max,count,n_seeds\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("table,treatment\n1,a\n", "lacks number, modulation, level, cycle, seed, mean, sd,"),
        (HEADER + "1,a\n", "line 2 does not have as many cells as the first line"),
        (HEADER + "1,a,clean,on,,,,inf,0.1,,,,10\n", "line 2 has the mean 'inf'; it must be a"),
        (HEADER + "1,a,clean,up,,,,1,,,,,10\n", "the modulation 'up'; it must be on or off"),
        (HEADER + 2 * "1,a,clean,on,,,,1,,,,,10\n", "line 3 repeats a, clean, on of 1"),
        (HEADER + "1,a,clean,on,,,,250,,,,,10\n", "the mean 250; it must be at least 0 and at"),
        (HEADER + "1,a,relapsed,on,,,,,,,,12,10\n", "the count 12; it must be at least 0 and at"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "published.csv"
    path.write_text(text)
    with pytest.raises(PipelineError) as error:
        read_published(path)
    assert str(error.value).startswith(f"{path}: ")
    assert sentence in str(error.value)
