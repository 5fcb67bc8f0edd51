"""Files of rows match the dataclass of their rows, and damage is recognised."""

from __future__ import annotations

from dataclasses import asdict, replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline_lib.analysis.cells import Cell
from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import digest, read_rows, read_table, schema, write_rows, write_table
from pipeline_lib.files.stamps import BY_HAND, KEY
from pipeline_lib.measures import Value
from pipeline_lib.measures.switch import Row as SwitchRow
from pipeline_lib.steps import HistoryRow

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
HISTORY_ROW = HistoryRow(0, "ssri", "course", None, 0, 0, noise=0.5, loss=0.1)
SWITCH_ROW = SwitchRow(0, "ssri", "on", 1.0, 1.0, correct=1, total=2, accuracy=0.5, activity=0.1)
VALUE = Value(0, "ssri", "internal", "on", 5e-05, None, 25.0)


NOTHING = dict.fromkeys(("sd", "min", "max", "count", "ci_low", "ci_high"))
CELL = Cell("ssri", "internal", "on", None, None, 1, 25.0, **NOTHING, method="none", note="")


@pytest.mark.parametrize(
    "row", [ROW, HISTORY_ROW, SWITCH_ROW, VALUE, CELL], ids=lambda row: type(row).__name__
)
def test_rows_are_read_as_they_were_written_and_missing_numbers_as_none(tmp_path, row):
    rows = [row, replace(row, treatment="other")]
    write_rows(tmp_path / "m.parquet", rows, type(row))
    assert read_rows(tmp_path / "m.parquet", type(row)) == rows


@pytest.mark.parametrize(
    ("row", "change", "sentence"),
    [
        (ROW, {"input_noise": float("inf")}, "input_noise has inf; .* finite"),
        (ROW, {"accuracy": 1.01}, "accuracy runs from 1.01 to 1.01; .* fraction from 0 to 1"),
        (ROW, {"correct": 2}, "an accuracy is not the share of correct among total"),
        (ROW, {"treatment": None}, "treatment is missing in 1 rows"),
        (HISTORY_ROW, {"loss": float("nan")}, "loss has nan; it must be a finite number"),
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
