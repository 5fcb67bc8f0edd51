"""Digit for digit: the replay of the published run beside what was published."""

from __future__ import annotations

import pandas as pd

from pipeline_lib.analysis.published import printed
from pipeline_lib.analysis.statistics import KEY, STATISTICS, VALUE_COLUMNS, cycle_of

DECIMALS = 4  # of the runs' values


def as_printed(cells: pd.DataFrame, published: pd.DataFrame | None) -> pd.DataFrame:
    """Compare every published number with ours, both as printed.

    Returns one row per published mean, SD, minimum and maximum: table, treatment, metric, cycle,
    statistic, `published` and `ours` as printed, and whether they are `equal`. A number that
    `cells` lacks is an empty `ours`, and not equal.
    """
    ours = {
        (*key, statistic): row[statistic]
        for key, row in zip(_keys(cells, KEY), cells.to_dict("records"), strict=True)
        for statistic in STATISTICS
        if not pd.isna(row[statistic])
    }
    rows: list[tuple[object, ...]] = []
    published = cells[:0] if published is None else published
    for key, row in zip(_keys(published, KEY), published.to_dict("records"), strict=True):
        for statistic in STATISTICS:
            if pd.isna(row[statistic]):
                continue
            there = printed(row[statistic], row["metric"])
            found = ours.get((*key, statistic))
            here = "" if found is None else printed(found, row["metric"])
            rows.append((*key, statistic, there, here, there == here))
    return _frame(rows, [*KEY, "statistic", "published", "ours", "equal"])


def against_runs(values: pd.DataFrame, runs: pd.DataFrame | None) -> pd.DataFrame:
    """Compare the replay with the published protocol's runs, value by value, to four decimals.

    Returns one row per value of a seed that both have: seed, treatment, metric, cycle,
    `reference`, `value` and whether they are `equal`. A value that the replay lacks is missing,
    and not equal.
    """
    key = VALUE_COLUMNS[:-1]
    ours = dict(zip(_keys(values, key), values["value"].tolist(), strict=True))
    replayed = {int(seed) for seed in values["seed"]}
    rows: list[tuple[object, ...]] = []
    runs = values[:0] if runs is None else runs
    for at, reference in zip(_keys(runs, key), runs["value"].tolist(), strict=True):
        if at[0] not in replayed:
            continue
        value = ours.get(at)
        equal = value is not None and _rounded(value) == _rounded(reference)
        rows.append((*at, reference, value, equal))
    return _frame(rows, [*key, "reference", "value", "equal"])


def printed_verdict(comparison: pd.DataFrame) -> str:
    """Say in one line how many of the published numbers `as_printed` found equal."""
    equal, total = int(comparison["equal"].sum()), len(comparison)
    if not total:
        return "no published number to compare with"
    return f"{equal} of {total} published numbers equal as printed"


def runs_verdict(comparison: pd.DataFrame) -> str:
    """Say in one line how many values `against_runs` found equal, of how many seeds."""
    equal, total = int(comparison["equal"].sum()), len(comparison)
    if not total:
        return "no published run of a seed to compare with"
    seeds = comparison["seed"].nunique()
    noun = "seed" if seeds == 1 else "seeds"
    return f"{equal} of {total} values of {seeds} {noun} equal to {DECIMALS} decimals"


def _rounded(value: float) -> str:
    return f"{value:.{DECIMALS}f}"


def _keys(table: pd.DataFrame, columns: tuple[str, ...]) -> list[tuple[object, ...]]:
    cycles = [cycle_of(cycle) for cycle in table["cycle"]]
    parts = [cycles if name == "cycle" else table[name].tolist() for name in columns]
    return list(zip(*parts, strict=True))


def _frame(rows: list[tuple[object, ...]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns).astype({"cycle": "Int64", "equal": bool})
