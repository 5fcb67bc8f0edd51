"""The rows of all seeds in one file: what belongs in which file, and that nothing else is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.networks import REMEDY
from pipeline_lib.files.rows import SCHEMAS, SHARES, read_table

# What a row was measured, by its kind. All else says where it belongs, and is the same in every
# seed of a study.
RESULTS = {*SHARES, "correct", "total", "activity", "loss", "value"}

_Path: TypeAlias = "str | Path"


@dataclass(frozen=True)
class Part:
    """What one of the files to gather holds: one seed's rows, and the columns with one value."""

    seed: int
    treatments: Sequence[str]
    constant: Mapping[str, str] = field(default_factory=dict)


def parts(kind: str, seeds: Sequence[int], treatments: Sequence[str]) -> list[Part]:
    """Return what the files of a kind hold, in the order in which they are gathered."""
    if kind == "replay":
        return [Part(seed, treatments) for seed in seeds]
    if kind == "history":
        healthy, *treated = treatments
        return [
            *(Part(seed, [healthy], {"stage": "baseline"}) for seed in seeds),
            *(
                Part(seed, [treatment], {"stage": stage})
                for stage, seed, treatment in product(("course", "maintenance"), seeds, treated)
            ),
        ]
    return [Part(seed, [name], _constant(kind)) for seed, name in product(seeds, treatments)]


def gather(
    paths: Iterable[_Path], *, kind: str, seeds: Sequence[int], treatments: Sequence[str]
) -> pa.Table:
    """Return the rows of several files as one table, in the order of the files.

    Raises PipelineError if a file does not hold what `parts` says of it, holds a measurement
    twice, or not the same measurements as that of another seed.
    """
    tables = []
    first: dict[tuple[Any, ...], tuple[_Path, pa.Table]] = {}
    for path, part in zip(paths, parts(kind, seeds, treatments), strict=True):
        table = read_table(path, SCHEMAS[kind])
        _check_columns(path, table, {"seed": [part.seed], **_lists(part.constant)})
        _check_columns(path, table, {"treatment": part.treatments}, complete=kind != "history")
        tables.append(table)
        place = _place(table)
        like = (*part.treatments, *part.constant.values())
        model, expected = first.setdefault(like, (path, place))
        if path is not model and place.equals(expected):
            continue
        if place.group_by(place.column_names).aggregate([]).num_rows < place.num_rows:
            raise PipelineError(f"{path}: holds a measurement twice; {REMEDY}")
        if path is not model:
            raise PipelineError(
                f"{path}: its {place.num_rows} rows are not of the same measurements as the"
                f" {expected.num_rows} of {model}; delete both and run the workflow again to"
                " rebuild them"
            )
    return pa.concat_tables(tables).combine_chunks()


def read_gathered(
    path: _Path, *, kind: str, seeds: Sequence[int], treatments: Sequence[str]
) -> pa.Table:
    """Read a file that `gather` made.

    Raises PipelineError like `read_table`, and if it holds other rows than those of all of these
    seeds and treatments.
    """
    table = read_table(path, SCHEMAS[kind])
    _check_columns(path, table, _lists(_constant(kind)))
    complete = kind != "history"
    _check_columns(path, table, {"seed": seeds, "treatment": treatments}, complete=complete)
    groups = table.group_by(["seed", "treatment"], use_threads=False).aggregate([([], "count_all")])
    counts = {(row["seed"], row["treatment"]): row["count_all"] for row in groups.to_pylist()}
    for treatment in treatments:
        numbers = sorted({counts.get((seed, treatment), 0) for seed in seeds})
        if len(numbers) > 1:
            raise PipelineError(
                f"{path}: seeds have from {numbers[0]} to {numbers[-1]} rows of {treatment};"
                f" every seed must have the same number; {REMEDY}"
            )
    return table


def _constant(kind: str) -> dict[str, str]:
    return {"assessment": kind} if "assessment" in SCHEMAS[kind].names else {}


def _lists(constant: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in constant.items()}


def _place(table: pa.Table) -> pa.Table:
    """Return the columns that say which measurement a row is, of whatever seed."""
    return table.select([name for name in table.column_names if name not in {"seed", *RESULTS}])


def _check_columns(
    path: _Path,
    table: pa.Table,
    expected: Mapping[str, Sequence[Any]],
    *,
    complete: bool = False,
) -> None:
    for name, allowed in expected.items():
        found = pc.unique(table[name]).to_pylist()
        for value in found:
            if value not in allowed:
                raise PipelineError(
                    f"{path}: has rows of {name} {value};"
                    f" only {_listed(allowed)} belongs there; {REMEDY}"
                )
        for value in allowed:
            if complete and value not in found:
                raise PipelineError(f"{path}: has no rows of {name} {value}; {REMEDY}")


def _listed(values: Sequence[Any]) -> str:
    if len(values) <= 8:
        return ", ".join(map(str, values))
    return f"{values[0]}, {values[1]} … {values[-1]}"
