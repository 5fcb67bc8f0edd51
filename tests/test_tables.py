"""The tables: what stands in them, and how they are read."""

from __future__ import annotations

import io
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from pipeline_lib.analysis.published import read_published, read_runs
from pipeline_lib.analysis.statistics import cells
from pipeline_lib.files import rows as metrics
from pipeline_lib.reporting.tables import FORMATS, TABLES, build

pytestmark = pytest.mark.filterwarnings("error")
ROOT = Path(__file__).parents[1]
LABELS = {"ketamine": "Ketamine-like", "ssri": "SSRI-like", "neurosteroid": "Neurosteroid-like"}


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return read_runs(ROOT / "reference" / "reference_runs.csv")


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return read_published(ROOT / "reference" / "published.csv")


@pytest.fixture(scope="module")
def ours(runs) -> pd.DataFrame:
    # Not the published seeds, so that ours and theirs cannot be taken for each other.
    return cells(runs[runs["seed"] < 6], 0.8)


def tables(ours, published=None, labels=LABELS):
    return {table.name: table for table in build(ours, published, labels)}


def lines(table):
    """The cells of a Markdown table's rows, below its heads."""
    text = FORMATS["md"](table).splitlines()[4:]
    return [[part.strip() for part in line.strip("|").split("|")] for line in text]


def test_the_papers_tables_and_the_others_are_built(ours, published):
    assert tuple(tables(ours, published)) == TABLES
    assert set(TABLES) >= {"table_1", "table_2", "table_3", "table_4", "summary"}


# What stands in them


def test_a_row_of_published_numbers_stands_below_each_treatment(ours, published):
    rows = lines(tables(ours, published)["table_1"])
    assert [row[:2] for row in rows] == [
        [name, source] if source == "this study" else ["", source]
        for name in ("Untreated", *LABELS.values())
        for source in ("this study", "published")
    ]
    assert rows[5][2:] == ["95.0 ± 0.0", "97.5 ± 7.6", "95.7 ± 8.0", "81.3 ± 8.8"]
    assert rows[4][5] != rows[5][5]


def test_a_published_column_stands_beside_each_treatment_by_cycle(ours, published):
    rows = lines(tables(ours, published)["table_3"])
    assert [row[0] for row in rows] == [str(cycle) for cycle in range(9)]
    assert rows[7][4] == "92.6 ± 2.6"
    ssri = ours[(ours["table"] == "3") & (ours["treatment"] == "ssri") & (ours["cycle"] == 7)]
    assert rows[7][3] == f"{ssri['mean'].iloc[0]:.1f} ± {ssri['sd'].iloc[0]:.1f}"


def test_table_4_counts_the_seeds(ours, published):
    ssri, theirs = lines(tables(ours, published)["table_4"])[2:4]
    assert theirs[2:] == ["\N{MINUS SIGN}12.4 ± 8.3", "93.2 ± 2.0", "4 of 10", "6 of 10", "0.0"]
    assert ssri[4:6] == ["2 of 6", "4 of 6"]


def test_state_dependence_shows_the_modulation_on_and_off(runs, published):
    row = lines(tables(cells(runs, 0.8), published)["state_dependence"])[0]
    assert row[2:] == ["97.8 ± 0.1", "68.8 ± 9.9", "41.2 ± 1.0", "51.9 ± 2.8"]


def test_a_range_that_was_published_in_table_3_stands_among_the_ranges(ours, published):
    last = lines(tables(ours, published)["range_by_cycle"])[8]
    assert last[6] == "49.6\N{EN DASH}97.7"
    assert last[5] != last[6]


def test_seeds_that_relapsed_here_or_in_the_published_run_are_listed(ours, published):
    rows = lines(tables(ours, published)["relapse_cycle_by_seed"])
    none = "\N{EM DASH}"
    assert [row[0] for row in rows] == ["3", "5", "6", "7", "9"]
    assert rows[0] == ["3", none, none, "0", "0", none, none]
    assert rows[2] == ["6", none, none, none, "0", none, "8"]


def test_the_summary_has_one_row_for_each_state(runs, ours):
    healthy = runs[runs["treatment"] == "untreated"].assign(treatment="healthy")
    rows = lines(tables(cells(pd.concat([runs, healthy]), 0.8))["summary"])
    assert [row[0] for row in rows] == ["Healthy", "Untreated", *LABELS.values()]
    assert rows[2][1:] == [
        "47.5 ± 0.0",
        "97.3 ± 0.2",
        "81.7 ± 3.0",
        "0.0 ± 0.4",
        "97.6 ± 0.4",
        "0 of 10",
    ]


def test_labels_give_names_and_order_and_a_treatment_without_one_keeps_its_name(ours):
    rows = lines(tables(ours, labels={"ssri": "Slow", "ketamine": "Fast"})["table_1"])
    assert [row[0] for row in rows] == ["Untreated", "Slow", "Fast", "neurosteroid"]


def test_csv_has_both_numbers_side_by_side_with_every_digit(ours, published):
    table = tables(ours, published)["table_3"]
    read = pd.read_csv(io.StringIO(FORMATS["csv"](table)))
    row = read[(read["treatment"] == "ssri") & (read["cycle"] == 7)].iloc[0]
    assert row[["published_mean", "published_sd", "published_n_seeds"]].tolist() == [92.6, 2.6, 10]
    exact = ours[(ours["table"] == "3") & (ours["treatment"] == "ssri") & (ours["cycle"] == 7)]
    names = ["mean", "sd", "min", "max", "n_seeds"]
    assert row[names].tolist() == exact.iloc[0][names].tolist()
    assert row["label"] == "SSRI-like"


def test_captions_say_how_many_seeds_and_which_sd(ours, published):
    caption = tables(ours, published)["table_1"].caption
    assert caption.startswith("Per cent; mean ± population SD of 6 seeds (published: 10).")
    assert "of 6 seeds." in tables(ours)["table_1"].caption
    assert "percentage points" in tables(ours)["acute_relapse"].caption


# Studies unlike the paper's


def test_without_published_numbers_the_tables_show_ours_alone(ours):
    for table in tables(ours).values():
        for form, text in FORMATS.items():
            assert "ublished" not in text(table), (table.name, form)
    assert lines(tables(ours)["table_1"])[0][0] == "Untreated"


def test_a_treatment_that_was_not_published_has_a_row_of_its_own(runs, published):
    new = runs[runs["treatment"] == "ssri"].assign(treatment="new")
    rows = lines(tables(cells(pd.concat([runs, new]), 0.8), published)["table_1"])
    assert [row[:2] for row in rows[-2:]] == [["", "published"], ["new", "this study"]]


def test_a_treatment_that_the_study_lacks_is_left_out(runs, published):
    kept = cells(runs[runs["treatment"] != "ssri"], 0.8)
    for table in tables(kept, published).values():
        assert "SSRI" not in FORMATS["md"](table)


def test_a_study_without_withdrawal_says_so(runs, published):
    kept = runs[~runs["metric"].str.startswith("off_medication")]
    table = tables(cells(kept, 0.8), published)["state_dependence"]
    sentence = "No treatment of this study was measured with its modulation off."
    assert FORMATS["md"](table) == f"**State dependence.** {sentence}\n"
    assert sentence in FORMATS["tex"](table)
    assert "tabular" not in FORMATS["tex"](table)
    assert FORMATS["csv"](table).startswith("table,treatment,metric,cycle,label,mean")


def test_a_study_in_which_no_seed_relapsed_says_so(runs):
    table = tables(cells(runs, 0.1))["relapse_cycle_by_seed"]
    assert FORMATS["md"](table) == "**Relapse cycle by seed.** No seed relapsed.\n"


def test_no_measurements_are_tables_that_say_so(ours):
    for table in tables(ours[:0]).values():
        for text in FORMATS.values():
            assert text(table)


def test_one_seed_has_no_sd(runs):
    table = tables(cells(runs[runs["seed"] == 0], 0.8))["table_1"]
    assert "±" not in FORMATS["md"](table)
    assert "the value of 1 seed." in table.caption


def test_another_sweep_and_another_number_of_cycles_are_shown(runs, published):
    renamed = runs.replace({"metric": {"internal_2.5": "internal_10.0"}})
    fewer = renamed[~(renamed["cycle"] > 2).fillna(value=False)]
    built = tables(cells(fewer, 0.8), published)
    heads = [column.head for column in built["table_2"].columns]
    assert heads[2:] == ["σ = 0.0", "σ = 0.5", "σ = 1.0", "σ = 1.5", "σ = 10.0"]
    assert [row[0] for row in lines(built["table_3"])] == ["0", "1", "2"]
    assert lines(built["table_2"])[1][-1] == "\N{EM DASH}"


# How they are read


def test_labels_are_escaped(ours):
    labels = {"ssri": "A|B_*C*", "ketamine": r"50% & $x$ #1 {y} ~^\z", "neurosteroid": "<b>"}
    table = tables(ours, labels=labels)["table_1"]
    text = FORMATS["md"](table)
    assert r"A\|B\_\*C\*" in text
    assert r"\<b>" in text
    latex = FORMATS["tex"](table)
    assert r"A\textbar{}B\_*C*" in latex
    assert r"50\% \& \$x\$ \#1 \{y\} \textasciitilde{}\textasciicircum{}\textbackslash{}z" in latex


@pytest.mark.parametrize("name", TABLES)
def test_markdown_has_as_many_cells_in_each_line_as_heads(ours, published, name):
    text = FORMATS["md"](tables(ours, published)[name])
    grid = text.splitlines()[2:]
    assert len(grid) > 2
    assert len({line.count("|") for line in grid}) == 1
    assert len({len(line) for line in grid}) == 1


@pytest.mark.parametrize("name", TABLES)
def test_latex_is_a_whole_booktabs_table_in_ascii(ours, published, name):
    text = FORMATS["tex"](tables(ours, published)[name])
    assert text.isascii()
    for part in (r"\toprule", r"\midrule", r"\bottomrule", r"\end{tabular}", r"\end{table}"):
        assert text.count(part) == 1
    assert text.count("{") == text.count("}")
    kinds = text.split(r"\begin{tabular}{@{}")[1].split("@{}}")[0]
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert rows
    assert {line.count(" & ") + 1 for line in rows} == {len(kinds)}


def test_latex_sets_a_treatments_two_columns_under_one_head(ours, published):
    same = dict.fromkeys(LABELS, "Same name")
    text = FORMATS["tex"](tables(ours, published, same)["table_3"])
    assert text.count(r"\multicolumn{2}{c}{Same name}") == 3
    assert r"\cmidrule(lr){2-3}\cmidrule(lr){4-5}\cmidrule(lr){6-7}" in text
    assert "Cycle & this study & published & this study" in text


# The scripts


class Files(dict):
    """Stands for Snakemake's named inputs and outputs."""

    def __getattr__(self, name):
        return str(self[name])


def measurement(seed, treatment, correct, condition="combined", cycle=None, **others):
    row = metrics.Measurement(
        seed, treatment, "", condition, "on", 0.0, 0.0, cycle, 0.5, correct, 100, correct / 100
    )
    return metrics.Measurement(**(vars(row) | others))


@pytest.fixture
def study(tmp_path):
    who = ("untreated", "ketamine")
    evaluate = [
        measurement(seed, name, 60 + seed, condition)
        for seed in range(2)
        for name in who
        for condition in ("clean", "standard", "combined", "internal")
    ]
    acute = [measurement(seed, "ketamine", 50) for seed in range(2)]
    relapse = [
        measurement(seed, "ketamine", 85, cycle=cycle) for seed in range(2) for cycle in (0, 1)
    ]
    files = Files()
    for name, rows in {"evaluate": evaluate, "acute": acute, "relapse": relapse}.items():
        files[name] = tmp_path / f"{name}.parquet"
        named = [replace(row, assessment=name) for row in rows]
        metrics.write_rows(files[name], named, metrics.MEASUREMENTS)
    return files


def told(kind, seeds=2, treatments=("ketamine",)):
    """What the rules tell a script of the rows in a gathered file."""
    return {"kind": kind, "seeds": list(range(seeds)), "treatments": list(treatments)}


OF_STUDY = {
    "evaluate": told("evaluate", treatments=("untreated", "ketamine")),
    "acute": told("acute"),
    "relapse": told("relapse"),
}


def run_script(name, tmp_path, files, output, measured=OF_STUDY):
    slices = {
        "tables": {"labels": LABELS, "threshold": 0.8},
        "reproduction": {"threshold": 0.8, "alpha": 0.05, "margin": 0.02},
        "replay_compare": {"labels": LABELS, "threshold": 0.8},
    }
    job = SimpleNamespace(
        input=files,
        output=output,
        log=[str(tmp_path / "log.txt")],
        params=SimpleNamespace(study=slices[name], measured=measured),
    )
    runpy.run_path(str(ROOT / "workflow_scripts" / f"{name}.py"), {"snakemake": job})


@pytest.mark.parametrize("with_published", [True, False])
def test_the_script_writes_every_table_in_every_format(tmp_path, study, with_published):
    if with_published:
        study["published"] = str(ROOT / "reference" / "published.csv")
    output = [str(tmp_path / "tables" / f"{name}.{form}") for name in TABLES for form in FORMATS]
    run_script("tables", tmp_path, study, output)
    text = (tmp_path / "tables" / "table_1.md").read_text()
    assert ("100.0 ± 0.0" in text) is with_published
    assert "60.5 ± 0.5" in text
    assert all(Path(path).stat().st_size for path in output)


def test_the_script_of_the_reproduction_writes_its_three_files(tmp_path, study):
    study["published"] = str(ROOT / "reference" / "published.csv")
    output = Files({name: tmp_path / name for name in ("comparison", "report", "verdict")})
    run_script("reproduction", tmp_path, study, output)
    verdict = (tmp_path / "verdict").read_text()
    assert " of 101 published means consistent (" in verdict
    assert verdict.strip() in (tmp_path / "report").read_text()
    assert len(pd.read_csv(tmp_path / "comparison")) == 144


@pytest.mark.parametrize("with_published", [True, False])
def test_the_script_of_the_replay_counts_equal_numbers(tmp_path, runs, with_published):
    rows = [
        metrics.ReplayValue(row.seed, row.treatment, row.metric, cycle, row.value)
        for row, cycle in zip(
            runs.itertuples(),
            (None if pd.isna(cycle) else cycle for cycle in runs["cycle"]),
            strict=True,
        )
    ]
    files = Files(metrics=tmp_path / "replay.parquet")
    metrics.write_rows(files["metrics"], rows, metrics.REPLAY)
    if with_published:
        files["published"] = ROOT / "reference" / "published.csv"
        files["runs"] = ROOT / "reference" / "reference_runs.csv"
    output = Files({name: tmp_path / name for name in ("comparison", "runs", "verdict")})
    treatments = ("untreated", "ketamine", "ssri", "neurosteroid")
    run_script("replay_compare", tmp_path, files, output, told("replay", 10, treatments))
    assert (tmp_path / "verdict").read_text().splitlines() == (
        [
            "273 of 273 published numbers equal as printed",
            "950 of 950 values of 10 seeds equal to 4 decimals",
        ]
        if with_published
        else ["no published number to compare with", "no published run of a seed to compare with"]
    )
