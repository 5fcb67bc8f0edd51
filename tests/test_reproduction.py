"""The comparison with published numbers: what is tested, how, and what is said of the rest."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from pipeline_lib.analysis import welch
from pipeline_lib.analysis.published import read_published, read_runs, rounding
from pipeline_lib.analysis.reproduction import COLUMNS, compare, verdict
from pipeline_lib.analysis.statistics import CELL_COLUMNS, cells, frame
from pipeline_lib.analysis.survival import relapse_counts, relapse_times
from pipeline_lib.analysis.welch import Sample
from pipeline_lib.errors import PipelineError
from pipeline_lib.reporting.comparison_report import report

pytestmark = pytest.mark.filterwarnings("error")
REFERENCE = Path(__file__).parents[1] / "reference"
ALPHA, MARGIN = 0.05, 0.02
LABELS = {"ketamine": "Ketamine-like", "ssri": "SSRI-like", "neurosteroid": "Neurosteroid-like"}


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return read_runs(REFERENCE / "reference_runs.csv")


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return read_published(REFERENCE / "published.csv")


@pytest.fixture(scope="module")
def faithful(runs, published) -> pd.DataFrame:
    return compare(cells(runs, 0.8), published, ALPHA, MARGIN)


def cell(metric, mean, sd=1.0, n=10, table="1", low=None, high=None):
    return (table, "a", metric, None, mean, sd, low, high, n)


def table(*rows):
    return frame(rows, CELL_COLUMNS)


def one(comparison, metric):
    rows = comparison[comparison["metric"] == metric]
    assert len(rows) == 1
    return rows.iloc[0]


# What is tested


def test_published_means_with_an_sd_are_the_family_and_the_rest_is_shown(faithful, published):
    assert len(faithful) == len(published)
    assert tuple(faithful.columns) == COLUMNS
    family = published["mean"].notna() & published["sd"].notna()
    assert (faithful["p_holm"].notna() == family).all()
    assert set(faithful[~family]["status"]) == {"not tested"}
    reasons = faithful[~family].groupby("metric")["reason"].unique().map(list).to_dict()
    assert reasons["seeds_relapsed"] == reasons["seeds_without_relapse"] == ["a count"]
    assert reasons["combined_over_untreated"] == reasons["mean_relapse_cycle"] == ["no SD"]
    assert reasons["seed_3"] == ["a single seed"]
    assert reasons["combined"] == ["a range"]


def test_the_published_runs_are_consistent_with_what_was_published(faithful):
    assert verdict(faithful) == (
        "101 of 101 published means consistent (Holm-corrected, alpha 0.05;"
        " 69 of 101 equivalent within 2 percentage points)"
    )


def test_a_row_is_welchs_comparison_of_ours_minus_published():
    ours, theirs = cell("combined", 81.0, 9.0, 12), cell("combined", 76.0, 3.0, 7)
    row = one(compare(table(ours), table(theirs), 0.1, 0.03), "combined")
    expected = welch.compare(Sample(81.0, 9.0, 12), Sample(76.0, 3.0, 7), rounding("combined"))
    assert row["difference"] == 5.0
    assert (row["low"], row["high"]) == welch.interval(expected, 0.9)
    assert row["p"] == row["p_holm"] == welch.p_different(expected)
    assert row["p_equivalent"] == welch.p_equivalent(expected, 3.0)
    assert row["detectable"] == row["detectable_in_family"] == welch.detectable(expected, 0.1)
    assert (row["alpha"], row["margin"]) == (0.1, 0.03)


def test_printed_rounding_is_half_of_the_last_digit(published):
    assert rounding("combined") == 0.05
    numbers = published[["mean", "sd", "min", "max"]].stack().dropna()
    assert (numbers == numbers.round(1)).all()


def test_means_are_corrected_as_one_family():
    names = [f"m{index}" for index in range(20)]
    theirs = table(*(cell(name, 50.0) for name in names))
    ours = table(cell("m0", 51.2), *(cell(name, 50.0) for name in names[1:]))
    comparison = compare(ours, theirs, ALPHA, MARGIN)
    row = one(comparison, "m0")
    assert row["p"] < ALPHA < row["p_holm"] == pytest.approx(20 * row["p"])
    assert row["status"] == "consistent"
    assert row["detectable_in_family"] > row["detectable"]
    alone = compare(ours, theirs[:1], ALPHA, MARGIN)
    assert one(alone, "m0")["status"] == "inconsistent"


def test_a_mean_that_is_elsewhere_is_inconsistent(runs, published):
    wrong = runs.copy()
    shifted = (wrong["treatment"] == "ssri") & (wrong["metric"] == "internal_2.5")
    wrong.loc[shifted, "value"] += 8.0
    comparison = compare(cells(wrong, 0.8), published, ALPHA, MARGIN)
    found = comparison[comparison["status"] == "inconsistent"]
    assert found[["treatment", "metric"]].values.tolist() == [["ssri", "internal_2.5"]]
    assert verdict(comparison).startswith("100 of 101 published means consistent")
    assert "; 1 inconsistent)" in verdict(comparison)


def test_a_sparsity_without_scatter_is_consistent_only_within_the_rounding():
    theirs = table(cell("sparsity", 95.0, 0.0))
    for mean, status in ((95.05, "consistent"), (94.95, "consistent"), (95.06, "inconsistent")):
        comparison = compare(table(cell("sparsity", mean, 0.0)), theirs, ALPHA, MARGIN)
        assert one(comparison, "sparsity")["status"] == status


def test_consistent_is_not_equivalent():
    noisy, steady = cell("noisy", 50.0, 20.0), cell("steady", 50.0, 0.5)
    comparison = compare(table(noisy, steady), table(noisy, steady), ALPHA, MARGIN)
    assert set(comparison["status"]) == {"consistent"}
    assert comparison["equivalent"].tolist() == [False, True]
    wide = compare(table(noisy, steady), table(noisy, steady), ALPHA, 0.3)
    assert wide["equivalent"].tolist() == [True, True]
    assert "2 of 2 equivalent within 30 percentage points" in verdict(wide)


# Studies unlike the published one


def test_a_published_mean_that_the_study_lacks_is_missing():
    comparison = compare(
        table(cell("a", 50.0)), table(cell("a", 50.0), cell("b", 50.0)), ALPHA, MARGIN
    )
    assert one(comparison, "b")["status"] == "missing"
    assert verdict(comparison) == (
        "1 of 2 published means consistent (Holm-corrected, alpha 0.05;"
        " 1 of 1 equivalent within 2 percentage points; 1 missing)"
    )


def test_a_number_that_was_not_published_is_left_out():
    comparison = compare(
        table(cell("a", 50.0), cell("new", 1.0)), table(cell("a", 50.0)), ALPHA, MARGIN
    )
    assert comparison["metric"].tolist() == ["a"]


@pytest.mark.parametrize(("here", "there"), [(1, 10), (10, 1), (10, None)])
def test_one_seed_is_not_testable(here, there):
    comparison = compare(
        table(cell("a", 50.0, n=here)), table(cell("a", 50.0, n=there)), ALPHA, MARGIN
    )
    row = one(comparison, "a")
    assert row["status"] == "not testable"
    assert "fewer than two seeds" in row["reason"]
    assert verdict(comparison) == (
        "0 of 1 published means consistent (Holm-corrected, alpha 0.05; 1 not testable)"
    )
    assert "fewer than two seeds" in report(comparison, {})


def test_a_study_in_which_nobody_relapsed_lacks_no_number(runs, published):
    kept = runs[runs["metric"] != "longitudinal_combined"]
    cycles = runs[runs["metric"] == "longitudinal_combined"].assign(value=90.0)
    comparison = compare(cells(pd.concat([kept, cycles]), 0.8), published, ALPHA, MARGIN)
    row = one(comparison, "seed_3")
    assert (row["status"], row["reason"]) == ("not tested", "no such relapse in this study")


def test_an_empty_file_of_published_numbers_is_said_to_be_empty():
    comparison = compare(table(cell("a", 50.0)), table(), ALPHA, MARGIN)
    assert verdict(comparison) == "no published mean with an SD to compare with"
    assert verdict(comparison) in report(comparison, {})


# The report


def test_the_report_shows_both_numbers_the_interval_and_the_answers(faithful):
    text = report(faithful, LABELS)
    assert text.startswith("# Reproduction of the published numbers\n\n**101 of 101 published")
    first = text[text.index("## Table 1") : text.index("## Table 2")].splitlines()
    line = next(line for line in first if "SSRI-like" in line and "Combined stress" in line)
    parts = [part.strip() for part in line.strip("|").split("|")]
    assert parts[2:4] == ["81.3 ± 8.8"] * 2
    assert re.fullmatch(r"[+\N{MINUS SIGN}]0\.0\d \(\N{MINUS SIGN}8\.\d\d to \+8\.\d\d\)", parts[4])
    assert parts[5] == "1.000"
    assert parts[8] == "consistent"
    assert "interval at 95 %, widened by half a printed digit on both sides" in text
    assert "two one-sided Welch tests, each mean by itself at 0.05" in text


def test_the_report_shows_what_is_not_tested(faithful):
    text = report(faithful, LABELS)
    untested = text[text.index("## Range") : text.index("## Sparsity")]
    assert "Shown, not tested." in untested
    assert "65.5\N{EN DASH}92.5" in untested
    assert "4 of 10" in text


def test_the_report_has_a_section_for_a_table_it_has_never_heard_of():
    row = cell("gain|x", 50.0, table="new_table")
    text = report(compare(table(row), table(row), ALPHA, MARGIN), {})
    assert "## new_table" in text
    assert r"gain\|x" in text


# The file of published numbers

HEADER = "source,table,treatment,metric,cycle,mean,sd,min,max,n_seeds\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "there is no such file"),
        ("", "not a CSV file"),
        ("table,treatment\n1,a\n", "it lacks metric, cycle, mean, sd, min, max, n_seeds;"),
        (HEADER + "paper,1,a,clean,,high,0.1,,,10\n", "mean is 'high'; it must be a number"),
        (HEADER + "paper,1,a,clean,,inf,0.1,,,10\n", "mean is 'inf'; it must be a number"),
        (HEADER + "paper,1,a,clean,0.5,1,0.1,,,10\n", "cycle has fractions"),
        (HEADER + "p,1,a,clean,,1,,,,10\np,1,a,clean,,2,,,,10\n", "every number must stand once"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "published.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PipelineError) as error:
        read_published(path)
    assert str(error.value).startswith(f"{path}: ")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_the_published_file_is_read_as_numbers(published):
    assert tuple(published.columns) == CELL_COLUMNS
    assert len(published) == 144
    assert published[["mean", "sd", "min", "max"]].notna().sum().sum() == 273
    assert str(published["cycle"].dtype) == "Int64"


def test_every_published_ssri_relapse_is_a_failed_treatment(runs):
    counts = relapse_counts(relapse_times(runs, 0.8)).set_index("treatment")
    assert counts[["at_cycle_0", "later"]].T.to_dict("list") == {
        "ketamine": [0, 0],
        "ssri": [4, 0],
        "neurosteroid": [0, 2],
    }


def test_the_lowest_published_seed_and_cycle_of_ketamine_and_of_ssri(runs):
    rows = runs[runs["metric"] == "longitudinal_combined"]
    lowest = rows.groupby("treatment")["value"].min()
    assert [f"{lowest[name]:.1f}" for name in ("ketamine", "ssri")] == ["96.6", "65.5"]
