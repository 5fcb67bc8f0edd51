"""Numbers drawn for each seed: what is drawn, what is refused, and what a change runs again."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline_lib import measures
from pipeline_lib.analysis.predictors import Association, associations
from pipeline_lib.drawn import Distribution
from pipeline_lib.errors import PipelineError
from pipeline_lib.figures import pages, patients, shown
from pipeline_lib.files.networks import read_provenance
from pipeline_lib.files.rows import read_rows, table_of, with_axes, with_drawn, write_table
from pipeline_lib.measures import Value, value
from pipeline_lib.names import FINAL_ACCURACY
from pipeline_lib.numbers import Key
from pipeline_lib.reporting.outcomes import predictions
from pipeline_lib.reporting.statistics_tables import association_table
from pipeline_lib.study import slices
from pipeline_lib.study.axes import scenarios
from pipeline_lib.study.patients import drawn_numbers
from tests.handmade import LABELS, measured, results
from tests.projects import Project

SEVERITY = "pruning.sparsity"
ADHERENCE = "treatments.each.maintenance.each.chance"
PREDICTION = "look for what predicts the outcomes"
DRAWN = {SEVERITY: {"uniform": [0.5, 0.8]}, ADHERENCE: {"uniform": [0.2, 0.9]}}


def test_numbers_have_their_distribution_and_depend_on_seed_and_key_alone():
    uniform, normal = Distribution(uniform=[2.0, 4.0]), Distribution(normal=[-1.0, 0.5])
    for each, mean, sd in ((uniform, 3.0, 2 / np.sqrt(12)), (normal, -1.0, 0.5)):
        drawn = np.array([each.number(seed, "a.b") for seed in range(2000)])
        assert drawn.mean() == pytest.approx(mean, abs=0.05)
        assert drawn.std() == pytest.approx(sd, abs=0.05)
        assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.08
        others = [each.number(seed, "a.c") for seed in range(2000)]
        assert abs(np.corrcoef(drawn, others)[0, 1]) < 0.08
    assert 2 <= min(uniform.number(seed, "a.b") for seed in range(2000)) < 2.01
    # A seed keeps its place when the ends move.
    wider = Distribution(uniform=[0.0, 4.0]).number(7, "a.b")
    assert wider == pytest.approx(2 * uniform.number(7, "a.b") - 4)


def test_each_seed_has_the_study_with_its_numbers(paper):
    [scenario] = scenarios(paper | {"seeds": [3, 8], "drawn": DRAWN})
    numbers = drawn_numbers(scenario.study)
    assert list(numbers) == [3, 8]
    for study, drawn in zip(scenario.patients, numbers.values(), strict=True):
        assert slices.prune(study) == {"sparsity": drawn[SEVERITY]}
        for name in study.treatments:
            [step] = slices.measure(study, "relapse", name)["options"]["maintenance"]
            assert step["chance"] == drawn[ADHERENCE]
    told = slices.report(scenario.study)
    assert told["settings"]["pruning"]["sparsity"] == "drawn from 0.5 to 0.8"
    assert told["treatments"]["ssri"]["maintenance"][0]["chance"] == "drawn from 0.2 to 0.9"


RATE = "treatments.ssri.course.train.lr"


@pytest.mark.parametrize(
    ("drawn", "problem"),
    [
        ({SEVERITY: {"uniform": [0.5, 1.2]}}, "drawn: pruning.sparsity is 1.2; it must be a"),
        (
            {SEVERITY: {"normal": [0.9, 0.1]}},
            r"for seed \d: pruning.sparsity is 1.\d+; it must be a fraction, at most 1$",
        ),
        ({SEVERITY: {"uniform": [0.9, 0.5]}}, "must have the lowest value first"),
        ({SEVERITY: {"normal": [0.9, 1], "uniform": [0, 1]}}, "exactly one of `uniform` and"),
        ({"baseline.epochs": {"uniform": [2, 9]}}, "epochs is 2.0; a whole number cannot be drawn"),
        ({"relapse.threshold": {"uniform": [0.5, 0.8]}}, "drawn.relapse.threshold: only numbers"),
        (
            {key: {"uniform": [0.1, 0.2]} for key in (RATE, RATE.replace("ssri", "each"))},
            f"drawn.{RATE} and drawn.treatments.each.course.train.lr both set",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(paper, drawn, problem):
    with pytest.raises(PipelineError) as refused:
        scenarios(paper | {"drawn": drawn})
    assert re.search(problem, str(refused.value))
    assert len(str(refused.value).splitlines()) == 1


def test_a_key_is_set_by_an_axis_or_drawn(paper):
    drawn = {SEVERITY: {"uniform": [0.5, 0.8]}}
    for axes in ({SEVERITY: [0.9]}, {"damage": {"none": {"pruning": {"sparsity": 0.1}}}}):
        problem = f"axes.{next(iter(axes))} and drawn.{SEVERITY} both set {SEVERITY}"
        with pytest.raises(PipelineError, match=problem):
            scenarios(paper | {"drawn": drawn, "axes": axes})
    with pytest.raises(PipelineError, match="an axis must not set drawn"):
        scenarios(paper | {"axes": {"patients": {"alike": {}, "others": {"drawn": drawn}}}})


def test_columns_of_drawn_numbers_are_left_out_and_those_of_axes_are_not(tmp_path):
    path = tmp_path / "values.parquet"
    made = [value(seed, Key("first", "combined"), 90.0) for seed in (0, 3)]
    table = with_drawn(table_of(made, Value), {0: {SEVERITY: 0.5}, 3: {SEVERITY: 0.7}})
    write_table(path, with_axes(table, {"baseline.lr": 0.1}))
    with pytest.raises(PipelineError, match="its columns are not"):
        read_rows(path, Value)
    write_table(path, table)
    assert read_rows(path, Value) == made
    assert pd.read_parquet(path)[SEVERITY].tolist() == [0.5, 0.7]


def test_a_drawn_number_predicts_like_a_measured_one_and_is_drawn_over(monkeypatch):
    seeds = range(30)
    drawn = {seed: {SEVERITY: 0.9 + seed / 1000, ADHERENCE: float(seed % 2)} for seed in seeds}
    made = [value(seed, Key("first", FINAL_ACCURACY), 90.0 - seed) for seed in seeds]
    severity, other = associations(made, drawn)
    assert (severity.predictor, severity.rho) == (SEVERITY, pytest.approx(-1))
    assert abs(other.rho) < 0.2
    found = results(measured({name: [[90.0, 90.0]] * 4 for name in LABELS}))
    found = replace(found, associations=[severity, other])
    said = " ".join(predictions(found))
    assert "“pruning sparsity” and “Final accuracy” under First: ρ = −1.00" in said
    [[_, adherence]] = association_table(found).blocks
    assert adherence[2] == "chance (every treatment, maintenance)"

    monkeypatch.setattr(shown, "read_rows", lambda rows, *_: rows)
    looks = {"labels": {"first": "First"}, "places": {"first": 0}, "colours": {}}
    study = {"looks": looks, "measures": measures.in_order(), "threshold": 0.8}
    planned = {"values": None}
    fewer = {seed: drawn[seed] for seed in seeds[:20]}
    with pages.applied():
        figure, few = (
            patients.draw(shown.Job({"values": made[: len(of)]}, study, {"drawn": of}, planned))
            for of in (drawn, fewer)
        )
    panels = figure.axes
    assert [panel.get_xlabel() for panel in panels] == [
        *("pruning sparsity", "chance (every treatment, maintenance)")
    ]
    lines = [each.legends[0].get_lines()[0].get_linestyle() for each in (figure, few)]
    assert lines == ["-", "None"]  # few seeds have no running mean
    points, mean, _ = panels[0].lines
    assert points.get_xydata().tolist() == [[drawn[s][SEVERITY], 90.0 - s] for s in seeds]
    # Of a straight line, the mean over neighbours is the line itself, without its ends.
    np.testing.assert_allclose(mean.get_xydata(), points.get_xydata()[5:-5])


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A tiny study of two patients that has run."""
    project = Project(tmp_path_factory.mktemp("patients"))
    project.study["treatments"]["ssri"] = None
    project.study |= {"drawn": DRAWN, "relapse": {"cycles": 4}}
    project.snakemake("-j", "1")
    return project


def test_what_was_drawn_is_used_and_has_columns_and_predicts(project, paper):
    results, raw = project.folder / "results", paper | {"seeds": 2, "drawn": DRAWN}
    numbers = drawn_numbers(scenarios(raw)[0].study)
    for seed, drawn in numbers.items():
        used = read_provenance(results / f"seeds/{seed}/pruned.safetensors")["study"]
        assert used == {"sparsity": drawn[SEVERITY]}
    for read, name in ((pd.read_parquet, "values.parquet"), (pd.read_csv, "values.csv")):
        values = read(results / name)
        assert list(values.columns[:3]) == [SEVERITY, ADHERENCE, "seed"]
        columns = values[["seed", *DRAWN]].drop_duplicates().set_index("seed")
        assert columns.to_dict("index") == numbers
    rows = read_rows(results / "statistics/associations.parquet", Association)
    assert {SEVERITY, ADHERENCE} <= {row.predictor for row in rows}
    assert SEVERITY in (results / "report.html").read_text("utf-8")


def test_without_stress_cycles_there_is_no_outcome_to_predict(project):
    study = project.study | {"drawn": {SEVERITY: DRAWN[SEVERITY]}}
    assert PREDICTION in project.planned(study)
    assert PREDICTION not in project.planned(study | {"relapse": None})


def test_another_distribution_runs_what_depends_on_the_key(project):
    def planned(drawn):
        jobs = project.planned(project.study | {"drawn": DRAWN | drawn})
        assert {"compare the treatments", "write the tables", "write the report"} < set(jobs)
        return [job for job in jobs if job.startswith("seed")]

    assert project.planned() == []
    relapse = f"measure the ketamine network ({measures.load('relapse').TITLE})"
    assert planned({ADHERENCE: {"uniform": [0.2, 0.8]}}) == [
        f"seed {seed}: {relapse}" for seed in (0, 1)
    ]
    # Severity leaves the healthy network and its measurement alone; all else of a seed is six jobs.
    severe = planned({SEVERITY: {"uniform": [0.6, 0.8]}})
    assert len(severe) == 2 * 6
    assert not any(f"{verb} the healthy" in job for job in severe for verb in ("train", "measure"))
