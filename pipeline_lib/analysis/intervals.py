"""How sure the numbers are: an interval for every mean and for every share of seeds.

The seeds are the sample: each is a network of its own, and whoever repeats the study draws other
seeds. Accuracies near their ceiling are skewed, so a mean gets Student's interval after Hall's
transformation (1992), which undoes skewness. Of the methods tried it covers best at 10, 30 and 100
seeds (docs/coverage.md). A count of seeds gets Wilson's interval (1927).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

LEVEL = 0.95
ALPHA = round(1 - LEVEL, 9)  # below which a p is called significant
FEWEST, FEW = 3, 5  # seeds: below the first there is no interval, below the second a rough one
NO_LIMITS = (-math.inf, math.inf)
SAME = 1e-9  # what the arithmetic of floats adds to equal numbers

HALL, WILSON, NEWCOMBE, EQUAL, NONE = "Hall's t", "Wilson", "Newcombe", "all equal", "none"


def mirrored(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Return the interval of the negative number; None stays None."""
    return None if high is None else -high, None if low is None else -low


class Interval(NamedTuple):
    """An interval at `LEVEL`, how it was found, and a remark; None where there is none."""

    low: float | None
    high: float | None
    method: str
    note: str = ""


def mean_interval(
    sample: Sequence[float] | np.ndarray, limits: tuple[float, float] = NO_LIMITS
) -> Interval:
    """Return the interval of a sample's mean, in the sample's unit; it holds one number per seed.

    No number of this kind can be beyond its `limits`, and neither can the interval. One or two
    seeds have no interval. Seeds that are all equal have none either, but `might_differ` says how
    many others could.
    """
    x = np.asarray(sample, dtype=np.float64)
    n = len(x)
    if n == 1:
        return Interval(None, None, NONE, "one seed has no interval")
    if np.ptp(x) <= SAME:
        note = f"0 of {n} seeds differ; up to {might_differ(n):.1f} % of all seeds may"
        return Interval(None, None, EQUAL, note)
    if n < FEWEST:
        return Interval(None, None, NONE, "two seeds have no interval")
    off = x - x.mean()
    skew = float(np.mean(off**3) / np.mean(off**2) ** 1.5)
    reach = float(scipy.stats.t.isf((1 - LEVEL) / 2, n - 1))
    low, high = x.mean() - scipy.stats.sem(x) * unskewed(np.array([reach, -reach]), skew, n)
    note = f"an interval of {n} seeds is rough" if n < FEW else ""
    return Interval(max(limits[0], float(low)), min(limits[1], float(high)), HALL, note)


def unskewed(t: float | np.ndarray, skew: float | np.ndarray, n: int) -> np.ndarray:
    """Return the inverse of Hall's monotone transformation of Student's t of n values.

    The transformation takes t to t + a·t² + a²·t³/3 + skew/(6·√n), with a = skew/(3·√n).
    """
    a, shifted = skew / (3 * math.sqrt(n)), t - skew / (6 * math.sqrt(n))
    curved = np.abs(a) > SAME
    back = (np.cbrt(1 + 3 * a * shifted) - 1) / np.where(curved, a, 1.0)
    return np.where(curved, back, shifted)


def might_differ(n: int) -> float:
    """Return how many of all seeds, in per cent, may differ from n that are all equal.

    It is the upper end of Clopper and Pearson's interval (1934) of 0 of n.
    """
    return 100.0 * float(1 - ((1 - LEVEL) / 2) ** (1 / n))


def proportion_interval(count: int, n: int) -> tuple[float, float]:
    """Return Wilson's interval, in per cent, of a proportion that was found `count` of `n` times.

    It has a width at 0 and at n too: that no seed of ten relapsed does not mean that none would.
    Raises ValueError if n is 0 or the count is not from 0 to n.
    """
    limits = scipy.stats.binomtest(count, n).proportion_ci(LEVEL, method="wilson")
    return 100.0 * float(limits.low), 100.0 * float(limits.high)


def difference_interval(
    ours: np.ndarray, theirs: np.ndarray, share: bool, limits: tuple[float, float] = NO_LIMITS
) -> Interval:
    """Return the interval of the mean of `ours` minus `theirs`, which have the same seeds.

    A number that is a `share` is 0 or 100 % in each seed. Its interval is Newcombe's (1998), which
    puts the Wilson intervals of both together; it is meant for independent seeds, and is a little
    too wide if the same seeds do well in both. That of any other number is `mean_interval` of the
    differences, of which none is beyond the `limits`.
    """
    if not share or len(ours) == 1:
        return mean_interval(ours - theirs, limits)
    (mean, low, high), (other, low_other, high_other) = (
        (float(side.mean()), *proportion_interval(round(side.sum() / 100.0), len(side)))
        for side in (ours, theirs)
    )
    below = math.hypot(mean - low, high_other - other)
    above = math.hypot(high - mean, other - low_other)
    return Interval(mean - other - below, mean - other + above, NEWCOMBE)
