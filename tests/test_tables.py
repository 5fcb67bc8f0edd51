"""The tables: their content, and how they are typeset."""

from __future__ import annotations

import csv
import io

import pytest

from pipeline_lib import measures
from pipeline_lib.analysis.intervals import proportion_interval
from pipeline_lib.analysis.published import read_published
from pipeline_lib.measures import switch, value
from pipeline_lib.names import (
    HEALTHY,
    LONGITUDINAL,
    OFF,
    SUMMARY,
    UNTREATED,
)
from pipeline_lib.numbers import Key, Number, TableSpec
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.statistics_tables import statistics_tables
from pipeline_lib.reporting.tables import build
from pipeline_lib.reporting.typesetting import FORMATS, Column, Table
from tests.handmade import REFERENCE, cells_of, completed, measured, reference_runs, results

pytestmark = pytest.mark.filterwarnings("error")
LABELS = {"ketamine": "Ketamine-like", "ssri": "SSRI-like", "neurosteroid": "Neurosteroid-like"}
MEASURES = ("evaluate", "acute", "relapse")
NAMES = [spec.name for spec in measures.tables(MEASURES)]
NONE, MINUS = "\N{EM DASH}", "\N{MINUS SIGN}"


@pytest.fixture(scope="module")
def runs():
    return reference_runs()


@pytest.fixture(scope="module")
def published():
    return read_published(REFERENCE / "published.csv")


@pytest.fixture(scope="module")
def ours(runs):
    # Not the published seeds, so that ours and theirs cannot be taken for each other.
    return [v for v in runs if v.seed < 6]


def tables(values, published=None, labels=LABELS, names=MEASURES):
    study = Results(cells_of(values), [], [], labels, 0.8, measures=names)
    return {table.name: table for table in build(study, values, published)}


def lines(table):
    """The cells of a Markdown table's rows, below its heads."""
    text = FORMATS["md"](table).splitlines()[4:]
    return [[part.strip() for part in line.strip("|").split("|")] for line in text]


def renamed(values, old, new):
    """The values of one treatment again, as those of another."""
    return [
        value(v.seed, v.key._replace(treatment=new), v.value) for v in values if v.treatment == old
    ]


def test_the_papers_tables_come_first_and_the_summary_last(ours):
    assert list(tables(ours)) == NAMES
    assert NAMES[:4] == ["table_1", "table_2", "table_3", "table_4"]
    assert NAMES[-1] == SUMMARY


# What stands in them


def test_a_row_of_published_numbers_is_below_each_treatment(ours, published):
    rows = lines(tables(ours, published)["table_1"])
    assert [row[:2] for row in rows] == [
        [name, source] if source == "this study" else ["", source]
        for name in ("Untreated", *LABELS.values())
        for source in ("this study", "published")
    ]
    assert rows[5][2:] == ["95.0 ± 0.0", "97.5 ± 7.6", "95.7 ± 8.0", "81.3 ± 8.8"]
    assert rows[4][5] != rows[5][5]


def test_a_published_column_is_beside_each_treatment_by_cycle(ours, published):
    rows = lines(tables(ours, published)["table_3"])
    assert [row[0] for row in rows] == [str(cycle) for cycle in range(9)]
    assert rows[7][4] == "92.6 ± 2.6"
    cell = cells_of(ours)[Key("ssri", LONGITUDINAL, cycle=7)]
    assert rows[7][3] == f"{cell.mean:.1f} ± {cell.sd:.1f}"


def test_table_4_counts_the_seeds_and_gives_n_if_a_mean_is_over_fewer(ours, published):
    ssri, theirs = lines(tables(ours, published)["table_4"])[2:4]
    assert theirs[2:] == [f"{MINUS}12.4 ± 8.3", "93.2 ± 2.0", "4 of 10", "6 of 10", "0.0"]
    assert ssri[4:] == ["2 of 6", "4 of 6", "0.0 ± 0.0 (n = 2)"]
    assert " of 6 seeds (published: 10)." in tables(ours, published)["table_4"].caption


def test_state_dependence_shows_treatments_measured_with_modulation_on_and_off(runs, published):
    table = tables(runs, published)["state_dependence"]
    rows = lines(table)
    assert [row[:2] for row in rows] == [["Neurosteroid-like", "this study"], ["", "published"]]
    heads = ["Combined stress", "Combined stress, off", "σ = 2.5", "σ = 2.5, off"]
    assert [column.head for column in table.columns[2:]] == heads
    assert rows[0][2:] == ["97.8 ± 0.1", "68.8 ± 9.9", "41.2 ± 1.0", "51.9 ± 2.8"]


def test_a_range_published_with_table_3_is_shown_with_the_ranges(ours, published):
    last = lines(tables(ours, published)["range_by_cycle"])[8]
    assert last[6] == "49.6\N{EN DASH}97.7"
    assert last[5] != last[6]


def test_seeds_that_relapsed_here_or_in_the_published_run_are_listed(ours, published):
    rows = lines(tables(ours, published)["relapse_cycle_by_seed"])
    assert [row[0] for row in rows] == ["3", "5", "6", "7", "9"]
    assert rows[0] == ["3", NONE, NONE, "0", "0", NONE, NONE]
    assert rows[2] == ["6", NONE, NONE, NONE, "0", NONE, "8"]


def test_the_summary_has_one_row_for_each_state(runs):
    values = [*renamed(runs, UNTREATED, HEALTHY), *runs]
    table = tables(values)[SUMMARY]
    rows = lines(table)
    assert [row[0] for row in rows] == ["Healthy", "Untreated", *LABELS.values()]
    numbers = ["47.5 ± 0.0", "97.3 ± 0.2", "81.7 ± 3.0", "0.0 ± 0.4", "97.6 ± 0.4"]
    assert rows[2][1:] == [*numbers, "10 of 10", "0 of 10", "0 of 10"]
    assert rows[3][-3:] == ["6 of 10", "0 of 6", "4 of 10"]
    assert [column.head for column in table.columns][3] == "σ = 2.5"


def test_labels_give_names_and_order_and_unlabelled_treatments_keep_their_names(ours):
    rows = lines(tables(ours, labels={"ssri": "Slow", "ketamine": "Fast"})["table_1"])
    assert [row[0] for row in rows] == ["Untreated", "Slow", "Fast", "neurosteroid"]


def test_csv_has_both_numbers_with_all_digits(ours, published):
    text = FORMATS["csv"](tables(ours, published)["table_3"])
    (row,) = (
        row
        for row in csv.DictReader(io.StringIO(text))
        if (row["treatment"], row["cycle"]) == ("ssri", "7")
    )
    theirs = [row[f"published_{name}"] for name in ("mean", "sd", "n")]
    assert theirs == ["92.6", "2.6", "10"]
    cell = cells_of(ours)[Key("ssri", LONGITUDINAL, cycle=7)]
    for name in ("mean", "sd", "min", "max", "n"):
        assert float(row[name]) == getattr(cell, name)
    assert row["label"] == "SSRI-like"


def test_the_number_of_a_new_measure_is_in_its_table_and_in_the_summary(ours, monkeypatch):
    number = Number("new", "New", unit="", decimals=3, tables=("new", "by_cycle", SUMMARY))
    cycles = Number("new_cycles", "Newer", by="cycle", tables=("by_cycle",))
    monkeypatch.setattr(switch, "NUMBERS", (number, cycles))
    specs = (TableSpec("new", "New", "{over}."), TableSpec("by_cycle", "By", "", rows="cycles"))
    monkeypatch.setattr(switch, "TABLES", specs)
    new = [value(seed, Key("ssri", "new"), 0.1 + seed) for seed in range(3)]
    new += [value(0, Key("ssri", "new_cycles", cycle=cycle), 5.0) for cycle in (0, 1)]
    built = tables([*ours, *new], names=[*MEASURES, "switch"])
    assert lines(built["new"]) == [["SSRI-like", "1.100 ± 0.816"]]
    assert built[SUMMARY].columns[-1].head == "New"
    assert [row[2] for row in lines(built["by_cycle"])] == ["5.0"] * 2


# Studies unlike the paper's


def test_without_published_numbers_the_tables_show_ours_only(ours):
    for table in tables(ours).values():
        for form, text in FORMATS.items():
            assert "ublished" not in text(table), (table.name, form)
    assert lines(tables(ours)["table_1"])[0][0] == "Untreated"


def test_treatments_that_only_one_side_has_are_shown_or_left_out(runs, published):
    new = renamed(runs, "ssri", "new")
    rows = lines(tables([*runs, *new], published)["table_1"])
    assert [row[:2] for row in rows[-2:]] == [["", "published"], ["new", "this study"]]
    kept = [v for v in runs if v.treatment != "ssri"]
    for table in tables(kept, published).values():
        assert "SSRI" not in FORMATS["md"](table)


def test_tables_without_numbers_say_so(runs, published):
    kept = [v for v in runs if v.modulation != OFF]
    table = tables(kept, published)["state_dependence"]
    sentence = "No treatment of this study was measured with its modulation off."
    assert FORMATS["md"](table) == f"**State dependence.** {sentence}\n"
    assert sentence in FORMATS["tex"](table)
    assert "tabular" not in FORMATS["tex"](table)
    assert FORMATS["csv"](table).startswith("treatment,number,modulation,level,cycle,seed,label,")
    trajectories = [v for v in runs if v.number == LONGITUDINAL]
    healthy = tables(completed(trajectories, threshold=0.1))["relapse_cycle_by_seed"]
    assert FORMATS["md"](healthy) == "**Relapse cycle by seed.** No seed relapsed.\n"
    for table in tables([]).values():
        assert table.rows == []
        assert all(text(table) for text in FORMATS.values())


def test_one_seed_has_no_sd(runs):
    table = tables([v for v in runs if v.seed == 0])["table_1"]
    assert "±" not in FORMATS["md"](table)
    assert "the value of 1 seed." in table.caption


def test_any_sweep_and_any_number_of_cycles_can_be_shown(runs, published):
    other = [
        value(v.seed, v.key._replace(level=10.0 if v.level == 2.5 else v.level), v.value)
        for v in runs
        if v.cycle is None or v.cycle <= 2
    ]
    built = tables(other, published)
    heads = [column.head for column in built["table_2"].columns]
    assert heads[2:] == ["σ = 0.0", "σ = 0.5", "σ = 1.0", "σ = 1.5", "σ = 10.0"]
    assert [row[0] for row in lines(built["table_3"])] == ["0", "1", "2"]
    assert lines(built["table_2"])[1][-1] == NONE


# How they are read


def test_labels_are_escaped(ours):
    labels = {"ssri": "A|B_*C*", "ketamine": r"50% & $x$ #1 {y} ~^\z", "neurosteroid": "<b>"}
    table = tables(ours, labels=labels)["table_1"]
    text = FORMATS["md"](table)
    assert r"A\|B\_\*C\*" in text
    assert r"\<b>" in text
    latex = FORMATS["tex"](table)
    assert r"A\textbar{}B\_*C*" in latex
    assert r"50\% \& \$x\$ \#1 \{y\} \textasciitilde \textasciicircum \textbackslash z" in latex
    assert r"\textless{}b\textgreater{}" in latex
    heads = FORMATS["tex"](tables(ours, labels=labels)["table_3"])
    assert r"A\textbar{}B\_*C* & 50\% \& \$x\$ \#1" in heads


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_spreadsheets_do_not_evaluate_labels_and_keep_negative_numbers(ours, label):
    text = FORMATS["csv"](tables(ours, labels=LABELS | {"ssri": label})["table_4"])
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["treatment"] == "ssri"]
    assert {row["label"] for row in rows} == {f"'{label}"}
    assert float(rows[0]["mean"]) < 0


@pytest.mark.parametrize("name", NAMES)
def test_markdown_and_latex_have_as_many_cells_in_each_line_as_heads(ours, published, name):
    table = tables(ours, published)[name]
    grid = FORMATS["md"](table).splitlines()[2:]
    assert len(grid) > 2
    assert len({line.count("|") for line in grid}) == 1
    assert len({len(line) for line in grid}) == 1
    text = FORMATS["tex"](table)
    assert text.isascii()
    for part in (r"\toprule", r"\midrule", r"\bottomrule", r"\end{tabular}", r"\end{table}"):
        assert text.count(part) == 1
    assert text.count("{") == text.count("}")
    kinds = text.split(r"\begin{tabular}{@{}")[1].split("@{}}")[0]
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(rows) == len(table.rows)
    assert {line.count(" & ") + 1 for line in rows} == {len(kinds)}


def test_latex_sets_a_treatments_two_columns_under_one_head(ours, published):
    text = FORMATS["tex"](tables(ours, published)["table_3"])
    for name in LABELS.values():
        assert rf"\multicolumn{{2}}{{c}}{{{name}}}" in text
    assert "Cycle & this study & published & this study" in text


def test_captions_and_signs_are_escaped_for_latex(ours):
    signs = f"95 % & {MINUS}1 σ χ²"
    table = Table("a_b", "T_1", signs, [Column("χ²", stub=True)], [[[signs]]])
    text = FORMATS["tex"](table)
    assert text.isascii()
    assert text.count(r"95 \% \& $-$1 $\sigma$ $\chi$$^2$") == 2
    assert r"\textbf{T\_1.}" in text
    assert r"\label{tab:a-b}" in text


# The statistics


def test_responses_tests_of_relapse_and_pairs_have_tables():
    courses = {
        "first": [[70.0, 95.0], [70.0, 75.0], [95.0, 95.0]],
        "second": [[95.0, 70.0], [95.0, 95.0], [95.0, 95.0]],
    }
    claims, response, log_rank, planned, paired = statistics_tables(results(measured(courses)))
    assert claims.shown_caption == "This study makes no claim."
    heads = ["Responded", "Slow responders", "Relapsed after response"]
    assert [column.head for column in response.columns][3:] == heads
    counts = [[text.split(" (")[0] for text in line] for line in lines(response)]
    assert counts[0][3:] == ["1 of 3", "1 of 3", "0 of 1"]
    assert counts[1][3:] == ["3 of 3", "0 of 3", "1 of 3"]
    low, high = proportion_interval(1, 3)
    assert lines(response)[0][3] == f"1 of 3 ({low:.1f} to {high:.1f}\N{NO-BREAK SPACE}%)"
    assert lines(log_rank)[0][:4] == ["First", "Second", "0 of 1", "1 of 3"]
    row = lines(paired)[0]
    assert row[:3] == ["Standard", "First", "Second"]
    assert row[3].startswith(f"{MINUS}16.7 (")
    assert row[5] == "17 %"
    assert row[-2] == "0.500"
    assert {tuple(row[1:3]) for row in lines(planned)} == {("First", "Second")}
    assert len(lines(planned)) < len(lines(paired))
    header, first, *_ = FORMATS["csv"](paired).splitlines()
    assert header.startswith("treatment,other,number,level,n,mean,mean_other,difference,")
    assert first.startswith("first,second,standard,,3,78.3")
