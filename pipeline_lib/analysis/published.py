"""The files of published numbers, and how a number is printed there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline_lib.analysis.statistics import (
    ACTIVITY,
    CELL_COLUMNS,
    OFF_MEDICATION,
    SEED,
    SEEDS,
    STATISTICS,
    VALUE_COLUMNS,
)
from pipeline_lib.errors import PipelineError

DECIMALS = {ACTIVITY: 3}  # of printed numbers; all others have one


def read_published(path: str | Path) -> pd.DataFrame:
    """Read published means, SDs and ranges: the columns of `statistics.cells`, in per cent.

    Other columns, such as the source of a number, are left out. Raises PipelineError if the file
    is missing, is no CSV, lacks a column, has text for a number, or has a number twice.
    """
    published = _read(path, CELL_COLUMNS, [*STATISTICS, "cycle", "n_seeds"])
    return published.astype(dict.fromkeys(STATISTICS, "float64"))


def read_runs(path: str | Path) -> pd.DataFrame:
    """Read the published protocol's results seed by seed: the columns of `statistics.values`.

    Rows without a treatment, such as the time that a seed took, are no results and are left out.
    Raises PipelineError like `read_published`.
    """
    runs = _read(path, VALUE_COLUMNS, ["seed", "cycle", "value"])
    return runs[runs["treatment"] != ""].reset_index(drop=True)


def is_count(metric: str) -> bool:
    """Whether a metric is a whole number: of seeds, or a seed's relapse cycle."""
    return metric.startswith((SEED, SEEDS))


def is_share(metric: str) -> bool:
    """Whether a metric is in per cent or percentage points."""
    return not is_count(metric) and metric.removeprefix(OFF_MEDICATION) not in DECIMALS


def decimals(metric: str) -> int:
    """Return how many decimals a printed number has: one, counts none, activity three."""
    return 0 if is_count(metric) else DECIMALS.get(metric.removeprefix(OFF_MEDICATION), 1)


def rounding(metric: str) -> float:
    """Return how far a printed number may be from what was computed."""
    return 0.5 * 10.0 ** -decimals(metric)


def printed(number: float, metric: str) -> str:
    """Return a number as the published tables print it."""
    text = f"{number:.{decimals(metric)}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _read(path: str | Path, columns: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise PipelineError(f"{path}: not a CSV file ({str(error).splitlines()[0]})") from None
    missing = [name for name in columns if name not in table]
    if missing:
        raise PipelineError(
            f"{path}: it lacks {', '.join(missing)}; it must have the columns {', '.join(columns)}"
        )
    table = table[list(columns)].copy()
    for name in numbers:
        found = pd.to_numeric(table[name].replace("", None), errors="coerce")
        bad = table[name][~np.isfinite(found) & (table[name] != "")]
        if len(bad):
            raise PipelineError(f"{path}: {name} is {bad.iloc[0]!r}; it must be a number or empty")
        table[name] = found
    for name in {"seed", "cycle", "n_seeds"} & set(numbers):
        if (table[name].dropna() % 1 != 0).any():
            raise PipelineError(f"{path}: {name} has fractions; it must be a whole number")
        table[name] = table[name].astype("Int64")
    key = [name for name in columns if name in ("table", "seed", "treatment", "metric", "cycle")]
    twice = table[table.duplicated(key)]
    if len(twice):
        which = ", ".join(f"{name} {twice.iloc[0][name]}" for name in key)
        raise PipelineError(f"{path}: {which} stands there twice; every number must stand once")
    return table
