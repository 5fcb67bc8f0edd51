"""Stamps say what made a file: a plan that is known before anything runs, and the inputs."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.networks import origin, write_network
from pipeline_lib.files.rows import read_rows, write_rows
from pipeline_lib.files.stamps import Made, contents, origin_of, parsed, read_stamp, stamp_files
from pipeline_lib.jobs import sources
from pipeline_lib.jobs.plan import Job, made, plan
from pipeline_lib.measures import Value
from tests.conftest import ROOT

VALUE = Value(0, "ssri", "combined", "on", None, None, 25.0)
PLAN = {"study": {"lr": 1e-5}, "code": "a", "inputs": {"network": "b"}}
PLANNED = plan("treat", **PLAN)


@pytest.fixture
def job(tmp_path):
    """A job whose output, of this plan, is made of its one input."""
    made_of, output = tmp_path / "in.txt", tmp_path / "out.parquet"
    made_of.write_text("in")
    write_rows(output, [VALUE], Value, Made(PLANNED, origin_of([made_of])))
    return Job(PLANNED, [str(output)], [str(made_of)])


@pytest.mark.parametrize(
    ("stage", "change"),
    [
        ("evaluate", {}),
        ("treat", {"study": {"lr": 2e-5}}),
        ("treat", {"code": "c"}),
        ("treat", {"inputs": {"network": "c"}}),
    ],
)
def test_a_plan_changes_with_everything_that_decides_the_output(stage, change):
    assert plan(stage, **(PLAN | change)) != PLANNED


def test_a_plan_does_not_depend_on_the_order_of_keys():
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert plan("x", study=one, code="", inputs={}) == plan("x", study=other, code="", inputs={})


def test_a_file_carries_the_stamp_of_its_job(job):
    stamp = read_stamp(job.outputs[0])
    assert (stamp.made_by, stamp.made_from) == (PLANNED, origin_of(job.inputs))
    assert parsed(stamp.text()) == stamp


def test_the_content_digest_does_not_depend_on_what_made_the_file(tmp_path):
    paths = [tmp_path / f"{name}.parquet" for name in "abc"]
    for path, value, by in zip(paths, (1.0, 1.0, 2.0), ("x", "y", "x"), strict=True):
        row = Value(0, "ssri", "combined", "on", None, None, value)
        write_rows(path, [row], Value, Made(by))
    one, same, other = (contents([path]) for path in paths)
    assert one == same != other


def test_a_file_without_a_stamp_has_none(tmp_path):
    for name in ("none.parquet", "text.parquet", "text.safetensors", "text.json"):
        if name.startswith("text"):
            (tmp_path / name).write_text("not a stamp, and longer than any footer's length is")
        assert read_stamp(tmp_path / name) is None
    assert parsed('{"content": "a"}') is None


def test_a_file_that_was_cut_short_has_no_stamp(job, network, tmp_path):
    write_network(tmp_path / "n.safetensors", network, origin(0, "healthy"))
    for path in (Path(job.outputs[0]), tmp_path / "n.safetensors"):
        assert read_stamp(path)
        path.write_bytes(path.read_bytes()[:-1])
        assert read_stamp(path) is None
    assert job.is_stale()


def test_a_file_with_a_different_plan_is_refused(job):
    assert read_rows(job.outputs[0], Value, PLANNED) == [VALUE]
    with pytest.raises(PipelineError, match="made by other settings, other code or other versions"):
        read_rows(job.outputs[0], Value, plan("treat", **(PLAN | {"code": "c"})))


def test_neither_files_made_as_planned_nor_missing_files_are_stale(job, tmp_path):
    assert not job.is_stale()
    assert not Job(PLANNED, [str(tmp_path / "none.parquet")], job.inputs).is_stale()


def test_a_copy_is_as_good_as_its_original(job, tmp_path):
    copy = shutil.copyfile(job.outputs[0], tmp_path / "copy.parquet")
    assert not Job(PLANNED, [copy], job.inputs).is_stale()


def test_a_different_plan_or_input_makes_a_file_stale(job, tmp_path):
    assert Job("other", job.outputs, job.inputs).is_stale()
    (tmp_path / "in.txt").write_text("another")
    assert job.is_stale()


def test_of_inputs_that_are_gone_only_temporary_networks_are_excused(tmp_path, network):
    text, made_of, output = (tmp_path / name for name in ("in.txt", "n.safetensors", "out.parquet"))
    text.write_text("in")
    write_network(made_of, network, origin(0, "healthy"))
    inputs = [str(text), str(made_of)]
    write_rows(output, [VALUE], Value, Made(PLANNED, origin_of(inputs)))
    job = Job(PLANNED, [str(output)], inputs)
    assert not job.is_stale()
    made_of.unlink()
    assert job.is_stale()
    assert not job.is_stale(temporary=True)
    text.write_text("another")
    assert job.is_stale(temporary=True)


def test_a_stamp_names_what_was_read_and_not_what_has_taken_its_place(tmp_path):
    path = tmp_path / "in.parquet"
    write_rows(path, [VALUE], Value, Made(PLANNED))
    read = origin_of([path])
    read_rows(path, Value)
    write_rows(path, [], Value, Made(PLANNED))
    assert made("x", [path]).of == read != origin_of([path])


def test_a_text_that_was_edited_or_has_lost_its_stamp_is_stale(tmp_path):
    text, stamp = tmp_path / "table.csv", tmp_path / "stamp.json"
    text.write_text("a")
    stamp_files(stamp, [text], Made(PLANNED))
    job = Job(PLANNED, [str(text), str(stamp)], [], str(stamp))
    assert not job.is_stale()
    text.write_text("b")
    assert job.is_stale()
    text.write_text("a")
    assert not job.is_stale()
    stamp.write_text(stamp.read_text().partition("[")[0])  # it no longer names its files
    assert job.is_stale()
    stamp.unlink()
    assert job.is_stale()


@pytest.fixture
def watched(monkeypatch):
    """What a workflow that starts now tells its jobs of the code; nothing was looked at yet."""
    monkeypatch.setattr(sources, "_changed", {})
    known = json.loads(sources.recorded(ROOT))
    monkeypatch.setenv(sources.VARIABLE, json.dumps(known))
    sources.check()
    return known


@pytest.mark.parametrize("name", ["pipeline_lib/jobs/plan.py", "workflow_scripts/prune.py"])
def test_a_job_notices_that_its_code_was_edited_meanwhile(watched, name, monkeypatch):
    script = str(ROOT / "workflow_scripts/prune.py")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", script, raising=False)
    sources.check()
    monkeypatch.setenv(sources.VARIABLE, json.dumps(watched | {name: "another"}))
    with pytest.raises(PipelineError, match=rf"{name} was edited while the workflow was run"):
        sources.check()


def test_a_job_notices_an_edit_that_was_reverted_before_it_ended(watched):
    path = Path(sources.__file__)
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))  # as a revert does
    with pytest.raises(PipelineError, match=r"sources\.py was edited while"):
        sources.check()


def test_outside_a_workflow_no_code_is_watched(monkeypatch):
    monkeypatch.delenv(sources.VARIABLE, raising=False)
    sources.check()
