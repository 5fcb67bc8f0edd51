"""Files of rows, and stamps, which say what made a file: a plan, known before, and its inputs."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.networks import origin, write_network
from pipeline_lib.files.rows import digest, read_rows, read_table, schema, write_rows, write_table
from pipeline_lib.files.stamps import BY_HAND, KEY, Made, origin_of, read_stamp, stamp_files
from pipeline_lib.jobs import sources
from pipeline_lib.jobs.plan import Job, plan
from pipeline_lib.jobs.script import made
from pipeline_lib.measures import Value
from tests.conftest import ROOT
from tests.trust.damage import measurements

[ROW, *_] = measurements(0, "ssri")
VALUE = Value(0, "ssri", "internal", "on", 5e-05, None, 25.0)
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
    with pytest.raises(PipelineError, match="settings, code or library versions that differ"):
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


def test_the_order_of_treatments_is_part_of_a_plan():
    one, other = (plan("x", study=dict.fromkeys(each), code="", inputs={}) for each in ("ab", "ba"))
    assert one != other


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
    monkeypatch.setenv(sources.VARIABLE, json.dumps(watched | {name: "another"}))
    with pytest.raises(PipelineError, match=rf"{name} was edited while the workflow was run"):
        sources.check()


def test_a_job_notices_an_edit_that_was_reverted_before_it_ended(watched, monkeypatch):
    # The content is the same, but the file was changed since this process first saw it.
    monkeypatch.setitem(sources._changed, "pipeline_lib/jobs/sources.py", 1)
    with pytest.raises(PipelineError, match=r"sources\.py was edited while"):
        sources.check()


# Rows


@pytest.mark.parametrize(
    ("row", "change", "sentence"),
    [
        (ROW, {"input_noise": float("inf")}, "input_noise has inf; .* finite"),
        (ROW, {"accuracy": 1.01}, "accuracy runs from 1.01 to 1.01; .* fraction from 0 to 1"),
        (ROW, {"correct": 2}, "an accuracy is not the share of correct among total"),
        (ROW, {"treatment": None}, "treatment is missing in 1 rows"),
        (VALUE, {"value": float("nan")}, "value has nan; it must be a finite number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_number_is_neither_written_nor_read(tmp_path, row, change, sentence):
    path, kind = tmp_path / "m.parquet", type(row)
    bad = pa.Table.from_pylist([asdict(row) | change], schema=schema(kind))
    with pytest.raises(PipelineError, match=sentence):
        write_table(path, bad)
    assert not list(tmp_path.iterdir())
    if None not in change.values():  # Parquet itself takes no null where there may be none
        pq.write_table(bad.replace_schema_metadata({KEY: BY_HAND.stamp(digest(bad)).text()}), path)
        with pytest.raises(PipelineError, match=sentence):
            read_table(path, kind)
