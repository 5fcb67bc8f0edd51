"""Metric files keep to their schema, and `gather` takes nothing that does not belong."""

from dataclasses import asdict, replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline_lib.engines.training import Epoch
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import (
    HISTORY,
    MEASUREMENTS,
    REPLAY,
    SCHEMAS,
    SWITCH,
    HistoryRow,
    Measurement,
    ReplayValue,
    SwitchRow,
    history_rows,
    read_table,
    write_rows,
    write_table,
)

ROW = Measurement(
    seed=0,
    treatment="ssri",
    assessment="evaluate",
    condition="combined",
    modulation="on",
    input_noise=1.0,
    internal_noise=0.5,
    cycle=None,
    sparsity=0.95,
    correct=3,
    total=4,
    accuracy=0.75,
)


def test_rows_come_back_as_they_were(tmp_path):
    rows = [ROW, replace(ROW, cycle=8, seed=9)]
    write_rows(tmp_path / "m.parquet", rows, MEASUREMENTS)
    assert read_table(tmp_path / "m.parquet", MEASUREMENTS).to_pylist() == [
        asdict(row) for row in rows
    ]


def test_history_rows_name_step_and_epoch(tmp_path):
    rows = history_rows([(1, Epoch(4, 0.1, 0.7))], seed=2, treatment="ssri", stage="course")
    write_rows(tmp_path / "h.parquet", rows, HISTORY)
    (row,) = read_table(tmp_path / "h.parquet", HISTORY).to_pylist()
    assert (row["step"], row["epoch"], row["noise"], row["loss"]) == (1, 4, 0.1, 0.7)
    assert row["cycle"] is None


@pytest.mark.parametrize("accuracy", [1.01, -0.1, float("nan")])
def test_an_accuracy_that_is_no_fraction_is_refused(tmp_path, accuracy):
    with pytest.raises(PipelineError, match=r"accuracy .* fraction from 0 to 1"):
        write_rows(tmp_path / "m.parquet", [replace(ROW, accuracy=accuracy)], MEASUREMENTS)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["truncate", "empty", "flip", "foreign"])
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path, damage):
    path = tmp_path / "m.parquet"
    write_rows(path, [ROW] * 50, MEASUREMENTS)
    content = bytearray(path.read_bytes())
    if damage == "truncate":
        path.write_bytes(content[:-20])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "flip":
        content[30] ^= 0x10
        path.write_bytes(content)
    else:
        pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(PipelineError) as error:
        read_table(path, MEASUREMENTS)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


HISTORY_ROW = HistoryRow(0, "ssri", "course", None, 0, 0, noise=0.5, loss=0.1)
SWITCH_ROW = SwitchRow(0, "ssri", "on", 1.0, 1.0, correct=1, total=2, accuracy=0.5, activity=0.1)
REPLAY_ROW = ReplayValue(0, "ssri", "clean", None, 25.0)


@pytest.mark.parametrize(
    ("row", "schema", "change", "sentence"),
    [
        (ROW, MEASUREMENTS, {"input_noise": float("inf")}, "input_noise has inf; .* finite"),
        (ROW, MEASUREMENTS, {"sparsity": 1.5}, "sparsity runs from 1.5 to 1.5"),
        (ROW, MEASUREMENTS, {"correct": 2}, "an accuracy is not the share of correct among total"),
        (ROW, MEASUREMENTS, {"treatment": None}, "treatment is missing in 1 rows"),
        (ROW, MEASUREMENTS, {"accuracy": None}, "accuracy is missing in 1 rows"),
        (HISTORY_ROW, HISTORY, {"loss": float("nan")}, "loss has nan; it must be a finite number"),
        (SWITCH_ROW, SWITCH, {"activity": float("inf")}, "activity has inf; .* finite"),
        (SWITCH_ROW, SWITCH, {"accuracy": 2.0}, "accuracy runs from 2.0 to 2.0"),
        (REPLAY_ROW, REPLAY, {"value": float("nan")}, "value has nan; it must be a finite number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_number_is_refused_at_both_ends(tmp_path, row, schema, change, sentence):
    path = tmp_path / "m.parquet"
    write_rows(path, [row], schema)
    read_table(path, schema)
    bad = pa.Table.from_pylist([asdict(row) | change], schema=schema)
    with pytest.raises(PipelineError, match=sentence):
        write_table(tmp_path / "bad.parquet", bad)
    if None not in change.values():  # Parquet itself takes no null where there may be none
        pq.write_table(bad, path, write_page_checksum=True)
        with pytest.raises(PipelineError, match=sentence):
            read_table(path, schema)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_kind_of_file_is_told_from_the_others(tmp_path, name):
    for schema in SCHEMAS.values():
        write_rows(tmp_path / "m.parquet", [], schema)
        if schema.equals(SCHEMAS[name], check_metadata=True):
            read_table(tmp_path / "m.parquet", SCHEMAS[name])
        else:
            with pytest.raises(PipelineError, match="its columns are not those of"):
                read_table(tmp_path / "m.parquet", SCHEMAS[name])
