"""The rows of all seeds in one file, with a check that exactly the right rows are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import of_scenarios, read_table
from pipeline_lib.files.whole import REMEDY
from pipeline_lib.names import BASELINE, COURSE, HISTORY
from pipeline_lib.numbers import Axes

_Path = str | Path
Training = Mapping[str, Sequence[str]]  # of measures: their stages, and of which treatments
NOTHING: Training = MappingProxyType({})


@dataclass(frozen=True)
class Part:
    """The expected content of a file to gather: the rows of a seed and a state.

    Rows of history are of one `stage` of training.
    """

    seed: int
    state: str
    stage: str = ""

    @property
    def place(self) -> str:
        """The state whose rows they are, preceded by the stage if they are history."""
        return f"{self.stage} {self.state}".strip()


def parts(
    kind: str, seeds: Sequence[int], states: Sequence[str], training: Training = NOTHING
) -> list[Part]:
    """Return the expected content of the files of a kind, in the order of gathering."""
    stages = {"": states}
    if kind == HISTORY:
        healthy, *treated = states
        stages = {BASELINE: [healthy], COURSE: treated, **training}
    return [
        Part(seed, state, stage)
        for stage, of_stage in stages.items()
        for seed, state in product(seeds, of_stage)
    ]


def gather(
    paths: Iterable[_Path],
    row: type,
    *,
    kind: str,
    seeds: Sequence[int],
    states: Sequence[str],
    training: Training = NOTHING,
    planned: Mapping[str, str] | None = None,
) -> pa.Table:
    """Return the rows of several files as one table, in the order of the files.

    `planned` has the plan that must have made each file, by `Part.place`, with the seed in front if
    numbers are drawn for each seed; None allows any. Raises PipelineError if a file was made by a
    different plan, does not hold what `parts` says, holds a row twice, or, unless it is the history
    of maintenance, does not have the same measurements as the files of other seeds.
    """
    tables = []
    first: dict[str, tuple[_Path, pa.Table]] = {}
    for path, part in zip(paths, parts(kind, seeds, states, training), strict=True):
        of_seed = f"{part.seed} {part.place}"
        by = (planned.get(of_seed) or planned[part.place]) if planned else None
        table = read_table(path, row, by)
        constant = {"stage": [part.stage]} if part.stage else {"assessment": [kind]}
        _check_columns(path, table, {"seed": [part.seed], **constant})
        _check_columns(path, table, {"treatment": [part.state]}, complete=kind != HISTORY)
        tables.append(table)
        place = _place(table, row)
        model, expected = first.setdefault(part.place, (path, place))
        if path is not model and place.equals(expected):
            continue
        if place.group_by(place.column_names).aggregate([]).num_rows < place.num_rows:
            raise PipelineError(f"{path}: holds a row twice; {REMEDY}")
        # Maintenance with a chance is taken in different cycles by different seeds.
        if path is not model and part.stage not in training:
            raise PipelineError(
                f"{path}: its {place.num_rows} rows are not of the same measurements as the"
                f" {expected.num_rows} of {model}; delete both and run the workflow again to"
                " rebuild them"
            )
    return pa.concat_tables(tables).combine_chunks()


def read_gathered(
    path: _Path,
    row: type,
    *,
    kind: str,
    seeds: Sequence[int],
    states: Sequence[str],
    planned: str | None = None,
    scenarios: Sequence[Axes] = ({},),
) -> list[pa.Table]:
    """Read the rows of each scenario from a file of them, made by `planned` if that is given.

    Raises PipelineError like `read_table`, and if the rows are not those of exactly these seeds and
    states.
    """
    table = read_table(path, row, planned, axes=scenarios[0])
    tables = of_scenarios(table, scenarios)
    if sum(len(each) for each in tables) != len(table):
        raise PipelineError(f"{path}: has rows of a scenario that is not in the study; {REMEDY}")
    for each in tables:
        _check_gathered(path, each, kind, seeds, states)
    return tables


def _check_gathered(
    path: _Path, table: pa.Table, kind: str, seeds: Sequence[int], states: Sequence[str]
) -> None:
    complete = kind != HISTORY
    _check_columns(path, table, {"seed": seeds, "treatment": states}, complete=complete)
    if kind == HISTORY:  # seeds need not have trained equally often
        return
    _check_columns(path, table, {"assessment": [kind]})
    groups = table.group_by(["seed", "treatment"], use_threads=False).aggregate([([], "count_all")])
    counts = {(each["seed"], each["treatment"]): each["count_all"] for each in groups.to_pylist()}
    for state in states:
        numbers = sorted({counts.get((seed, state), 0) for seed in seeds})
        if len(numbers) > 1:
            raise PipelineError(
                f"{path}: seeds have from {numbers[0]} to {numbers[-1]} rows of {state};"
                f" every seed must have the same number; {REMEDY}"
            )


def _place(table: pa.Table, row: type) -> pa.Table:
    """Return the columns that identify the measurement of a row, whatever its seed."""
    results: Sequence[str] = row.results  # type: ignore[attr-defined]
    return table.select([name for name in table.column_names if name not in {"seed", *results}])


def _check_columns(
    path: _Path, table: pa.Table, expected: Mapping[str, Sequence[Any]], *, complete: bool = False
) -> None:
    for name, allowed in expected.items():
        if name not in table.column_names:
            continue  # not every measure has a column of its name
        found = table[name].unique().to_pylist()
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
