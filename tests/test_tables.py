"""The tables: their content, and how they are typeset."""

import csv
import io

import pytest

from pipeline_lib.names import LONGITUDINAL, OFF, RELAPSED, SUMMARY
from pipeline_lib.numbers import Key
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.statistics_tables import statistics_tables
from pipeline_lib.reporting.tables import build
from pipeline_lib.reporting.typesetting import FORMATS
from tests.handmade import NUMBERS, cells_of, measured, results

LABELS = {"ketamine": "Ketamine-like", "ssri": "SSRI-like", "neurosteroid": "Neurosteroid-like"}
MEASURES = ("evaluate", "acute", "relapse")
MINUS = "\N{MINUS SIGN}"


@pytest.fixture(scope="module")
def ours(runs):
    # Not the published seeds, so that ours and theirs cannot be taken for each other.
    return [v for v in runs if v.seed < 6]


def tables(values, published=None, labels=LABELS):
    study = Results(cells_of(values), [], [], labels, 0.8, measures=MEASURES)
    return {table.name: table for table in build(study, values, published)}


def lines(table):
    """The cells of a Markdown table's rows, below its heads."""
    text = FORMATS["md"](table).splitlines()[4:]
    return [[part.strip() for part in line.strip("|").split("|")] for line in text]


def test_a_row_of_published_numbers_is_below_each_treatment(ours, published):
    rows = lines(tables(ours, published)["table_1"])
    assert [row[:2] for row in rows] == [
        [name, source] if source == "this study" else ["", source]
        for name in ("Untreated", *LABELS.values())
        for source in ("this study", "published")
    ]
    assert rows[5][2:] == ["95.0 ± 0.0", "97.5 ± 7.6", "95.7 ± 8.0", "81.3 ± 8.8"]


def test_table_4_counts_the_seeds_and_gives_n_if_a_mean_is_over_fewer(ours, published):
    ssri, theirs = lines(tables(ours, published)["table_4"])[2:4]
    assert theirs[2:] == [f"{MINUS}12.4 ± 8.3", "93.2 ± 2.0", "4 of 10", "6 of 10", "0.0"]
    assert ssri[4:] == ["2 of 6", "4 of 6", "0.0 ± 0.0 (n = 2)"]
    # Columns of other measures may follow.
    counted = f"“{NUMBERS[RELAPSED].heading}” counts relapses as the paper does"
    assert counted in tables(ours)[SUMMARY].caption


def test_csv_has_both_numbers_with_all_digits(ours, published):
    text = FORMATS["csv"](tables(ours, published)["table_3"])
    rows = {(row["treatment"], row["cycle"]): row for row in csv.DictReader(io.StringIO(text))}
    row, cell = rows["ssri", "7"], cells_of(ours)[Key("ssri", LONGITUDINAL, cycle=7)]
    theirs = [row[f"published_{name}"] for name in ("mean", "sd", "n")]
    assert theirs == ["92.6", "2.6", "10"]
    assert [float(row[name]) for name in ("mean", "sd", "n")] == [cell.mean, cell.sd, cell.n]


def test_tables_without_numbers_say_so(runs):
    table = tables([v for v in runs if v.modulation != OFF])["state_dependence"]
    sentence = "No treatment of this study was measured with its modulation off."
    assert FORMATS["md"](table) == f"**State dependence.** {sentence}\n"
    for table in tables([]).values():
        assert all(text(table) for text in FORMATS.values())


def test_spreadsheets_do_not_evaluate_labels_and_keep_negative_numbers(ours):
    text = FORMATS["csv"](tables(ours, labels=LABELS | {"ssri": "=1+1"})["table_4"])
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["treatment"] == "ssri"]
    assert {row["label"] for row in rows} == {"'=1+1"}
    assert float(rows[0]["mean"]) < 0


def test_responses_tests_of_relapse_and_pairs_have_tables():
    courses = {
        "first": [[70.0, 95.0], [70.0, 75.0], [95.0, 95.0]],
        "second": [[95.0, 70.0], [95.0, 95.0], [95.0, 95.0]],
    }
    _, response, log_rank, planned, paired = statistics_tables(results(measured(courses)))
    counts = [[text.split(" (")[0] for text in line] for line in lines(response)]
    assert counts[0][3:] == ["1 of 3", "1 of 3", "0 of 1"]
    assert counts[1][3:] == ["3 of 3", "0 of 3", "1 of 3"]
    assert lines(log_rank)[0][:4] == ["First", "Second", "0 of 1", "1 of 3"]
    row = lines(paired)[0]
    assert row[:3] == ["Standard", "First", "Second"]
    assert row[3].startswith(f"{MINUS}16.7 (")
    assert {tuple(row[1:3]) for row in lines(planned)} == {("First", "Second")}
