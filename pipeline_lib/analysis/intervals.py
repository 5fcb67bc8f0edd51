"""How sure the tables' numbers are: an interval for every cell.

The seeds are the sample: each is a network of its own, and whoever repeats the study draws other
seeds. A mean gets a BCa bootstrap interval (Efron 1987) over the seeds, a count of seeds Wilson's
interval (1927). Both are scipy's; this module says of what, and answers where they cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from pipeline_lib.analysis.statistics import (
    KEY,
    SEEDS,
    STATISTICS,
    Key,
    Measurements,
    Series,
    by_key,
    by_seed,
    cells,
    courses,
    frame,
    relapse_cycle,
)
from pipeline_lib.model.randomness import numpy_generator
from pipeline_lib.names import UNTREATED

LEVEL = 0.95
RESAMPLES = 9999

BCA, WILSON, EQUAL, NONE = "BCa bootstrap", "Wilson", "all equal", "none"

COLUMNS = (*KEY, "n", *STATISTICS, "ci_low", "ci_high", "method", "note")

# Resamples of all samples that are in memory at once; no result depends on it.
BATCH = 256


class Interval(NamedTuple):
    """An interval at `LEVEL`, how it was found, and a remark; NaN where there is none."""

    low: float
    high: float
    method: str
    note: str = ""

    def columns(self) -> dict[str, Any]:
        """Return it as the columns of a row."""
        return {
            "ci_low": self.low,
            "ci_high": self.high,
            "method": self.method,
            "note": self.note,
        }


def mean_intervals(samples: Sequence[Sequence[float]]) -> list[Interval]:
    """Return the interval of each sample's mean, in the samples' unit.

    A sample holds one number per seed. Samples of one size are all resampled alike, from a
    generator of that size's own, so an interval depends on its sample and on nothing else. Where
    all numbers are equal, the interval is that number; a single number has no interval. Raises
    ValueError if a sample is empty or a number is not finite.
    """
    arrays = [np.asarray(sample, dtype=np.float64) for sample in samples]
    found: dict[int, Interval] = {}
    by_size: dict[int, list[int]] = {}
    for index, array in enumerate(arrays):
        if not (array.size and np.isfinite(array).all()):
            raise ValueError(f"{array.tolist()}: a sample must be one finite number or more")
        if len(array) == 1:
            found[index] = Interval(np.nan, np.nan, NONE, "one seed has no interval")
        elif np.ptp(on_grid(array)) == 0:
            found[index] = Interval(float(array[0]), float(array[0]), EQUAL)
        else:
            by_size.setdefault(len(array), []).append(index)
    for n, indices in by_size.items():
        bootstrap = stats.bootstrap(
            (np.stack([arrays[index] for index in indices]),),
            mean_on_grid,
            axis=-1,
            confidence_level=LEVEL,
            n_resamples=RESAMPLES,
            batch=BATCH,
            method="BCa",
            # The first argument is a seed of the study elsewhere; here the draw is over seeds.
            rng=numpy_generator(0, "bootstrap over seeds", n),
        )
        limits = zip(*(side.tolist() for side in bootstrap.confidence_interval), strict=True)
        for index, (low, high) in zip(indices, limits, strict=True):
            # Off the grid again: 97.2025, not 97.20249999966472.
            found[index] = Interval(round(low, 8), round(high, 8), BCA)
    return [found[index] for index in range(len(arrays))]


def proportion_interval(count: int, n: int) -> Interval:
    """Return Wilson's interval, in fractions, of a proportion that was found `count` of `n` times.

    It has a width at 0 and at n too: that no seed of ten relapsed does not mean that none would.
    Raises ValueError if n is 0 or the count is not from 0 to n.
    """
    limits = stats.binomtest(count, n).proportion_ci(LEVEL, method="wilson")
    return Interval(float(limits.low), float(limits.high), WILSON)


def cell_intervals(values: Measurements, threshold: float) -> pd.DataFrame:
    """Return every cell of `statistics.cells` with its interval, in the cell's unit.

    The columns are `COLUMNS`. `n` is how many seeds the number is of: all, but for a mean relapse
    cycle those that relapsed. `method` is BCa bootstrap or Wilson; `all equal` if the interval is
    the one number that all seeds share; `none` where there is no interval, and `note` says why.
    """
    means = _behind_means(values, threshold)
    # Some numbers stand in two tables.
    series = {id(each): each.numbers for each in means.values()}
    intervals = dict(zip(series, mean_intervals(list(series.values())), strict=True))
    rows = []
    for key, numbers in by_key(cells(values, threshold)).items():
        n = int(numbers["n_seeds"])
        if key in means:
            n = len(means[key].numbers)
            interval = intervals[id(means[key])]
        elif key.metric.startswith(SEEDS):
            low, high, *how = proportion_interval(int(numbers["mean"]), n)
            interval = Interval(n * low, n * high, *how)
        else:
            n = 1
            interval = Interval(np.nan, np.nan, NONE, "a number of a single seed")
        row = {**key._asdict(), **numbers, "n": n, **interval.columns()}
        rows.append([row[name] for name in COLUMNS])
    return frame(rows, COLUMNS)


def mean_on_grid(sample: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the mean along an axis, on the grid of `on_grid`."""
    return on_grid(np.mean(sample, axis=axis))


def on_grid(numbers: np.ndarray) -> np.ndarray:
    """Return numbers rounded to the nearest multiple of 2^-30, about 1e-9.

    Accuracies are counts, so many of their resampled means are equal; but as floats those differ
    in their last bits. Both BCa and a permutation test count how often a resampled mean equals
    the one that was found, so they must see that it does. To that end round means, and not the
    numbers that they are of, whose rounding would add up. The grid is of a power of two, since no
    mean of accuracies lies half-way between two of its points, where the last bit would decide;
    between decimals some do.
    """
    rounded: np.ndarray = np.ldexp(np.rint(np.ldexp(numbers, 30)), -30)
    return rounded


def _behind_means(values: Measurements, threshold: float) -> Mapping[Key, Series]:
    """Return the numbers by seed of all cells that are means: of seeds, of gains, of cycles."""
    means = by_seed(values)
    untreated = means.get(Key("1", UNTREATED, "combined"))
    gains = {}
    for (table, treatment, metric, _), treated in means.items():
        if (table, metric) == ("1", "combined") and untreated:
            before = dict(zip(*untreated, strict=True))
            pairs = [(s, v - before[s]) for s, v in zip(*treated, strict=True) if s in before]
            gain = Series([seed for seed, _ in pairs], [number for _, number in pairs])
            gains[Key("improvement", treatment, "combined_over_untreated")] = gain
    relapses = {}
    for treatment, of_seeds in courses(values).items():
        cycles = {seed: relapse_cycle(course, threshold) for seed, course in of_seeds.items()}
        relapsed = {seed: float(cycle) for seed, cycle in cycles.items() if cycle is not None}
        if relapsed:
            series = Series(list(relapsed), list(relapsed.values()))
            relapses[Key("4", treatment, "mean_relapse_cycle")] = series
    return means | gains | relapses
