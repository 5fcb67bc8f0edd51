"""A study with axes on real Snakemake: what it makes, and what one more value runs."""

from __future__ import annotations

import re

import pytest

from pipeline_lib import measures
from pipeline_lib.analysis.along import Along
from pipeline_lib.files.rows import read_rows
from pipeline_lib.names import VARIED_TABLES
from pipeline_lib.reporting.typesetting import FORMATS
from tests.projects import Project

DOSE = "treatments.ketamine.course.regrow.fraction"
OF_STUDY = [
    *(
        f"gather the {kind} rows of all seeds"
        for kind in ("acute", "evaluate", "history", "relapse")
    ),
    "compute the study's numbers and their intervals",
    "compare the scenarios",
    *(f"draw the figure map_{name}" for name in ("combined", "final_accuracy", "relapsed")),
    "write the tables and the report",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A tiny study of two axes that has run."""
    project = Project(tmp_path_factory.mktemp("axes"))
    project.study |= {"seeds": 1, "axes": {"pruning.sparsity": [0.5, 0.8], DOSE: [0.2, 0.5]}}
    project.snakemake("-j", "2")
    return project


def test_a_study_with_axes_has_curves_figures_tables_and_a_report(project):
    results = project.folder / "results"
    rows = read_rows(results / "statistics/along.parquet", Along)
    assert {row.axis for row in rows} == {"pruning.sparsity", DOSE}
    assert {row.others for row in rows if row.axis == DOSE} == {
        "pruning.sparsity = 0.5",
        "pruning.sparsity = 0.8",
    }
    for name in VARIED_TABLES:
        assert all((results / f"tables/{name}.{form}").stat().st_size for form in FORMATS)
    page = (results / "report.html").read_text("utf-8")
    assert len(re.findall("<figure ", page)) == 3
    assert DOSE in page
    assert "## Accuracy under combined stress" in (results / "findings.md").read_text("utf-8")


def test_nothing_is_made_again_and_what_is_damaged_is(project):
    assert project.planned() == []
    page = project.folder / "results/report.html"
    before = page.read_bytes()
    page.write_bytes(before + b"edited")
    assert project.planned() == ["write the tables and the report"]
    page.write_bytes(before)


def test_another_value_runs_its_own_stages_only(project):
    axes = {**project.study["axes"], DOSE: [0.2, 0.5, 0.7]}
    stages = ["apply the ketamine treatment"]
    for measure in ("evaluate", "acute", "relapse"):
        stages.append(f"measure the ketamine network ({measures.load(measure).TITLE})")
    own = [
        f"seed 0/pruning.sparsity~{sparsity}/{DOSE}~0.7: {stage}"
        for sparsity in (0.5, 0.8)
        for stage in stages
    ]
    assert project.planned(project.study | {"axes": axes}) == sorted(own + OF_STUDY)
