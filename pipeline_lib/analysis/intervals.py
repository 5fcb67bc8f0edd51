"""How sure the tables' numbers are: an interval for every cell.

The seeds are the sample: each is a network of its own, and whoever repeats the study draws other
seeds. A mean gets a BCa bootstrap interval (Efron 1987) over the seeds, a count of seeds Wilson's
interval (1927). Both are scipy's; this module says of what, and answers where they cannot.
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

# Resamples of all samples that are in memory at once; no result depends on it.
BATCH = 256


class Interval(NamedTuple):
    """An interval at `LEVEL`, how it was found, and a remark; None where there is none."""

    low: float | None
    high: float | None
    method: str
    note: str = ""


def mean_intervals(samples: Sequence[Sequence[float]]) -> list[Interval]:
    """Return the interval of each sample's mean, in the samples' unit.

    A sample holds one number per seed. Samples of one size are all resampled alike, from a
    generator of that size's own, so an interval depends on its sample and on nothing else. Where
    all numbers are equal, the interval is that number; a single number has no interval. Raises
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
            # The first argument is a seed of the study elsewhere; here the draw is over seeds.
            rng=numpy_generator(0, "bootstrap over seeds", n),
        )
        limits = zip(*(side.tolist() for side in bootstrap.confidence_interval), strict=True)
        for index, (low, high) in zip(indices, limits, strict=True):
            # Off the grid again: 97.2025, not 97.20249999966472.
            found[index] = Interval(round(low, 8), round(high, 8), BCA)
    return found


def proportion_interval(count: int, n: int) -> tuple[float, float]:
    """Return Wilson's interval, in per cent, of a proportion that was found `count` of `n` times.

    It has a width at 0 and at n too: that no seed of ten relapsed does not mean that none would.
    Raises ValueError if n is 0 or the count is not from 0 to n.
    """
    limits = stats.binomtest(count, n).proportion_ci(LEVEL, method="wilson")
    return 100.0 * float(limits.low), 100.0 * float(limits.high)


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
