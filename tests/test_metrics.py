"""Metric files keep to their schema, and `gather` takes nothing that does not belong."""

from dataclasses import asdict, replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.metrics import (
    HISTORY,
    MEASUREMENTS,
    Measurement,
    history_rows,
    read_table,
    write_rows,
)
from pipeline_lib.training import Epoch

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
