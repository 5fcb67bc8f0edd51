"""An interval for every cell.

The seeds are the sample, because whoever repeats the study draws different seeds. A mean gets a BCa
bootstrap interval (Efron 1987) over the seeds, and a count of seeds gets Wilson's interval (1927).
Both are scipy's; this module handles the cases that scipy does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from pipeline_lib.model.randomness import numpy_generator

LEVEL = 0.95
ALPHA = round(1 - LEVEL, 9)  # below which a p is called significant
RESAMPLES = 9999

BCA, WILSON, EQUAL, NONE = "BCa bootstrap", "Wilson", "all equal", "none"

# How many resamples are in memory at once; no result depends on it.
BATCH = 256


class Interval(NamedTuple):
    """An interval at `LEVEL` (None if there is none), the method, and a remark."""

    low: float | None
    high: float | None
    method: str
    note: str = ""


def mean_intervals(samples: Sequence[Sequence[float]]) -> list[Interval]:
    """Return the interval of each sample's mean, in the samples' unit.

    A sample holds one number per seed. All samples of one size get the same resamples, from a
    generator that depends only on the size, so an interval depends only on its sample. If all
    numbers are equal, both ends are that number; a single number has no interval. Raises
    ValueError if a sample is empty or a number is not finite.
    """
    arrays = [np.asarray(sample, dtype=np.float64) for sample in samples]
    found = [Interval(None, None, NONE, "one seed has no interval")] * len(arrays)
    by_size: dict[int, list[int]] = {}
    for index, array in enumerate(arrays):
        if not (array.size and np.isfinite(array).all()):
            raise ValueError(f"{array.tolist()}: a sample must be one finite number or more")
        if np.ptp(on_grid(array)) > 0:
            by_size.setdefault(len(array), []).append(index)
        elif len(array) > 1:
            found[index] = Interval(float(array[0]), float(array[0]), EQUAL)
    for n, indices in by_size.items():
        bootstrap = stats.bootstrap(
            (np.stack([arrays[index] for index in indices]),),
            mean_on_grid,
            axis=-1,
            confidence_level=LEVEL,
            n_resamples=RESAMPLES,
            batch=BATCH,
            method="BCa",
            # Elsewhere the first argument is a seed of the study; here the draw is over the seeds.
            rng=numpy_generator(0, "bootstrap over seeds", n),
        )
        limits = zip(*(side.tolist() for side in bootstrap.confidence_interval), strict=True)
        for index, (low, high) in zip(indices, limits, strict=True):
            # Undo the grid's rounding: 97.2025, not 97.20249999966472.
            found[index] = Interval(round(low, 8), round(high, 8), BCA)
    return found


def proportion_interval(count: int, n: int) -> tuple[float, float]:
    """Return Wilson's interval, in per cent, of the proportion `count` of `n`.

    It has a width even if the count is 0 or n: that none of ten seeds relapsed does not mean that
    none ever would. Raises ValueError if n is 0 or the count is not from 0 to n.
    """
    limits = stats.binomtest(count, n).proportion_ci(LEVEL, method="wilson")
    return 100.0 * float(limits.low), 100.0 * float(limits.high)


def mean_on_grid(sample: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the mean along an axis, on the grid of `on_grid`."""
    return on_grid(np.mean(sample, axis=axis))


def on_grid(numbers: np.ndarray) -> np.ndarray:
    """Return numbers rounded to the nearest multiple of 2^-30, about 1e-9.

    Accuracies are counts, so many of their resampled means are equal, but as floats these may
    differ in their last bits. BCa and permutation tests both count how often a resampled mean
    equals the observed one, so equal means must be equal floats. Means are rounded, rather than
    the numbers that go into them, because the rounding of those would add up. The grid is a power
    of two because no mean of accuracies lies half-way between two of its points, where the last
    bit would decide; some do lie half-way between decimals.
    """
    rounded: np.ndarray = np.ldexp(np.rint(np.ldexp(numbers, 30)), -30)
    return rounded
