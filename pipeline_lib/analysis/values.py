"""The numbers of each seed, computed from a study's rows of measurements, in one long table.

Values are in the units that people read, such as per cent; the files of measurements hold counts
and fractions.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import pyarrow as pa

from pipeline_lib import measures
from pipeline_lib.measures import Value
from pipeline_lib.names import ON
from pipeline_lib.numbers import NOTHING_DRAWN, Axes, Drawn, Key, drawn_keys

BySeed = Mapping[int, float]  # one number of several seeds, in the order of the study's seeds


def study_values(
    rows: Mapping[str, pa.Table], options: Mapping[str, Mapping[str, Any]]
) -> list[Value]:
    """Return the values of a study's gathered rows, by measure.

    `options` has the arguments that each measure's `values` takes. The values are in the order of
    the measures, and within a measure in the order of its rows.
    """
    found: dict[tuple[int, Key], float] = {}
    everything: list[Value] = []
    for name in (name for name in measures.in_order() if name in rows):
        make = measures.load(name).values
        new = list(make(rows[name].to_pylist(), found, **options.get(name, {})))
        for value in new:
            if (value.seed, value.key) in found:
                raise ValueError(f"{name} gives {value.key} of seed {value.seed} twice")
            found[value.seed, value.key] = value.value
        everything += new
    return everything


def by_key(values: Iterable[Value]) -> dict[Key, dict[int, float]]:
    """Return the values of each number, in their original order."""
    found: dict[Key, dict[int, float]] = {}
    for value in values:
        found.setdefault(value.key, {})[value.seed] = value.value
    return found


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
    everything: list[dict[str, Any]] = []
    for axes, of_scenario in zip(scenarios, values, strict=True):
        rows: dict[tuple[int, str], dict[str, Any]] = {}
        for value in of_scenario:
            of_seed = {**axes, **drawn.get(value.seed, {})}
            place = {**of_seed, "seed": value.seed, "treatment": value.treatment}
            rows.setdefault((value.seed, value.treatment), place)[_column(value.key)] = value.value
        everything += sorted(rows.values(), key=itemgetter("seed"))
    numbers = (_column(value.key) for of_scenario in values for value in of_scenario)
    columns = dict.fromkeys([*scenarios[0], *drawn_keys(drawn), "seed", "treatment", *numbers])
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(everything)
    return text.getvalue()


def _column(key: Key) -> str:
    """Return the name of a number's column in the wide form, for example "internal_2.5_off"."""
    level = "" if key.level is None else f"_{key.level:g}"
    cycle = "" if key.cycle is None else f"_cycle_{key.cycle}"
    return f"{key.number}{level}{cycle}" + ("" if key.modulation == ON else f"_{key.modulation}")
