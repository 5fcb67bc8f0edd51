"""The numbers of each seed, computed from a study's rows of measurements, in one long table.

Values are in the units that people read, such as per cent; the files of measurements hold counts
and fractions.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline_lib import measures
from pipeline_lib.measures import Value
from pipeline_lib.names import OFF, ON, WITHDRAWN
from pipeline_lib.numbers import NOTHING_DRAWN, Axes, Drawn, Key, drawn_keys

BySeed = Mapping[int, float]  # one number of several seeds, in the order of the study's seeds
Series = Mapping[Key, BySeed]


def study_values(
    rows: Mapping[str, pa.Table], options: Mapping[str, Mapping[str, Any]]
) -> list[Value]:
    """Return the values of a study's gathered rows, by measure.

    `options` has the arguments that each measure's `values` takes. The values are in the order of
    the measures, and within a measure in the order of its rows.
    """
    found: dict[tuple[int, Key], float] = {}
    for name in (name for name in measures.in_order() if name in rows):
        make = measures.load(name).values
        for value in list(make(rows[name].to_pylist(), found, **options.get(name, {}))):
            if (value.seed, value.key) in found:
                raise ValueError(f"{name} gives {value.key} of seed {value.seed} twice")
            found[value.seed, value.key] = value.value
    return [measures.value(seed, key, number) for (seed, key), number in found.items()]


def by_key(values: Iterable[Value]) -> dict[Key, dict[int, float]]:
    """Return the values of each number, in their original order."""
    found: dict[Key, dict[int, float]] = {}
    for value in values:
        found.setdefault(value.key, {})[value.seed] = value.value
    return found


def of_two(series: Series, ours: Key, other: str) -> tuple[BySeed, BySeed] | None:
    """Return a number of a treatment and of another, or with its modulation off if `withdrawn`.

    None if no seed has both.
    """
    off = other == WITHDRAWN
    theirs = ours._replace(modulation=OFF) if off else ours._replace(treatment=other)
    both = series.get(ours, {}), series.get(theirs, {})
    return both if both[0].keys() & both[1].keys() else None


def of_all(columns: Sequence[BySeed]) -> np.ndarray:
    """Return numbers (seeds, columns) of the seeds that have all of them, as the first has them."""
    seeds = [seed for seed in columns[0] if all(seed in column for column in columns)]
    numbers = [[column[seed] for column in columns] for seed in seeds]
    return np.array(numbers, dtype=np.float64).reshape(len(seeds), len(columns))


def wide(
    values: Sequence[Sequence[Value]],
    scenarios: Sequence[Axes] = ({},),
    drawn: Drawn = NOTHING_DRAWN,
) -> str:
    """Return CSV with a row per scenario, seed and treatment, and a column for each number.

    `values` has those of each scenario, whose axes have columns, too, and so have the numbers that
    were drawn for each seed. This is the form that R, SPSS and spreadsheets take. A number that a
    treatment lacks is empty.
    """
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for axes, of_scenario in zip(scenarios, values, strict=True):
        for value in sorted(of_scenario, key=attrgetter("seed")):
            of_seed = {**axes, **drawn.get(value.seed, {})}
            place = {**of_seed, "seed": value.seed, "treatment": value.treatment}
            rows.setdefault(tuple(place.values()), place)[_column(value.key)] = value.value
    numbers = (_column(value.key) for of_scenario in values for value in of_scenario)
    columns = dict.fromkeys([*scenarios[0], *drawn_keys(drawn), "seed", "treatment", *numbers])
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    return text.getvalue()


def _column(key: Key) -> str:
    """Return the name of a number's column in the wide form, for example "internal_2.5_off"."""
    level = "" if key.level is None else f"_{key.level:g}"
    cycle = "" if key.cycle is None else f"_cycle_{key.cycle}"
    return f"{key.number}{level}{cycle}" + ("" if key.modulation == ON else f"_{key.modulation}")
