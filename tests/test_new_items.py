"""A new kind of step and a new measure are one file each, in a copy of the project."""

import itertools
import re

import numpy as np
import pytest
import yaml

from pipeline_lib.analysis.cells import Cell
from pipeline_lib.analysis.predictors import Association, Forecast
from pipeline_lib.files.networks import read_network
from pipeline_lib.files.rows import read_rows
from pipeline_lib.measures import Value
from pipeline_lib.measures.change import weight_change
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
    values = [v for v in read_rows(results / "values.parquet", Value) if v.number == "silent"]
    assert {v.treatment for v in values} == set(states)
    cells = [c for c in read_rows(results / "cells.parquet", Cell) if c.number == "silent"]
    cells = {cell.treatment: cell for cell in cells}
    assert set(cells) == set(states)
    for state, cell in cells.items():
        of_state = [v.value for v in values if v.treatment == state]
        assert (cell.n, cell.mean) == (3, pytest.approx(np.mean(of_state)))
    assert cells["healthy"].mean < cells["untreated"].mean
    assert "Silent units" in (results / "tables/silent.md").read_text("utf-8")
    assert (results / "figures/silent.svg").exists()
    assert "Per cent of the hidden units; " in (results / "report.html").read_text("utf-8")


def test_weight_change_is_from_the_untreated_network_of_the_seed_to_the_treated_one(project):
    results = project.folder / "results"
    values = read_rows(results / "values.parquet", Value)
    found = {(v.seed, v.treatment, v.number): v.value for v in values}
    for seed, treatment in itertools.product(range(3), ("ssri", "scaled")):
        folder = results / f"seeds/{seed}"
        before = read_network(folder / "pruned.safetensors")
        after = read_network(folder / treatment / "network.safetensors")
        change = weight_change(before, after)
        change["synaptic_turnover"] *= 100
        assert {name: found[seed, treatment, name] for name in change} == change


def test_the_structure_of_networks_turns_predictions_on(project):
    results = project.folder / "results"
    found = read_rows(results / "statistics/associations.parquet", Association)
    assert {row.treatment for row in found} == {"ssri", "scaled"}
    forecasts = read_rows(results / "statistics/forecasts.parquet", Forecast)
    assert all(row.score is None and row.note for row in forecasts)
    assert "What predicts response" in (results / "findings.md").read_text("utf-8")


def test_an_edit_of_a_step_reruns_only_the_treatment_that_uses_it(project):
    project.edit(STEP_FILE, "clip(1e-9)", "clip(1e-8)")
    planned = [job for job in project.planned() if job.startswith("seed")]
    project.edit(STEP_FILE, "clip(1e-8)", "clip(1e-9)")
    assert all("the scaled " in job for job in planned)
    assert {job for job in planned if "apply" in job} == {
        f"seed {seed}: apply the scaled treatment" for seed in range(3)
    }


def lengths(network) -> float:
    """The mean length of the incoming weights of units that have any."""
    lengths = np.concatenate([np.linalg.norm(weight, axis=1) for weight in network.weights])
    return float(lengths[lengths > 0].mean())
