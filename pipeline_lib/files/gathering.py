"""The rows of all seeds in one file, with a check that exactly the right rows are there.

Seeds share their plans, so a plan does not tell whose rows a file should hold. That of a gathered
file does, and so its readers check nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import read_table
from pipeline_lib.files.whole import REMEDY
from pipeline_lib.names import BASELINE, COURSE, HISTORY

_Path = str | Path
Training = Mapping[str, Sequence[str]]  # of measures: their stages, and of which treatments
NOTHING: Training = MappingProxyType({})


def gather(
    paths: Iterable[_Path],
    row: type[Any],
    *,
    kind: str,
    seeds: Sequence[int],
    states: Sequence[str],
    training: Training = NOTHING,
    planned: Mapping[str, str] | None = None,
) -> pa.Table:
    """Return the rows of several files as one table, in the order of the files.

    Each file has the rows of a state of a seed, seed by seed; history has the files of one stage of
    training after those of another. `planned` has the plan that must have made each file, by the
    state with the stage, if any, in front, and before both the seed if numbers are drawn for each
    seed; None allows any. Raises PipelineError if a file was made by a different plan, has rows of
    another seed, state or stage or none, holds a row twice, or, unless it is the history of
    maintenance, does not have the same measurements as the files of other seeds.
    """
    stages = {"": states}
    if kind == HISTORY:
        healthy, *treated = states
        stages = {BASELINE: [healthy], COURSE: treated, **training}
    parts = [
        (stage, *of_seed)
        for stage, of_stage in stages.items()
        for of_seed in product(seeds, of_stage)
    ]
    tables = []
    first: dict[str, tuple[_Path, pa.Table]] = {}
    for path, (stage, seed, state) in zip(paths, parts, strict=True):
        whose = f"{stage} {state}".strip()
        by = (planned.get(f"{seed} {whose}") or planned[whose]) if planned else None
        table = read_table(path, row, by)
        belongs = {"seed": seed, "treatment": state}
        belongs |= {"stage": stage} if stage else {"assessment": kind}
        for name, only in belongs.items():
            # Not every measure has a column of its name.
            there = table[name].unique().to_pylist() if name in table.column_names else []
            for value in (value for value in there if value != only):
                raise PipelineError(
                    f"{path}: has rows of {name} {value}; only {only} belongs there; {REMEDY}"
                )
        if not len(table) and kind != HISTORY:  # seeds need not have trained equally often
            raise PipelineError(f"{path}: has no rows of {whose}; {REMEDY}")
        tables.append(table)
        # What identifies the measurement of a row, whatever its seed.
        place = table.drop_columns(["seed", *row.results])
        model, expected = first.setdefault(whose, (path, place))
        if path is not model and place.equals(expected):
            continue
        if place.group_by(place.column_names).aggregate([]).num_rows < place.num_rows:
            raise PipelineError(f"{path}: holds a row twice; {REMEDY}")
        # Maintenance with a chance is taken in different cycles by different seeds.
        if path is not model and stage not in training:
            raise PipelineError(
                f"{path}: its {place.num_rows} rows are not of the same measurements as the"
                f" {expected.num_rows} of {model}; delete both and run the workflow again to"
                " rebuild them"
            )
    return pa.concat_tables(tables).combine_chunks()
