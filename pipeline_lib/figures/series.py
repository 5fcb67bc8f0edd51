"""From files of measurements to the arrays that figures draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline_lib.files.rows import accuracy_in_per_cent

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Series:
    """What was measured of one treatment: `values` (seeds, levels) of `seeds`, at `levels`."""

    seeds: tuple[int, ...]
    levels: np.ndarray
    values: np.ndarray


def sparsity(row: Row) -> float:
    """Return the sparsity of the measured network in per cent."""
    return float(100.0 * row["sparsity"])


def by_treatment(
    rows: Iterable[Row], level: str, value: Callable[[Row], float] = accuracy_in_per_cent
) -> dict[str, Series]:
    """Return the series of each treatment over the levels of a column, cycles for one.

    Seeds keep the order of the rows, levels ascend. Every seed has a row of every level, which
    the gathering of the rows made sure of.
    """
    found: dict[str, dict[tuple[int, float], float]] = {}
    for row in rows:
        at = (int(row["seed"]), float(row[level]))
        found.setdefault(row["treatment"], {})[at] = value(row)
    return {name: _series(numbers) for name, numbers in found.items()}


def _series(numbers: Mapping[tuple[int, float], float]) -> Series:
    seeds = tuple(dict.fromkeys(seed for seed, _ in numbers))
    levels = sorted({level for _, level in numbers})
    values = np.array([[numbers[seed, level] for level in levels] for seed in seeds])
    return Series(seeds, np.array(levels), values)
