"""The workflow on real Snakemake, in a temporary copy of the project: which jobs run and rerun."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config

from pipeline_lib import measures
from pipeline_lib.analysis.digits import Digits, RunValue
from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.rows import read_rows
from pipeline_lib.names import STATISTICS_TABLES
from pipeline_lib.replay.published_run import replay_seed
from pipeline_lib.reporting.typesetting import FORMATS
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.projects import TINY, Project

TABLES = [
    *(spec.name for spec in measures.tables(("acute", "evaluate", "relapse"))),
    *STATISTICS_TABLES,
]


@pytest.fixture
def project(finished) -> Project:
    """The finished study, whose study and code a test may edit: both are put back."""
    before = {path: path.read_bytes() for path in finished.folder.glob("pipeline_lib/**/*.py")}
    finished.study = yaml.safe_load(yaml.safe_dump(TINY))
    yield finished
    for path, content in before.items():
        path.write_bytes(content)


NUMBERS = ["compute the study's numbers and their intervals"]
STATISTICS = ["compare the treatments", "compare with the published numbers"]
TEXTS = ["write the report", "write the tables"]
# Jobs that follow any new measurement, besides those that gather rows or show networks.
OF_NUMBERS = [
    f"draw the figure {name}"
    for name in (
        "accuracy",
        "by_threshold",
        "comparison",
        "resilience",
        "sparsity",
        "survival",
        "trajectories",
    )
]
FROM_ROWS = [*NUMBERS, *STATISTICS, *TEXTS, *OF_NUMBERS]
TRAINING, REGROWTH, REGIONS = OTHERS = [
    f"draw the figure {name}" for name in ("training", "regrowth", "regions")
]
FIGURES = [*OF_NUMBERS, *OTHERS]
KINDS = ("acute", "evaluate", "history", "relapse")
GATHER = [f"gather the {kind} rows of all seeds" for kind in KINDS]


TRAIN = {"train": {"epochs": 1, "lr": 5e-4}}


def jobs(seeds, kinds):
    return [f"seed {seed}: {kind}" for seed in seeds for kind in kinds]


def measured(state, title):
    return f"measure the {state} network ({title})"


ONE_SEED = [
    "train the healthy network",
    "prune the healthy network",
    *[f"apply the {treatment} treatment" for treatment in ("ketamine", "ssri")],
    *[measured(state, "evaluate") for state in ("healthy", "untreated", "ketamine", "ssri")],
    *[measured(treatment, "acute relapse") for treatment in ("ketamine", "ssri")],
    *[measured(treatment, "longitudinal relapse") for treatment in ("ketamine", "ssri")],
]


def of_treatment(name):
    """The jobs of one treatment in each seed."""
    titles = ("evaluate", "acute relapse", "longitudinal relapse")
    return [f"apply the {name} treatment", *[measured(name, title) for title in titles]]


def test_a_new_study_runs_every_stage_of_every_seed(tmp_path):
    assert Project(tmp_path).planned() == sorted(
        jobs([0, 1], ONE_SEED) + GATHER + FROM_ROWS + OTHERS
    )


def test_a_finished_study_has_nothing_left_to_do(project):
    assert project.planned() == []


def test_more_epochs_of_ssri_rerun_ssri_and_everything_that_shows_all_treatments(project):
    project.study["treatments"]["ssri"]["course"][0]["train"]["epochs"] = 4
    assert project.planned() == sorted(
        [*jobs([0, 1], of_treatment("ssri")), *GATHER, *FROM_ROWS, TRAINING, REGIONS]
    )


def test_a_change_of_ssri_maintenance_reruns_only_its_longitudinal_test(project):
    project.study["treatments"]["ssri"]["maintenance"] = []
    assert project.planned() == sorted(
        [
            *jobs([0, 1], ["measure the ssri network (longitudinal relapse)"]),
            *(f"gather the {kind} rows of all seeds" for kind in ("history", "relapse")),
            *FROM_ROWS,
            TRAINING,
        ]
    )


def test_a_change_of_the_sweep_reruns_evaluations_and_everything_that_shows_numbers(project):
    project.study["evaluate"] = {"sweep": [0.0, 1.0, 2.5]}
    kinds = [kind for kind in ONE_SEED if "(evaluate)" in kind]
    assert project.planned() == sorted(
        [*jobs([0, 1], kinds), "gather the evaluate rows of all seeds", *FROM_ROWS]
    )


@pytest.mark.parametrize(
    ("key", "value", "more"),
    [("label", "Escitalopram-like", STATISTICS[1:]), ("colour", "#117733", [])],
)
def test_a_change_of_label_or_colour_reruns_only_what_shows_it(project, key, value, more):
    project.study["treatments"]["ssri"][key] = value
    # Tables show no colour.
    texts = TEXTS if key == "label" else TEXTS[:1]
    assert project.planned() == sorted([*texts, *FIGURES, *more])


def test_a_change_of_one_figures_style_reruns_only_the_figure_and_the_report(project):
    project.edit("pipeline_lib/figures/regions.py", "new_figure(", "new_figure(0 + ")
    assert project.planned() == [REGIONS, "write the report"]


def test_figures_for_a_journal_rerun_only_figures_tables_and_the_report(project):
    project.study["publication"] = True
    assert project.planned() == sorted(["write the report", "write the tables", *FIGURES])


def test_a_change_of_the_palette_reruns_only_the_figures_and_the_report(project):
    project.edit("pipeline_lib/figures/style.py", "#004488", "#004489")
    assert project.planned() == sorted(["write the report", *FIGURES])


@pytest.mark.parametrize("name", ["report.html.j2", "report.css"])
def test_a_change_of_the_template_reruns_only_the_report(project, name):
    path = project.folder / "pipeline_lib/reporting" / name
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    try:
        assert project.planned() == ["write the report"]
    finally:
        path.write_bytes(before)
        os.utime(path, (0, 0))


def test_a_change_of_pruning_reruns_every_job_that_prunes_and_all_that_follow(project):
    project.edit("pipeline_lib/model/pruning.py", "math.floor(", "0 + math.floor(")
    untouched = ["train the healthy network", "measure the healthy network (evaluate)"]
    kinds = [kind for kind in ONE_SEED if kind not in untouched]
    assert project.planned() == sorted(jobs([0, 1], kinds) + GATHER + FROM_ROWS + OTHERS)


def test_a_change_of_one_function_of_pruning_reruns_only_the_jobs_that_use_it(project):
    project.edit("pipeline_lib/model/pruning.py", "fraction * (1.0", "0 + fraction * (1.0")
    planned = project.planned()
    assert "seed 0: measure the ssri network (acute relapse)" in planned
    assert "seed 1: measure the ketamine network (longitudinal relapse)" in planned
    of_seeds = [job for job in planned if job.startswith("seed")]
    assert all("relapse" in job for job in of_seeds)


def test_a_change_of_a_word_in_the_library_reruns_only_the_jobs_that_write_it(project):
    project.edit("pipeline_lib/names.py", '"Untreated"', '"Not treated"')
    planned = project.planned()
    assert "write the tables" in planned
    assert not [job for job in planned if job.startswith(("seed", "gather", "compute"))]


def test_a_comment_or_a_docstring_reruns_nothing(project):
    project.edit("pipeline_lib/model/pruning.py", "import math\n", "import math  # why\n")
    project.edit("pipeline_lib/model/task.py", '"""The task:', '"""A task:')
    assert project.planned() == []


def test_more_seeds_run_only_the_new_ones_and_change_no_byte_of_the_old(project):
    old = {name: data for name, data in project.parquet().items() if "/seeds/" in name}
    project.study["seeds"] = 3
    assert project.planned() == sorted(jobs([2], ONE_SEED) + GATHER + [*FROM_ROWS, TRAINING])
    assert {name: project.parquet()[name] for name in old} == old


# Treatments come and go


EXERCISE = {
    "label": "Exercise-like",
    "course": [{"train": {"epochs": 2, "lr": 1e-4}}],
    "maintenance": [],
}


def test_only_the_jobs_of_a_new_treatment_run(project):
    # Wherever an overlay puts it: first, before those of the base study.
    project.study["treatments"] = {"exercise": EXERCISE, **project.study["treatments"]}
    seeds = jobs([0, 1], of_treatment("exercise"))
    # What regrowth did to ketamine's network is drawn from that network, in the same colours.
    rest = [job for job in FROM_ROWS + OTHERS if job != REGROWTH]
    assert [job for job in project.planned() if job != REGROWTH] == sorted(seeds + GATHER + rest)


def test_removing_a_treatment_reruns_none_of_the_others(project):
    project.study["treatments"]["ssri"] = None
    assert not [job for job in project.planned() if job.startswith("seed")]


def test_a_different_order_of_an_overlays_keys_reruns_nothing(project):
    treatments = project.study["treatments"]
    project.study = {
        "treatments": {
            name: treatments[name] and dict(reversed(treatments[name].items()))
            for name in reversed(treatments)
        },
        **{key: value for key, value in reversed(project.study.items()) if key != "treatments"},
    }
    assert project.planned() == []


# Files say what made them, so neither times nor Snakemake's record decide


@pytest.fixture
def copied(finished, tmp_path) -> Project:
    """Only the results of the finished study, in a different project."""
    project = Project(tmp_path)
    shutil.copytree(finished.folder / "results", tmp_path / "results")
    return project


def test_results_are_up_to_date_in_a_new_checkout_and_by_their_whole_path(copied):
    assert not (copied.folder / ".snakemake").exists()
    for path in copied.folder.glob("*/**/*.py"):
        path.touch()  # as `git checkout` does
    assert copied.planned() == []
    copied.study["results"] = str(copied.folder / "results")
    assert copied.planned() == []
    copied.study["treatments"]["ssri"]["maintenance"] = []
    assert "seed 0: measure the ssri network (longitudinal relapse)" in copied.planned()


def test_results_are_up_to_date_in_a_clone_and_after_another_branch_was_checked_out(
    finished, tmp_path
):
    def git(*arguments, folder):
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    clone = Project(tmp_path / "origin")
    (clone.folder / ".gitignore").write_text("results/\n.snakemake/\ntiny.yaml\n__pycache__/\n")
    git("init", "--initial-branch", "main", folder=clone.folder)
    git("add", ".", folder=clone.folder)
    git("commit", "-m", "one", folder=clone.folder)
    git("clone", "origin", "clone", folder=tmp_path)
    clone.folder = tmp_path / "clone"
    shutil.copytree(finished.folder / "results", clone.folder / "results")
    assert clone.planned() == []
    git("checkout", "-b", "other", folder=clone.folder)
    pruning = clone.folder / "pipeline_lib/model/pruning.py"
    pruning.write_text(pruning.read_text().replace("math.floor(", "-1 + math.floor("))
    git("commit", "-a", "-m", "two", folder=clone.folder)
    assert clone.planned() != []
    git("checkout", "main", folder=clone.folder)
    assert clone.planned() == []


def test_a_new_version_of_a_library_reruns_every_seed_that_the_old_one_computed(project):
    known = "version(label)"
    project.edit(
        "pipeline_lib/jobs/fingerprint.py", known, f'("9.9" if label == "numba" else {known})'
    )
    assert set(jobs([0, 1], ONE_SEED)) <= set(project.planned())


def test_moved_results_are_up_to_date(copied):
    (copied.folder / "results").rename(copied.folder / "elsewhere")
    copied.study["results"] = "elsewhere"
    assert copied.planned() == []


def test_a_copy_of_results_is_up_to_date_under_its_new_name(copied):
    shutil.copytree(  # like `cp -r`: every file is as young as its copy
        copied.folder / "results", copied.folder / "elsewhere", copy_function=shutil.copyfile
    )
    copied.study["results"] = "elsewhere"
    assert copied.planned() == []


def test_what_a_former_study_showed_is_removed_when_a_changed_one_starts(copied):
    results = copied.folder / "results"
    mine = results / "figures/mine.svg"
    mine.write_text("of the user")
    copied.study["treatments"]["ssri"] = None
    copied.study["reproduction"] = {"published": None}
    copied.snakemake("-j", "1", "results/metrics/acute.parquet")
    left = {path.parent.name for path in results.rglob("*") if path.suffix != ".log"}
    assert not {"tables", "statistics", "reproduction", "stamps"} & left, left
    assert not (results / "report.html").exists()
    assert [*(results / "figures").iterdir()] == [mine]
    assert (results / "seeds/0/ssri/network.safetensors").exists()


def test_a_change_of_learning_rate_reruns_only_ssri_without_snakemakes_record(copied):
    copied.study["treatments"]["ssri"]["course"][0]["train"]["lr"] = 2e-5
    planned = [job for job in copied.planned() if job.startswith("seed")]
    assert planned == sorted(jobs([0, 1], of_treatment("ssri")))


def test_a_treatment_starts_from_the_network_of_another_and_reruns_with_it(copied):
    def of_seeds(*names):
        kinds = [kind for name in names for kind in of_treatment(name)]
        return sorted(jobs([0, 1], kinds))

    def planned():
        return [job for job in copied.planned() if job.startswith("seed")]

    treatments = copied.study["treatments"]
    # The second one in the file comes first in the chain.
    treatments["longer"] = {"label": "Longer", "from": "same", "course": [TRAIN], "maintenance": []}
    treatments["same"] = {"label": "Same", "from": "ketamine", "course": [], "maintenance": []}
    assert planned() == of_seeds("longer", "same")
    copied.snakemake("-j", "2", "--quiet", "all")
    assert copied.planned() == []
    folder = copied.folder / "results/seeds/0"
    ketamine, same, longer = (
        read_network(folder / name / "network.safetensors", origin(0, name))
        for name in ("ketamine", "same", "longer")
    )
    assert all(map(np.array_equal, same.weights, ketamine.weights))
    assert all(map(np.array_equal, longer.masks, ketamine.masks))
    assert not np.array_equal(longer.weights[0], same.weights[0])

    treatments["ketamine"]["course"][1]["train"]["epochs"] = 3
    assert planned() == of_seeds("ketamine", "longer", "same")
    treatments["ketamine"]["course"][1]["train"]["epochs"] = 2
    treatments["longer"]["from"] = "ssri"
    assert planned() == of_seeds("longer")

    command = copied.command("-n", "replay")
    refused = subprocess.run(command, cwd=copied.folder, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "untreated network, and treatments.longer.from is ssri." in refused.stderr
    assert "Traceback" not in refused.stderr


def test_damaged_files_and_files_of_a_different_study_are_rebuilt(copied):
    good = copied.parquet()
    seeds = copied.folder / "results/seeds"
    other = Project(copied.folder / "other")
    other.study |= {"evaluate": {"sweep": [0.0, 1.0, 2.5]}, "seeds": 1}
    row = seeds / "0/healthy/evaluate.parquet"
    other.snakemake("-j", "2", str(row.relative_to(copied.folder)))
    shutil.copy(other.folder / row.relative_to(copied.folder), row)
    misplaced = seeds / "0/ssri/network.safetensors"
    shutil.copy(seeds / "0/ketamine/network.safetensors", misplaced)
    cut = seeds / "1/untreated/evaluate.parquet"
    cut.write_bytes(cut.read_bytes()[:-50])
    planned = [job for job in copied.planned() if job.startswith("seed")]
    assert "seed 0: measure the healthy network (evaluate)" in planned
    assert "seed 0: apply the ssri treatment" in planned
    assert "seed 1: measure the untreated network (evaluate)" in planned
    assert "seed 0: apply the ketamine treatment" not in planned
    assert "seed 1: apply the ssri treatment" not in planned
    copied.snakemake("-j", "2")
    assert copied.parquet() == good
    assert copied.planned() == []


def test_one_core_two_cores_and_a_single_seed_give_the_same_bytes(
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


def test_the_comparison_with_the_published_numbers_has_a_one_line_verdict(finished):
    folder = finished.folder / "results/reproduction"
    assert {path.name for path in folder.iterdir()} == {
        "comparison.parquet",
        "comparison.md",
        "verdict.txt",
    }
    assert (folder / "verdict.txt").read_text(encoding="utf-8").count("\n") == 1


def test_the_report_describes_the_study_and_its_origin(finished):
    page = (finished.folder / "results/report.html").read_text(encoding="utf-8")
    verdict = (finished.folder / "results/reproduction/verdict.txt").read_text(encoding="utf-8")
    for text in ("SSRI-like", "epochs: 3", verdict.strip(), "torch 2."):
        assert text in page
    assert "Commit" not in page  # the copy is no checkout


def test_a_rewritten_report_is_identical(finished):
    page = finished.folder / "results/report.html"
    before = page.read_bytes()
    finished.study = yaml.safe_load(yaml.safe_dump(TINY))
    finished.snakemake("-j", "1", "report", "--forcerun", "report")
    assert page.read_bytes() == before


def test_snakemakes_own_report_has_every_result(finished):
    finished.snakemake("--report", "snakemake.html")
    assert "WARNING" not in finished.output
    page = (finished.folder / "snakemake.html").read_text(encoding="utf-8")
    for category in ("Report", "Tables", "Figures", "Reproduction"):
        assert f'"{category}"' in page
    for name in (*(f"{table}.csv" for table in TABLES), "verdict.txt", "report.html"):
        assert name in page


def test_the_target_replay_runs_and_compares_only_the_replay(tmp_path, paper):
    project = Project(tmp_path)
    project.snakemake("-j", "2", "replay")
    update_config(paper, TINY)
    study = slices.replay(validate(paper))
    rows = [row for seed in (0, 1) for row in replay_seed(seed, study)]
    replay = tmp_path / "results/replay"
    assert read_rows(replay / "metrics.parquet", Measurement) == rows
    assert not (tmp_path / "results/seeds").exists()
    # Another network's values, so none need be equal, but all are looked at: one line for the
    # published numbers, one for the published runs of these seeds.
    assert re.fullmatch(
        r"\d+ of \d+ published numbers equal as printed\n"
        r"\d+ of 190 values of 2 seeds equal to 4 decimals\n",
        (replay / "verdict.txt").read_text(encoding="utf-8"),
    )
    assert read_rows(replay / "published.parquet", Digits)
    assert len(read_rows(replay / "runs.parquet", RunValue)) == 190
    assert "Nothing to be done" in project.snakemake("-n", "replay")
    (replay / "verdict.txt").write_text("all of 1 equal\n", encoding="utf-8")
    assert re.findall(r"^ *Job \d+: (.*)$", project.snakemake("-n", "replay"), re.M) == [
        "compare the replay with the published run"
    ]


def test_every_job_leaves_a_log(finished):
    for stage in ("baseline/0", "prune/1", "treat/0_ssri", "relapse/1_ketamine", "tables"):
        assert (finished.folder / f"results/logs/{stage}.log").stat().st_size > 0
    log = (finished.folder / "results/logs/treat/0_ssri.log").read_text()
    assert "seed 0: treatment ssri" in log
    assert "epoch 3 of 3: loss" in log
    took = r"done in .* \(CPU .* since the process began, .* of it before this; \d+ MB\)"
    assert re.search(took, log)


def test_a_bad_study_is_refused_before_a_rule_is_parsed(tmp_path):
    project = Project(tmp_path)
    with pytest.raises(AssertionError) as error:
        project.snakemake("-n", study={"pruning": {"sparsity": 1.0}})
    assert "pruning.sparsity is 1.0; it must be less than 1" in str(error.value)
    assert "Traceback" not in project.output
    assert "rule" not in project.output


def test_damage_behind_a_good_stamp_is_refused_with_a_remedy(copied):
    good = copied.parquet()
    networks = copied.folder / "results/seeds"
    damaged, row = (
        networks / "0/ssri/network.safetensors",
        networks / "1/untreated/evaluate.parquet",
    )
    for path, at in ((damaged, -50), (row, 20)):
        content = bytearray(path.read_bytes())
        content[at] ^= 1
        path.write_bytes(content)
    read = ["results/seeds/0/ssri/acute.parquet", "results/metrics/evaluate.parquet"]
    with pytest.raises(AssertionError):
        copied.snakemake("-j", "2", "-k", *read, "--forcerun", "acute", "gather")
    assert "ssri/network.safetensors: damaged" in copied.output
    assert "untreated/evaluate.parquet: damaged" in copied.output
    assert "Traceback" not in copied.output
    for path in (damaged, row):
        path.unlink()
    copied.snakemake("-j", "2")
    assert copied.parquet() == good
