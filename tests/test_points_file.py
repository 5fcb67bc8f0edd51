"""A user's own points: how they are split and scaled, and that an edited file reruns the study."""

import numpy as np
import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.model.task import points
from pipeline_lib.points_file import read_points
from pipeline_lib.study.validation import validate
from tests.inprocess import run
from tests.projects import Project
from tests.strategies import base


def table(count=60):
    """The text of a file of three classes, with one feature that never changes."""
    random = np.random.default_rng(0)
    rows = [
        f"{random.normal(100 * place, 5):.3f},{name},7.1,{random.normal(-place, 0.1):.3f}"
        for place, name in enumerate(("10", "2", "-1"))
        for _ in range(count // 3)
    ]
    return "\n".join(["mood, label,same,sleep", *rows]) + "\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text(table(), encoding="utf-8-sig")
    return str(path)


def data_sets(file, seed=0):
    options = {"points": file, "digest": read_points(file).digest, "held_out": 0.25}
    return [points(data, seed, **options) for data in ("training", "standard", "clean")]


def test_a_share_of_each_class_is_held_out_and_differs_between_seeds(file):
    assert read_points(file).classes == ("-1", "2", "10")  # as numbers, not as words
    training, standard, _ = data_sets(file)
    assert list(np.bincount(training.labels)) == [15, 15, 15]
    assert list(np.bincount(standard.labels)) == [5, 5, 5]
    both = np.concatenate([training.x, standard.x])
    assert len(np.unique(both, axis=0)) == 60
    assert not np.array_equal(data_sets(file, seed=1)[1].x, standard.x)


def test_features_are_scaled_by_the_training_points_and_clean_ones_are_their_means(file):
    training, standard, clean = data_sets(file)
    assert np.allclose(training.x.mean(axis=0), 0, atol=1e-6)
    assert np.allclose(training.x.std(axis=0), [1, 0, 1], atol=1e-6)
    assert not np.allclose(standard.x[:, [0, 2]].mean(axis=0), 0, atol=1e-6)
    assert list(clean.labels) == [0, 1, 2]
    for label in range(3):
        mean = training.x[training.labels == label].mean(axis=0)
        assert np.allclose(clean.x[label], mean, atol=1e-6)


def test_an_edited_file_is_refused_by_a_job_that_was_planned_before(file):
    with pytest.raises(PipelineError, match="it was edited since the workflow was started"):
        points("training", 0, points=file, digest="other", held_out=0.25)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1 has nothing; it must name the columns"),
        ("a,label\n1,x\n2,y,z\n", "line 3 has 3 entries; it must have 2, as the first line has"),
        ("a,label\n1,x\n\nmuch,y\n", "line 4 has 'much' as its a; it must be a number from -1e+30"),
        ("a,label\n1,x\n2, \n", "line 3 has no label"),
        ("a,label\n1,x\n2,NA\n3,NA\n", "line 3 has 'NA' as its label; a label must not be missing"),
        (",a,label\n0,1,x\n1,2,y\n", "line 1 has no name for column 1; every column must have one"),
        ("a,label\n1,1\n2,1.0\n3,1\n", "line 3 has '1.0' as its label, and an earlier line has"),
        ("a,label\n1,x\n2,x\n", "its points must be of at least 2 classes; they are of 1"),
        ("a,label\n1,x\n2,x\n3,y\n", "a single point has the label 'y'"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path, paper, text, problem):
    path = tmp_path / "points.csv"
    path.write_text(text, encoding="utf-8")
    paper["task"]["points"] = str(path)
    with pytest.raises(PipelineError) as refused:
        validate(paper)
    [line] = str(refused.value).splitlines()
    assert line.startswith(f"task.points: {path}: {problem}")


@pytest.mark.parametrize("engine", ["fast", "plain"])
def test_a_study_of_such_points_runs_to_its_report_on_both_engines(file, engine, tmp_path):
    study = base() | {"engine": engine}
    study["treatments"] |= {"neurosteroid": None, "ssri": None}
    study["task"]["points"] = file
    study = validate(study)
    assert study.layer_sizes == [3, 12, 10, 3]
    run(study, tmp_path / "out", whole=True)
    assert "centres" not in (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert not (tmp_path / "out/figures/regions.svg").exists()


def test_an_edited_file_reruns_the_study(tmp_path):
    project = Project(tmp_path)
    path = tmp_path / "mood.csv"
    path.write_text(table(), encoding="utf-8")
    project.study |= {"seeds": 1, "task": {"points": "mood.csv"}}
    project.study["reproduction"] = {"published": None, "runs": None}
    project.study["treatments"]["ketamine"] = None
    project.snakemake("-j", "1", "results/values.parquet")
    path.write_text(table(63), encoding="utf-8")
    rows = [line for line in project.planned() if line.startswith("seed 0")]
    assert "seed 0: train the healthy network" in rows
    assert len(rows) == 1 + 1 + 1 + 3 + 2  # networks, evaluate of each, acute and relapse
