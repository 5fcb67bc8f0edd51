"""The rows of all seeds in one file, with a check that exactly the right rows are there.

Seeds share their plans, so a plan does not tell whose rows a file should hold. That of a gathered
file does, and so its readers check nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import read_table
from pipeline_lib.files.whole import REMEDY
from pipeline_lib.names import BASELINE, COURSE, HISTORY

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
        belongs = {"seed": part.seed, "treatment": part.state}
        belongs |= {"stage": part.stage} if part.stage else {"assessment": kind}
        for name, only in belongs.items():
            # Not every measure has a column of its name.
            there = table[name].unique().to_pylist() if name in table.column_names else []
            for value in (value for value in there if value != only):
                raise PipelineError(
                    f"{path}: has rows of {name} {value}; only {only} belongs there; {REMEDY}"
                )
        if not len(table) and kind != HISTORY:  # seeds need not have trained equally often
            raise PipelineError(f"{path}: has no rows of {part.place}; {REMEDY}")
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


def _place(table: pa.Table, row: type) -> pa.Table:
    """Return the columns that identify the measurement of a row, whatever its seed."""
    results: Sequence[str] = row.results  # type: ignore[attr-defined]
    return table.select([name for name in table.column_names if name not in {"seed", *results}])
