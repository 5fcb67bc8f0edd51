"""A sixth kind of step, added as docs/treatments.md shows it, in a copy of the project."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
import yaml

from pipeline_lib.files.networks import read_network
from tests.conftest import ROOT
from tests.projects import Project

SECTION = (ROOT / "docs/treatments.md").read_text("utf-8").split("\n## Add a kind of step\n")[1]
CHANGES = re.findall(r"In `(\S+)`, (before|after) `([^`]+)`:\n\n```python\n(.*?)```", SECTION, re.S)
(TREATMENT,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.S)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The project with the changes of the page, and the page's treatment in its tiny study."""
    project = Project(tmp_path_factory.mktemp("sixth"))
    for name, side, line, code in CHANGES:
        path = project.folder / name
        (found,) = re.findall(rf"^ *{re.escape(line)}\n", path.read_text("utf-8"), re.M)
        project.edit(name, found, f"{code}\n\n{found}" if side == "before" else found + code)
    project.study["treatments"] |= {"ketamine": None, "ssri": None}
    project.study["treatments"] |= yaml.safe_load(TREATMENT)["treatments"]
    project.study["seeds"] = 1
    return project


def test_it_takes_fewer_than_thirty_lines():
    # A function, its entry, its options, their name, and the treatment.
    pieces = [*(code for *_, code in CHANGES), TREATMENT]
    assert len(pieces) == SECTION.count("```python") + SECTION.count("```yaml") == 5
    assert sum(len(piece.splitlines()) for piece in pieces) < 30


def test_a_study_with_it_runs_from_the_healthy_network_to_the_tables(project):
    project.snakemake("-j", "2", "tables")
    folder = project.folder / "results/seeds/0"
    pruned = read_network(folder / "pruned.safetensors")
    assert lengths(pruned) != pytest.approx(0.65, abs=0.05)
    # The course trains after it has scaled, at a rate that moves lengths a little.
    treated = read_network(folder / "scaled/network.safetensors")
    assert lengths(treated) == pytest.approx(0.65, abs=0.05)
    table = (project.folder / "results/tables/table_3.md").read_text("utf-8")
    assert "Synaptic scaling" in table


def test_validation_and_the_schema_know_its_options(project):
    wrong = yaml.safe_load(TREATMENT)
    wrong["treatments"]["scaled"]["course"][0]["scale"] = {"norm": 0.0}
    with pytest.raises(AssertionError):
        project.snakemake("-n", study=wrong)
    key = "treatments.scaled.course[0].scale.norm"
    assert f"{key} is 0.0; it must be greater than 0" in project.output
    schema = subprocess.run(
        [sys.executable, "-m", "pipeline_lib.study.validation"],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"description": "length of a unit\'s incoming weights' in schema.stdout


def lengths(network) -> float:
    """The mean length of the incoming weights of units that have any."""
    lengths = np.concatenate([np.linalg.norm(weight, axis=1) for weight in network.weights])
    return float(lengths[lengths > 0].mean())
