"""A new kind of step and a new measure are one file each, in a copy of the project."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import numpy as np
import pytest
import yaml

from pipeline_lib.analysis.cells import Cell
from pipeline_lib.analysis.predictors import Association, Forecast
from pipeline_lib.files.networks import read_network
from pipeline_lib.files.rows import read_rows
from pipeline_lib.measures import Value
from pipeline_lib.model.change import weight_change
from tests.conftest import ROOT
from tests.projects import Project

# The step is the one of docs/treatments.md, the measure that of docs/extending.md.
SECTION = (ROOT / "docs/treatments.md").read_text("utf-8").split("\n## Add a kind of step\n")[1]
((STEP_FILE, STEP),) = re.findall(r"`(\S+)`:\n\n```python\n(.*?)```", SECTION, re.S)
(TREATMENT,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.S)

PAGE = (ROOT / "docs/extending.md").read_text("utf-8")
((MEASURE_FILE, MEASURE),) = re.findall(r"`(\S+)`:\n\n```python\n(.*?)```", PAGE, re.S)
(OPTIONS,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The project with both files, and a tiny study that uses them and has run."""
    project = Project(tmp_path_factory.mktemp("new"))
    (project.folder / STEP_FILE).write_text(STEP, encoding="utf-8")
    (project.folder / MEASURE_FILE).write_text(MEASURE, encoding="utf-8")
    project.study["treatments"] |= {"ketamine": None}
    project.study["treatments"] |= yaml.safe_load(TREATMENT)["treatments"]
    project.study |= {"seeds": 3, "structure": {}, "change": {}, **yaml.safe_load(OPTIONS)}
    project.snakemake("-j", "2")
    return project


def test_each_example_takes_few_lines():
    assert SECTION.count("```python") == SECTION.count("```yaml") == 1
    assert len(STEP.splitlines()) + len(TREATMENT.splitlines()) < 40
    assert len(MEASURE.splitlines()) < 60


def test_a_new_step_does_what_it_says(project):
    folder = project.folder / "results/seeds/0"
    pruned = read_network(folder / "pruned.safetensors")
    assert lengths(pruned) != pytest.approx(0.65, abs=0.05)
    # The course trains after it has scaled, at a rate that moves lengths a little.
    treated = read_network(folder / "scaled/network.safetensors")
    assert lengths(treated) == pytest.approx(0.65, abs=0.05)


def test_the_numbers_of_a_new_measure_appear_everywhere(project):
    results = project.folder / "results"
    states = ["healthy", "untreated", "ssri", "scaled"]
    assert (results / "metrics/silent.parquet").exists()
    values = [v for v in read_rows(results / "values.parquet", Value) if v.number == "silent"]
    assert {v.treatment for v in values} == set(states)
    assert all(0 <= v.value <= 100 for v in values)
    cells = {c.treatment: c for c in read_rows(results / "cells.parquet", Cell)
             if c.number == "silent"}  # fmt: skip
    assert set(cells) == set(states)
    for state, cell in cells.items():
        of_state = [v.value for v in values if v.treatment == state]
        assert (cell.n, cell.mean) == (3, pytest.approx(np.mean(of_state)))
        if cell.ci_low is not None:  # there is none where all seeds have the same number
            assert cell.ci_low <= cell.mean <= cell.ci_high
    assert any(cell.ci_low is not None for cell in cells.values())
    assert cells["healthy"].mean < cells["untreated"].mean
    assert "Silent units" in (results / "tables/silent.md").read_text("utf-8")
    assert (results / "figures/silent.svg").stat().st_size > 1000
    report = (results / "report.html").read_text("utf-8")
    assert "Per cent of the hidden units; " in report
    assert "Per cent of the hidden units, in every seed." in report


def test_weight_change_is_from_the_untreated_network_of_the_seed_to_the_treated_one(project):
    results = project.folder / "results"
    values = read_rows(results / "values.parquet", Value)
    found = {(v.seed, v.treatment): v.value for v in values if v.number == "weight_change_l1"}
    expected = {}
    for seed, treatment in itertools.product(range(3), ("ssri", "scaled")):
        folder = results / f"seeds/{seed}"
        before = read_network(folder / "pruned.safetensors")
        after = read_network(folder / treatment / "network.safetensors")
        expected[seed, treatment] = weight_change(before, after).l1
    assert found == expected
    assert min(found.values()) > 0


def test_the_structure_of_networks_turns_predictions_on(project):
    results = project.folder / "results"
    found = read_rows(results / "statistics/associations.parquet", Association)
    assert {row.treatment for row in found} == {"ssri", "scaled"}
    assert all(row.n <= 3 and row.ci_low is None for row in found)
    forecasts = read_rows(results / "statistics/forecasts.parquet", Forecast)
    assert all(row.score is None and row.note for row in forecasts)
    for name in ("tables/forecasts.csv", "tables/associations.tex", "figures/predictors.svg"):
        assert (results / name).exists()
    assert "What predicts response" in (results / "findings.md").read_text("utf-8")


def test_an_edit_of_a_step_reruns_only_the_treatment_that_uses_it(project):
    before = (project.folder / STEP_FILE).read_bytes()
    project.edit(STEP_FILE, "clip(1e-9)", "clip(1e-8)")
    try:
        planned = [job for job in project.planned() if job.startswith("seed")]
    finally:
        (project.folder / STEP_FILE).write_bytes(before)
    assert all("the scaled " in job for job in planned)
    assert {job for job in planned if "apply" in job} == {
        f"seed {seed}: apply the scaled treatment" for seed in range(3)
    }


def test_validation_and_the_schema_know_their_options(project):
    wrong = yaml.safe_load(yaml.safe_dump(project.study))
    wrong["treatments"]["scaled"]["course"][0]["scale"] = {"norm": 0.0}
    wrong["silent"]["below"] = -1.0
    with pytest.raises(AssertionError):
        project.snakemake("-n", study=wrong)
    key = "treatments.scaled.course[0].scale.norm"
    assert f"{key} is 0.0; it must be greater than 0" in project.output
    assert "silent.below is -1.0; it must be at least 0" in project.output
    schema = subprocess.run(
        [sys.executable, "-m", "pipeline_lib.study.validation"],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"description": "length of a unit\'s incoming weights' in schema.stdout
    assert '"description": "activity up to which a unit is silent"' in schema.stdout


def lengths(network) -> float:
    """The mean length of the incoming weights of units that have any."""
    lengths = np.concatenate([np.linalg.norm(weight, axis=1) for weight in network.weights])
    return float(lengths[lengths > 0].mean())
