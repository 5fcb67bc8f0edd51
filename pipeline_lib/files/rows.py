"""The files of measurements: their columns, declared once, checked on write and on read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline_lib.engines.training import Epoch
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.networks import REMEDY, whole


@dataclass(frozen=True)
class Measurement:
    """One accuracy of one network; noise levels are sds, `cycle` is of the longitudinal test."""

    seed: int
    treatment: str
    assessment: str
    condition: str
    modulation: str
    input_noise: float
    internal_noise: float
    cycle: int | None
    sparsity: float
    correct: int
    total: int
    accuracy: float


@dataclass(frozen=True)
class SwitchRow:
    """Switch liability of one network: accuracy under noise N(bias, internal_noise²), and mean
    absolute hidden activity without noise.
    """

    seed: int
    treatment: str
    modulation: str
    bias: float
    internal_noise: float
    correct: int
    total: int
    accuracy: float
    activity: float


@dataclass(frozen=True)
class HistoryRow:
    """One epoch of training; `stage` is baseline, course or maintenance."""

    seed: int
    treatment: str
    stage: str
    cycle: int | None
    step: int
    epoch: int
    noise: float
    loss: float


def history_rows(
    history: Iterable[tuple[int, Epoch]],
    *,
    seed: int,
    treatment: str,
    stage: str,
    cycle: int | None = None,
) -> list[HistoryRow]:
    """Return the rows of a training history, (index of the step within its course, epoch)."""
    return [
        HistoryRow(seed, treatment, stage, cycle, step, epoch.epoch, epoch.noise, epoch.loss)
        for step, epoch in history
    ]


@dataclass(frozen=True)
class ReplayValue:
    """One number of the replay, in the published unit: per cent where it is a share."""

    seed: int
    treatment: str
    metric: str
    cycle: int | None
    value: float


def _schema(name: str, row: type, columns: dict[str, pa.DataType]) -> pa.Schema:
    optional = {"str | None", "int | None"}
    fields = [
        pa.field(key, columns[key], nullable=kind in optional)
        for key, kind in row.__annotations__.items()
    ]
    return pa.schema(fields, metadata={"schema": name})


MEASUREMENTS = _schema(
    "measurements/1",
    Measurement,
    {
        "seed": pa.int32(),
        "treatment": pa.string(),
        "assessment": pa.string(),
        "condition": pa.string(),
        "modulation": pa.string(),
        "input_noise": pa.float64(),
        "internal_noise": pa.float64(),
        "cycle": pa.int32(),
        "sparsity": pa.float64(),
        "correct": pa.int64(),
        "total": pa.int64(),
        "accuracy": pa.float64(),
    },
)

SWITCH = _schema(
    "switch/1",
    SwitchRow,
    {
        "seed": pa.int32(),
        "treatment": pa.string(),
        "modulation": pa.string(),
        "bias": pa.float64(),
        "internal_noise": pa.float64(),
        "correct": pa.int64(),
        "total": pa.int64(),
        "accuracy": pa.float64(),
        "activity": pa.float64(),
    },
)

HISTORY = _schema(
    "history/1",
    HistoryRow,
    {
        "seed": pa.int32(),
        "treatment": pa.string(),
        "stage": pa.string(),
        "cycle": pa.int32(),
        "step": pa.int32(),
        "epoch": pa.int32(),
        "noise": pa.float64(),
        "loss": pa.float64(),
    },
)

REPLAY = _schema(
    "replay/1",
    ReplayValue,
    {
        "seed": pa.int32(),
        "treatment": pa.string(),
        "metric": pa.string(),
        "cycle": pa.int32(),
        "value": pa.float64(),
    },
)

_WRITER = re.compile(r"parquet-cpp-arrow version \d+\.\d+\.\d+")

SHARES = ("accuracy", "sparsity")  # columns that are fractions, from 0 to 1


def accuracy_in_per_cent(row: Mapping[str, Any]) -> float:
    """Return the accuracy of a row that has counts."""
    # From the counts, not from the fraction: 100 * (3706 / 4000) need not be the float 92.65,
    # and whether a mean prints as 92.6 or 92.7 can hang on that.
    return float(100.0 * row["correct"] / row["total"])


def write_rows(path: str | Path, rows: Iterable[Any], schema: pa.Schema) -> None:
    """Write rows, dataclasses of the schema, to a Parquet file, whole."""
    write_table(path, pa.Table.from_pylist([asdict(row) for row in rows], schema=schema))


def write_table(path: str | Path, table: pa.Table) -> None:
    """Write a table of one of this module's schemas to a Parquet file, whole.

    Raises PipelineError if a number in it is missing or not finite, or a fraction is not one.
    """
    _check_values(path, table)
    with whole(path) as temporary:
        temporary.write_bytes(_encoded(table))


def read_table(path: str | Path, schema: pa.Schema) -> pa.Table:
    """Read a Parquet file of this schema.

    Raises PipelineError if the file is missing, damaged in any bit, of another schema, or holds
    what `write_table` would not write.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such file") from None
    except OSError as error:
        raise PipelineError(f"{path}: could not be read ({error.strerror})") from None
    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        table, writer = file.read(use_threads=False), file.metadata.created_by
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise PipelineError(f"{path}: damaged ({reason}); {REMEDY}") from None
    if not table.schema.equals(schema, check_metadata=True):
        name = schema.metadata[b"schema"].decode()
        raise PipelineError(f"{path}: its columns are not those of {name}; {REMEDY}")
    # Parquet's checksums are of the pages alone, not of their headers nor of the file's footer,
    # which can say that a number is missing or how many there are. But the same rows are the same
    # bytes, as long as the same library writes them.
    ours = f"parquet-cpp-arrow version {pa.__version__}"
    if not _WRITER.fullmatch(writer) or (writer == ours and _encoded(table) != content):
        raise PipelineError(f"{path}: damaged (it is not as it was written); {REMEDY}")
    _check_values(path, table)
    return table


def _encoded(table: pa.Table) -> bytes:
    content = pa.BufferOutputStream()
    pq.write_table(table, content, write_page_checksum=True)
    encoded: bytes = content.getvalue().to_pybytes()
    return encoded


def _check_values(path: str | Path, table: pa.Table) -> None:
    for field in table.schema:
        column = table[field.name]
        if column.null_count and not field.nullable:
            raise PipelineError(f"{path}: {field.name} is missing in {column.null_count} rows")
    for name in set(SHARES) & set(table.column_names):
        bounds = pc.min_max(table[name]).as_py()
        if table.num_rows and not 0 <= bounds["min"] <= bounds["max"] <= 1:
            raise PipelineError(
                f"{path}: {name} runs from {bounds['min']} to {bounds['max']};"
                " it must be a fraction from 0 to 1"
            )
    for field in table.schema:
        column = table[field.name]
        if pa.types.is_floating(field.type):
            bad = column.filter(pc.invert(pc.is_finite(column)))
            if len(bad):
                raise PipelineError(
                    f"{path}: {field.name} has {bad[0]}; it must be a finite number"
                )
    if {"correct", "total", "accuracy"} <= set(table.column_names):
        share = pc.divide(table["correct"].cast(pa.float64()), table["total"].cast(pa.float64()))
        if not pc.all(pc.equal(share, table["accuracy"]), min_count=0).as_py():
            raise PipelineError(f"{path}: an accuracy is not the share of correct among total")


SCHEMAS = {
    "evaluate": MEASUREMENTS,
    "acute": MEASUREMENTS,
    "relapse": MEASUREMENTS,
    "switch": SWITCH,
    "history": HISTORY,
    "replay": REPLAY,
}
