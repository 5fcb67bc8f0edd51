"""From measurements to the numbers of the paper's tables: per seed, then over seeds.

Everything here is in per cent, the unit that people read; the files of measurements hold counts
and fractions. `values` gives one number per seed under the name that the published runs use,
`cells` what the tables print: mean, SD, minimum and maximum over the seeds. `by_seed` and
`courses` give the numbers behind a mean and behind a relapse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline_lib.files.rows import accuracy_in_per_cent
from pipeline_lib.names import STATES, UNTREATED

VALUE_COLUMNS = ("seed", "treatment", "metric", "cycle", "value")
KEY = ("table", "treatment", "metric", "cycle")
STATISTICS = ("mean", "sd", "min", "max")
CELL_COLUMNS = (*KEY, *STATISTICS, "n_seeds")

FIRST_TABLE = ("sparsity", "clean", "standard", "combined")
INTERNAL, OFF_MEDICATION = "internal_", "off_medication_"  # followed by what was measured
BIASED, ACTIVITY = "biased", "activity"  # of switch liability; activity is in no per cent
LONGITUDINAL = "longitudinal_combined"  # combined accuracy by cycle
SEED = "seed_"  # followed by the seed, where a number is of one seed
SEEDS = "seeds_"  # where a number is a number of seeds

Measurements: TypeAlias = "pa.Table | pd.DataFrame"
Numbers = Mapping[str, float]  # the statistics and n_seeds of one cell; NaN where it has none
Course: TypeAlias = dict[int, float]  # combined accuracy of one seed by cycle, per cent


class Key(NamedTuple):
    """Which number of which table; `cycle` is of the longitudinal test."""

    table: str
    treatment: str
    metric: str
    cycle: int | None = None


class Series(NamedTuple):
    """One number per seed, in seed order."""

    seeds: list[int]
    numbers: list[float]


_AllSeries: TypeAlias = dict[tuple[str, str, int | None], Series]  # by treatment, metric and cycle


def values(
    evaluate: Measurements,
    acute: Measurements,
    relapse: Measurements,
    switch: Measurements | None = None,
) -> pd.DataFrame:
    """Return one number per seed, treatment, metric and cycle of a study's measurements.

    The arguments hold rows of `metrics.MEASUREMENTS` and `metrics.SWITCH`, all seeds of a study
    in one. The columns are `VALUE_COLUMNS`; `value` is in per cent, an acute drop in percentage
    points, activity in its own unit. Rows keep the order of the seeds in the measurements.
    """
    rows = list(_first_tables(evaluate))
    combined = {row[:2]: row[4] for row in rows if row[2] == "combined"}
    for row in _records(acute):
        before = combined[row["seed"], row["treatment"]]
        drop = before - accuracy_in_per_cent(row)
        rows.append((row["seed"], row["treatment"], "acute_relapse_drop", None, drop))
    for row in _records(relapse):
        at = (row["seed"], row["treatment"])
        cycle = int(row["cycle"])
        rows.append((*at, LONGITUDINAL, cycle, accuracy_in_per_cent(row)))
        rows.append((*at, "longitudinal_sparsity", cycle, 100.0 * row["sparsity"]))
    for row in [] if switch is None else _records(switch):
        at = (row["seed"], row["treatment"])
        off = OFF_MEDICATION if row["modulation"] == "off" else ""
        rows.append((*at, off + BIASED, None, accuracy_in_per_cent(row)))
        rows.append((*at, off + ACTIVITY, None, row["activity"]))
    return frame(rows, VALUE_COLUMNS)


def cells(values: Measurements, threshold: float) -> pd.DataFrame:
    """Return every number of the tables, in the naming of the published ones.

    `values` is what `values` gives, or the replay (`metrics.REPLAY`). A network has relapsed if
    its combined accuracy is below `threshold`, a fraction, at any cycle, 0 included. The columns
    are `CELL_COLUMNS`; `sd` is the population SD. Counts, relapse cycles and improvements stand
    under `mean` alone, as does all that is no mean over the seeds. A mean relapse cycle is there
    only if a seed relapsed; so is a relapse cycle by seed.
    """
    series = _series(values)
    rows: list[tuple[Any, ...]] = [
        (*key, *_statistics(entry.numbers)) for key, entry in _tabulated(series)
    ]
    for treatment, of_seeds in _courses(series).items():
        rows += _relapses(treatment, of_seeds, threshold)
    rows += _improvement(series)
    order = ("1", "2", "acute", "switch", "state_dependence", "3", "3_range", "3_sparsity", "4")
    rank = {table: place for place, table in enumerate(order)}
    rows.sort(key=lambda row: rank.get(row[0], len(rank)))
    return frame(rows, CELL_COLUMNS)


def by_seed(values: Measurements) -> dict[Key, Series]:
    """Return the numbers behind every mean of Tables 1 to 4 that is over all seeds, in per cent.

    `values` is as for `cells`, whose keys these are: its means, SDs and ranges, but no counts,
    relapse cycles and improvements.
    """
    return dict(_tabulated(_series(values)))


def courses(values: Measurements) -> dict[str, dict[int, Course]]:
    """Return the longitudinal test by treatment, seed and cycle: combined accuracy in per cent."""
    return _courses(_series(values))


def relapse_cycle(course: Course, threshold: float) -> int | None:
    """Return the first cycle below the threshold, a fraction; cycle 0 counts. None if none is."""
    # 100 * 0.55 is a little more than 55, and an accuracy of exactly 55 is not below 0.55.
    limit = round(100.0 * threshold, 9)
    return min((cycle for cycle, value in course.items() if value < limit), default=None)


def frame(rows: Iterable[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a data frame in which a missing cycle leaves the others whole numbers."""
    result = pd.DataFrame(list(rows), columns=list(columns))
    kinds = {
        **dict.fromkeys((*STATISTICS, "value"), "float64"),
        "cycle": "Int64",
        "n_seeds": "Int64",
    }
    kinds |= {f"published_{name}": kind for name, kind in kinds.items()}
    return result.astype({name: kind for name, kind in kinds.items() if name in result})


def by_key(cells: pd.DataFrame) -> dict[Key, Numbers]:
    """Return the statistics and the number of seeds of each cell, by its key."""
    numbers = cells[[*STATISTICS, "n_seeds"]].astype("float64").to_dict("records")
    keys = zip(*(cells[name] for name in KEY), strict=True)
    return {
        Key(str(table), str(treatment), str(metric), cycle_of(cycle)): {
            str(name): float(value) for name, value in row.items()
        }
        for (table, treatment, metric, cycle), row in zip(keys, numbers, strict=True)
    }


def cycle_of(value: float | int | None) -> int | None:
    """Return the cycle in a cell of a data frame, None where there is none."""
    return None if pd.isna(value) else int(value)


def _records(measurements: Measurements) -> list[dict[str, Any]]:
    if isinstance(measurements, pd.DataFrame):
        return [
            {str(name): value for name, value in row.items()}
            for row in measurements.to_dict("records")
        ]
    records: list[dict[str, Any]] = measurements.to_pylist()
    return records


def _first_tables(evaluate: Measurements) -> Iterator[tuple[Any, ...]]:
    seen = set()
    for row in _records(evaluate):
        at = (row["seed"], row["treatment"])
        if at not in seen:
            seen.add(at)
            yield (*at, "sparsity", None, 100.0 * row["sparsity"])
        metric = row["condition"]
        if metric == "internal":
            metric = f"{INTERNAL}{float(row['internal_noise'])}"
        if row["modulation"] == "off":
            metric = OFF_MEDICATION + metric
        yield (*at, metric, None, accuracy_in_per_cent(row))


def _series(values: Measurements) -> _AllSeries:
    series: _AllSeries = {}
    for row in _records(values):
        key = (row["treatment"], row["metric"], cycle_of(row["cycle"]))
        entry = series.setdefault(key, Series([], []))
        entry.seeds.append(int(row["seed"]))
        entry.numbers.append(float(row["value"]))
    return series


def _statistics(numbers: Sequence[float]) -> tuple[float, float, float, float, int]:
    # numpy's sum over a contiguous array in seed order, as in the published run: another order
    # of additions may break an exact tie of the last printed digit the other way.
    array = np.array(numbers, dtype=np.float64)
    return (
        float(np.mean(array)),
        float(np.std(array)),
        float(np.min(array)),
        float(np.max(array)),
        len(array),
    )


def _tabulated(series: _AllSeries) -> Iterator[tuple[Key, Series]]:
    for (treatment, metric, cycle), entry in series.items():
        if metric in FIRST_TABLE:
            yield Key("1", treatment, metric), entry
        elif metric.startswith(INTERNAL):
            yield Key("2", treatment, metric), entry
        elif metric == "acute_relapse_drop":
            yield Key("acute", treatment, metric), entry
        elif metric.removeprefix(OFF_MEDICATION) in (BIASED, ACTIVITY):
            yield Key("switch", treatment, metric), entry
        elif metric.startswith(OFF_MEDICATION):
            yield Key("state_dependence", treatment, metric), entry
        elif metric == LONGITUDINAL:
            yield Key("3", treatment, "combined", cycle), entry
            yield Key("3_range", treatment, "combined", cycle), entry
        elif metric == "longitudinal_sparsity":
            yield Key("3_sparsity", treatment, "sparsity", cycle), entry
    for treatment, of_seeds in _courses(series).items():
        seeds, whole = list(of_seeds), of_seeds.values()
        drops = [course[min(course)] - course[max(course)] for course in whole]
        finals = [course[max(course)] for course in whole]
        yield Key("4", treatment, "total_drop"), Series(seeds, drops)
        yield Key("4", treatment, "final_accuracy"), Series(seeds, finals)


def _courses(series: _AllSeries) -> dict[str, dict[int, Course]]:
    found: dict[str, dict[int, Course]] = {}
    for (treatment, metric, cycle), entry in series.items():
        if metric == LONGITUDINAL and cycle is not None:
            of_seeds = found.setdefault(treatment, {})
            for seed, value in zip(entry.seeds, entry.numbers, strict=True):
                of_seeds.setdefault(seed, {})[cycle] = value
    return found


def _relapses(
    treatment: str, of_seeds: Mapping[int, Course], threshold: float
) -> Iterator[tuple[Any, ...]]:
    """Yield Table 4's counts of one treatment, and the relapse cycle of each relapsed seed."""
    found = {seed: relapse_cycle(course, threshold) for seed, course in of_seeds.items()}
    cycles = {seed: cycle for seed, cycle in found.items() if cycle is not None}

    def alone(table: str, metric: str, number: float) -> tuple[Any, ...]:
        return (table, treatment, metric, None, number, None, None, None, len(of_seeds))

    yield alone("4", "seeds_relapsed", len(cycles))
    yield alone("4", "seeds_without_relapse", len(of_seeds) - len(cycles))
    if cycles:
        yield alone("4", "mean_relapse_cycle", _statistics(list(cycles.values()))[0])
    for seed, cycle in cycles.items():
        yield alone("relapse_cycle_by_seed", f"{SEED}{seed}", cycle)


def _improvement(series: _AllSeries) -> Iterator[tuple[Any, ...]]:
    """Yield the gain in combined accuracy over the untreated network, in percentage points.

    It is the difference of the unrounded means, which is what the published numbers are: the
    difference of the printed ones is 0.1 off for one of them.
    """
    untreated = series.get((UNTREATED, "combined", None))
    for treatment in dict.fromkeys(name for name, _, _ in series):
        treated = series.get((treatment, "combined", None))
        if untreated and treated and treatment not in STATES:
            mean, *_, n_seeds = _statistics(treated.numbers)
            gain = mean - _statistics(untreated.numbers)[0]
            metric = "combined_over_untreated"
            yield ("improvement", treatment, metric, None, gain, None, None, None, n_seeds)
