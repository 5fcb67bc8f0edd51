"""Files of rows: Parquet files whose columns are the fields of a dataclass.

A file carries a stamp (`stamps`) with a digest of its rows. The digest and all numbers are checked
whenever the file is read.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.stamps import BY_HAND, KEY, Made, check_plan, note, parsed
from pipeline_lib.files.whole import REMEDY, reason, whole
from pipeline_lib.numbers import Axes, Drawn, drawn_keys

Row = TypeVar("Row")

SHARES = ("accuracy", "sparsity")  # columns that are fractions, from 0 to 1
DRAWN = b"drawn"  # in the metadata of columns of drawn numbers, which are not those of an axis


_TYPES = {int: pa.int64(), float: pa.float64(), str: pa.string(), bool: pa.bool_()}


@cache
def schema(row: type) -> pa.Schema:
    """Return the columns of a dataclass of rows, whose fields are int, float, str or bool.

    The column of a field that may be None may have missing values.
    """
    hints, columns = get_type_hints(row), []
    for field in fields(row):
        hint = hints[field.name]
        kind, *optional = get_args(hint) or (hint,)
        columns.append(pa.field(field.name, _TYPES[kind], nullable=bool(optional)))
    return pa.schema(columns)


def write_rows(path: str | Path, rows: Iterable[Any], row: type, made: Made = BY_HAND) -> None:
    """Write rows, dataclasses of type `row`, to a Parquet file atomically.

    Raises PipelineError if a number is missing or not finite, or a fraction is not from 0 to 1.
    """
    write_table(path, table_of(rows, row), made)


def table_of(rows: Iterable[Any], row: type) -> pa.Table:
    """Return rows, dataclasses of type `row`, as a table."""
    return pa.Table.from_pylist([asdict(each) for each in rows], schema=schema(row))


def write_table(path: str | Path, table: pa.Table, made: Made = BY_HAND) -> None:
    """Write a table with the schema of a dataclass to a Parquet file; raises like `write_rows`."""
    _check_values(path, table)
    stamp = made.stamp(digest(table)).text()
    table = table.combine_chunks().replace_schema_metadata({KEY: stamp})
    with whole(path) as temporary:
        pq.write_table(table, temporary)


def read_rows(path: str | Path, row: type[Row], planned: str | None = None) -> list[Row]:
    """Read the rows of a Parquet file; raises like `read_table`."""
    return [row(**each) for each in read_table(path, row, planned).to_pylist()]


def read_table(
    path: str | Path, row: type, planned: str | None = None, *, axes: Axes | None = None
) -> pa.Table:
    """Read a Parquet file of rows of this dataclass, made by the plan `planned` if one is given.

    The columns of `axes`, of which any value is given, come first. Columns of drawn numbers, which
    follow them, are left out.

    Raises PipelineError if the file is missing, damaged, made by another plan, of other columns, or
    holds what `write_table` would not write.
    """
    try:
        with pq.ParquetFile(path) as file:
            table = file.read(use_threads=False)
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such file") from None
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise PipelineError(f"{path}: could not be read ({reason(error)})") from None
        why = str(error).splitlines()[0]
        raise PipelineError(f"{path}: damaged ({why}); {REMEDY}") from None
    stamp = parsed((table.schema.metadata or {}).get(KEY.encode(), b"").decode(errors="replace"))
    if stamp is None:
        raise PipelineError(f"{path}: it does not say what made it; {REMEDY}")
    check_plan(path, stamp, planned)
    table = table.replace_schema_metadata(None)
    drawn = [field for field in table.schema if DRAWN in (field.metadata or {})]
    columns = pa.schema([*_axis_columns(axes or {}), *drawn, *schema(row)])
    if not table.schema.equals(columns):
        names = ", ".join(columns.names)
        raise PipelineError(f"{path}: its columns are not {names}; {REMEDY}")
    if stamp.content != digest(table):
        raise PipelineError(f"{path}: damaged (its digest does not fit its rows); {REMEDY}")
    _check_values(path, table)
    note(path, stamp.content)
    return table.drop_columns([field.name for field in drawn])


def with_axes(table: pa.Table, axes: Axes) -> pa.Table:
    """Return a table with a column for each axis in front, which has this value in every row."""
    for column in reversed(_axis_columns(axes)):
        values = pa.repeat(pa.scalar(axes[column.name], column.type), table.num_rows)
        table = table.add_column(0, column, values)
    return table


def with_drawn(table: pa.Table, drawn: Drawn) -> pa.Table:
    """Return a table with a column in front for each number that was drawn for its rows' seeds."""
    seeds = table["seed"].to_pylist()
    for key in reversed(drawn_keys(drawn)):
        numbers = pa.array([drawn[seed][key] for seed in seeds], pa.float64())
        field = pa.field(key, pa.float64(), nullable=False, metadata={DRAWN: b"for each seed"})
        table = table.add_column(0, field, numbers)
    return table


def of_scenarios(table: pa.Table, scenarios: Sequence[Axes]) -> list[pa.Table]:
    """Return the rows of each scenario, without the columns of the axes."""
    names = list(scenarios[0])
    parts = []
    for axes in scenarios:
        here = [table[name].to_numpy() == axes[name] for name in names]
        parts.append(table.filter(pa.array(np.logical_and.reduce(here))) if here else table)
    return [part.drop_columns(names) for part in parts]


def read_scenarios(
    path: str | Path, row: type[Row], scenarios: Sequence[Axes], planned: str | None = None
) -> list[list[Row]]:
    """Read the rows of each scenario; raises like `read_table`."""
    table = read_table(path, row, planned, axes=scenarios[0])
    return [[row(**each) for each in part.to_pylist()] for part in of_scenarios(table, scenarios)]


def _axis_columns(axes: Axes) -> list[pa.Field]:
    return [pa.field(name, _TYPES[type(value)], nullable=False) for name, value in axes.items()]


def digest(table: pa.Table) -> str:
    """Return a digest of a table's columns and rows, which does not depend on the chunks."""
    plain = {}
    for field in table.schema:
        column = table[field.name].combine_chunks()
        if field.nullable:
            # The memory under a missing number can hold anything.
            found = column.to_pylist()
            nothing = {pa.string(): "", pa.bool_(): False}.get(column.type, 0)
            missing = np.array([each is None for each in found], np.uint8)
            plain[f"{field.name} is missing"] = pa.array(missing)
            column = pa.array([nothing if each is None else each for each in found], column.type)
        plain[field.name] = column if column.type != pa.bool_() else column.cast(pa.uint8())
    content = pa.BufferOutputStream()
    canonical = pa.table(plain).combine_chunks()
    with pa.ipc.new_stream(content, canonical.schema) as stream:
        stream.write_table(canonical)
    return hashlib.sha256(content.getvalue()).hexdigest()


def _check_values(path: str | Path, table: pa.Table) -> None:
    for field in table.schema:
        column = table[field.name]
        if column.null_count and not field.nullable:
            raise PipelineError(f"{path}: {field.name} is missing in {column.null_count} rows")
        if pa.types.is_floating(field.type):
            numbers = (column.drop_null() if column.null_count else column).to_numpy()
            bad = numbers[~np.isfinite(numbers)]
            if len(bad):
                raise PipelineError(
                    f"{path}: {field.name} has {bad[0]}; it must be a finite number"
                )
    for name in set(SHARES) & set(table.column_names):
        shares = table[name].to_numpy()
        if len(shares) and not 0 <= shares.min() <= shares.max() <= 1:
            raise PipelineError(
                f"{path}: {name} runs from {shares.min()} to {shares.max()};"
                " it must be a fraction from 0 to 1"
            )
    if {"correct", "total", "accuracy"} <= set(table.column_names):
        share = table["correct"].to_numpy() / table["total"].to_numpy()
        if not np.array_equal(share, table["accuracy"].to_numpy()):
            raise PipelineError(f"{path}: an accuracy is not the share of correct among total")
