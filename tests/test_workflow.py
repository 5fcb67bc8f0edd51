"""The workflow on real Snakemake, in a temporary copy of the project: what runs, what reruns."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import asdict

import pytest
import yaml
from snakemake.utils import update_config

from pipeline_lib.analysis import intervals, paired, survival
from pipeline_lib.files.rows import REPLAY, read_table
from pipeline_lib.replay.published_run import replay_seed
from pipeline_lib.reporting.tables import FORMATS, TABLES
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.projects import TINY, Project


@pytest.fixture
def project(finished) -> Project:
    """The finished study, whose study and code a test may edit: both are put back."""
    before = {path: path.read_bytes() for path in finished.folder.glob("pipeline_lib/**/*.py")}
    finished.study = yaml.safe_load(yaml.safe_dump(TINY))
    yield finished
    for path, content in before.items():
        path.write_bytes(content)


REPORT = [
    "compare with the published numbers",
    "compute intervals and tests",
    "write the report",
    "write the tables",
]
OF_EVALUATE, OF_RELAPSE = ["accuracy", "resilience"], ["trajectories", "survival", "sparsity"]
OF_NETWORKS = ["regrowth", "regions"]
FIGURES = [*OF_EVALUATE, *OF_RELAPSE, *OF_NETWORKS, "training", "comparison"]
GATHER = [f"gather {kind} of all seeds" for kind in ("acute", "evaluate", "history", "relapse")]


def jobs(seeds, kinds):
    return [f"seed {seed}: {kind}" for seed in seeds for kind in kinds]


def drawn(*names):
    return [f"draw the figure {name}" for name in names]


ONE_SEED = [
    "train the healthy network",
    "prune",
    *[f"treat, {treatment}" for treatment in ("ketamine", "ssri")],
    *[f"evaluate, {state}" for state in ("healthy", "untreated", "ketamine", "ssri")],
    *[f"acute relapse, {treatment}" for treatment in ("ketamine", "ssri")],
    *[f"longitudinal relapse, {treatment}" for treatment in ("ketamine", "ssri")],
]


def test_a_new_study_runs_every_stage_of_every_seed(tmp_path):
    assert Project(tmp_path).planned() == sorted(
        jobs([0, 1], ONE_SEED) + GATHER + REPORT + drawn(*FIGURES)
    )


def test_a_finished_study_has_nothing_left_to_do(project):
    assert project.planned() == []


def test_more_epochs_for_ssri_rerun_ssri_and_the_aggregates(project):
    project.study["treatments"]["ssri"]["course"][0]["train"]["epochs"] = 4
    kinds = ["treat, ssri", "evaluate, ssri", "acute relapse, ssri", "longitudinal relapse, ssri"]
    shown = drawn(*(name for name in FIGURES if name != "regrowth"))
    assert project.planned() == sorted(jobs([0, 1], kinds) + GATHER + REPORT + shown)


def test_another_maintenance_of_ssri_reruns_its_longitudinal_test_alone(project):
    project.study["treatments"]["ssri"]["maintenance"] = []
    gathers = ["gather history of all seeds", "gather relapse of all seeds"]
    assert project.planned() == sorted(
        jobs([0, 1], ["longitudinal relapse, ssri"])
        + gathers
        + REPORT
        + drawn(*OF_RELAPSE, "training", "comparison")
    )


def test_another_sweep_reruns_evaluations_and_what_shows_them(project):
    project.study["evaluate"] = {"sweep": [0.0, 1.0, 2.5]}
    kinds = [f"evaluate, {state}" for state in ("healthy", "untreated", "ketamine", "ssri")]
    assert project.planned() == sorted(
        [
            *jobs([0, 1], kinds),
            "gather evaluate of all seeds",
            *REPORT,
            *drawn(*OF_EVALUATE, "comparison"),
        ]
    )


def test_another_label_rewrites_tables_figures_and_report_alone(project):
    project.study["treatments"]["ssri"]["label"] = "Escitalopram-like"
    assert project.planned() == sorted(["write the report", "write the tables", *drawn(*FIGURES)])


def test_another_style_of_one_figure_redraws_it_and_the_report_alone(project):
    project.edit("pipeline_lib/figures/sparsity.py", "new_figure(", "new_figure(0 + ")
    assert project.planned() == ["draw the figure sparsity", "write the report"]


def test_another_colour_redraws_the_figures_and_the_report_alone(project):
    project.study["treatments"]["ssri"]["colour"] = "#117733"
    assert project.planned() == sorted(["write the report", *drawn(*FIGURES)])


def test_another_palette_redraws_the_figures_and_the_report_alone(project):
    project.edit("pipeline_lib/figures/style.py", "#004488", "#004489")
    assert project.planned() == sorted(["write the report", *drawn(*FIGURES)])


@pytest.mark.parametrize("name", ["report.html.j2", "report.css"])
def test_another_template_rewrites_the_report_alone(project, name):
    path = project.folder / "pipeline_lib/reporting" / name
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    try:
        assert project.planned() == ["write the report"]
    finally:
        path.write_bytes(before)
        os.utime(path, (0, 0))


def test_a_change_of_pruning_reruns_what_prunes_and_what_follows(project):
    project.edit("pipeline_lib/model/pruning.py", "math.floor(", "0 + math.floor(")
    untouched = ["train the healthy network", "evaluate, healthy"]
    kinds = [kind for kind in ONE_SEED if kind not in untouched]
    assert project.planned() == sorted(jobs([0, 1], kinds) + GATHER + REPORT + drawn(*FIGURES))


def test_a_change_of_one_constant_of_pruning_reruns_what_uses_it(project):
    project.edit("pipeline_lib/model/pruning.py", "ACUTE_CAP = 0.99", "ACUTE_CAP = 0.98")
    kinds = [f"acute relapse, {treatment}" for treatment in ("ketamine", "ssri")]
    gathers = ["gather acute of all seeds"]
    assert project.planned() == sorted(
        jobs([0, 1], kinds) + gathers + REPORT + drawn("comparison")
    )


def test_a_change_of_a_word_of_the_library_rewrites_what_says_it(project):
    project.edit("pipeline_lib/names.py", '"Untreated"', '"Not treated"')
    planned = project.planned()
    assert "write the tables" in planned
    assert not [job for job in planned if job.startswith(("seed", "gather"))]


def test_a_comment_or_a_docstring_reruns_nothing(project):
    project.edit("pipeline_lib/model/pruning.py", "ACUTE_CAP = 0.99", "# why\nACUTE_CAP = 0.99")
    project.edit("pipeline_lib/model/task.py", '"""The task:', '"""A task:')
    assert project.planned() == []


def test_more_seeds_run_the_new_ones_and_leave_the_old_to_the_byte(project):
    old = {name: data for name, data in project.parquet().items() if "/seeds/" in name}
    project.study["seeds"] = 3
    shown = drawn(*(name for name in FIGURES if name not in OF_NETWORKS))
    assert project.planned() == sorted(jobs([2], ONE_SEED) + GATHER + REPORT + shown)
    assert {name: project.parquet()[name] for name in old} == old


def test_a_new_treatment_of_a_few_lines_runs_alone(project):
    project.study["treatments"]["exercise"] = {
        "label": "Exercise-like",
        "course": [{"train": {"epochs": 2, "lr": 1e-4}}],
        "maintenance": [],
    }
    kinds = [
        "treat, exercise",
        "evaluate, exercise",
        "acute relapse, exercise",
        "longitudinal relapse, exercise",
    ]
    assert project.planned() == sorted(jobs([0, 1], kinds) + GATHER + REPORT + drawn(*FIGURES))


def test_one_core_or_two_and_one_seed_alone_give_the_same_bytes(
    finished, elsewhere, tmp_path_factory
):
    assert elsewhere.parquet() == finished.parquet()
    alone = Project(tmp_path_factory.mktemp("alone"))
    alone.snakemake("-j", "2", study=TINY | {"seeds": [1]})
    seed_1 = {name: data for name, data in alone.parquet().items() if "/seeds/1/" in name}
    assert len(seed_1) == 13
    assert {name: finished.parquet()[name] for name in seed_1} == seed_1


def test_every_table_is_written_in_every_format(finished):
    written = {path.name for path in (finished.folder / "results/tables").iterdir()}
    assert written == {f"{table}.{format}" for table in TABLES for format in FORMATS}


def test_the_comparison_with_the_published_numbers_has_a_verdict_of_one_line(finished):
    folder = finished.folder / "results/reproduction"
    assert {path.name for path in folder.iterdir()} == {
        "comparison.csv",
        "comparison.md",
        "verdict.txt",
    }
    assert (folder / "verdict.txt").read_text(encoding="utf-8").count("\n") == 1


def test_the_report_tells_of_the_study_and_where_it_comes_from(finished):
    page = (finished.folder / "results/report.html").read_text(encoding="utf-8")
    verdict = (finished.folder / "results/reproduction/verdict.txt").read_text(encoding="utf-8")
    for text in ("2 (0 to 1)", "SSRI-like", "train 3 epochs", verdict.strip(), "torch 2."):
        assert text in page
    log = (finished.folder / "results/logs/gather/relapse.log").read_text(encoding="utf-8")
    assert f"<dd>{log[:14]}" in page
    assert "Commit" not in page  # the copy is no checkout


def test_the_report_written_again_is_the_same_to_the_byte(finished):
    page = finished.folder / "results/report.html"
    before = page.read_bytes()
    finished.study = yaml.safe_load(yaml.safe_dump(TINY))
    finished.snakemake("-j", "1", "report", "--forcerun", "report")
    assert page.read_bytes() == before


def test_snakemakes_own_report_has_every_result(finished):
    finished.snakemake("--report", "snakemake.html")
    assert "WARNING" not in finished.output
    page = (finished.folder / "snakemake.html").read_text(encoding="utf-8")
    for category in ("Report", "Tables", "Reproduction", "Intervals and tests"):
        assert f'"{category}"' in page
    for name in (*(f"{table}.csv" for table in TABLES), "verdict.txt", "paired.csv", "report.html"):
        assert name in page


def test_intervals_and_tests_are_written_with_their_columns(finished):
    folder = finished.folder / "results/statistics"
    headers = {path.name: path.read_text("utf-8").splitlines()[0] for path in folder.iterdir()}
    assert headers == {
        "cells.csv": ",".join(intervals.COLUMNS),
        "paired.csv": ",".join(paired.COLUMNS),
        "survival.csv": ",".join(survival.CURVE),
        "logrank.csv": ",".join(survival.LOG_RANK),
        "relapse.csv": ",".join(survival.COUNTS),
    }


def test_the_target_replay_runs_the_replay_alone_and_compares_it(tmp_path, paper):
    project = Project(tmp_path)
    project.snakemake("-j", "2", "replay")
    update_config(paper, TINY)
    study = slices.replay(validate(paper))
    rows = [asdict(value) for seed in (0, 1) for value in replay_seed(seed, study)]
    results = tmp_path / "results"
    assert read_table(results / "replay/metrics.parquet", REPLAY).to_pylist() == rows
    assert not (results / "seeds").exists()
    # Another network's values, so none need be equal, but all are looked at: one line for the
    # published numbers, one for the published runs of these seeds.
    verdict = (results / "replay/verdict.txt").read_text(encoding="utf-8")
    assert re.fullmatch(
        r"\d+ of \d+ published numbers equal as printed\n"
        r"\d+ of 190 values of 2 seeds equal to 4 decimals\n",
        verdict,
    )
    for name, value in (("published", "ours"), ("runs", "value")):
        header = (results / f"replay/{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert {value, "equal"} <= set(header.split(","))


def test_every_job_leaves_a_log_and_a_benchmark(finished):
    for kind, suffix in (("logs", "log"), ("benchmarks", "tsv")):
        for stage in ("baseline/0", "prune/1", "treat/0_ssri", "relapse/1_ketamine", "tables"):
            path = finished.folder / "results" / kind / f"{stage}.{suffix}"
            assert path.stat().st_size > 0
    log = (finished.folder / "results/logs/treat/0_ssri.log").read_text()
    assert "seed 0: treatment ssri" in log
    assert "epoch 3 of 3: loss" in log
    assert re.search(r"done in .* \(CPU .* since the process began, .* of it before this\)", log)


def test_a_bad_study_is_refused_before_a_rule_is_parsed(tmp_path):
    project = Project(tmp_path)
    with pytest.raises(AssertionError) as error:
        project.snakemake("-n", study={"pruning": {"sparsity": 1.0}})
    assert "pruning.sparsity is 1.0; it must be less than 1.0" in str(error.value)
    assert "Traceback" not in project.output
    assert "rule" not in project.output


def test_a_damaged_or_misplaced_file_stops_its_jobs_in_a_sentence_whose_advice_mends_it(
    tmp_path_factory, finished
):
    project = Project(tmp_path_factory.mktemp("damaged"))
    shutil.copytree(finished.folder / "results", project.folder / "results")
    shutil.copytree(finished.folder / ".snakemake", project.folder / ".snakemake")
    good = project.parquet()
    networks = project.folder / "results/seeds"
    damaged = networks / "0/ssri/network.safetensors"
    misplaced = networks / "0/ketamine/network.safetensors"
    row = networks / "1/untreated/evaluate.parquet"
    before = {path: path.stat().st_mtime_ns for path in (damaged, misplaced, row)}
    damaged.write_bytes(damaged.read_bytes()[:-50])
    shutil.copy(networks / "1/ketamine/network.safetensors", misplaced)
    content = bytearray(row.read_bytes())
    content[-60] ^= 1  # in the footer, which Parquet has no checksum of
    row.write_bytes(content)
    for path, time in before.items():
        os.utime(path, ns=(time, time))  # as a bad disk does it: Snakemake sees no reason to rerun
    acute = [f"results/seeds/0/{treatment}/acute.parquet" for treatment in ("ssri", "ketamine")]
    gathered = "results/metrics/evaluate.parquet"
    with pytest.raises(AssertionError):
        project.snakemake("-j", "2", *acute, gathered, "--forcerun", "acute", "gather")
    assert "ssri/network.safetensors: damaged" in project.output
    assert "seed 1, treatment ketamine instead of the network" in project.output
    assert "untreated/evaluate.parquet: damaged" in project.output
    assert "Traceback" not in project.output
    assert not (project.folder / gathered).exists()
    for path in before:
        path.unlink()
    project.snakemake("-j", "2", *acute, gathered)
    assert project.parquet() == good
