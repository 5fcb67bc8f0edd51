"""Stamps say what made a file: a plan that is known before anything runs, and the inputs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.networks import origin, write_network
from pipeline_lib.files.rows import read_rows, write_rows
from pipeline_lib.files.stamps import Made, origin_of, read_stamp, stamp_files
from pipeline_lib.jobs import sources
from pipeline_lib.jobs.plan import Job, made, plan
from pipeline_lib.measures import Value
from tests.conftest import ROOT

VALUE = Value(0, "ssri", "combined", "on", None, None, 25.0)
PLANNED = plan("treat", study={"lr": 1e-5}, code="a", inputs={"network": "b"})


@pytest.fixture
def job(tmp_path):
    """A job whose output, of this plan, is made of its one input."""
    made_of, output = tmp_path / "in.txt", tmp_path / "out.parquet"
    made_of.write_text("in")
    write_rows(output, [VALUE], Value, Made(PLANNED, origin_of([made_of])))
    return Job(PLANNED, [str(output)], [str(made_of)])


def test_a_file_that_was_cut_short_has_no_stamp(job, network, tmp_path):
    write_network(tmp_path / "n.safetensors", network, origin(0, "healthy"))
    for path in (Path(job.outputs[0]), tmp_path / "n.safetensors"):
        assert read_stamp(path)
        path.write_bytes(path.read_bytes()[:-1])
        assert read_stamp(path) is None
    assert job.is_stale()


def test_a_different_plan_or_input_makes_a_file_stale_and_unreadable(job, tmp_path):
    assert not job.is_stale()
    assert read_rows(job.outputs[0], Value, PLANNED) == [VALUE]
    assert Job("other", job.outputs, job.inputs).is_stale()
    with pytest.raises(PipelineError, match="made by other settings, other code or other versions"):
        read_rows(job.outputs[0], Value, "other")
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


def test_a_job_notices_an_edit_that_was_reverted_before_it_ended(watched, monkeypatch):
    # The content is the same, but the file was changed since this process first saw it.
    monkeypatch.setitem(sources._changed, "pipeline_lib/jobs/sources.py", 1)
    with pytest.raises(PipelineError, match=r"sources\.py was edited while"):
        sources.check()
