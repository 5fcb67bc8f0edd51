"""Two means known only by their summaries: tests of difference and equivalence, and their power.

All answers are from Welch's t, for samples of unequal variances, or from that of Crawford and
Howell, for a sample and a single value. SDs are population SDs, as printed, and are turned into
sample SDs here. `rounding` is how far a printed mean may be from the true one; every answer allows
for it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

from pipeline_lib.analysis.intervals import SAME
from pipeline_lib.analysis.power import critical_limits, smallest_shift


class Summary(NamedTuple):
    """A mean, its population SD and the number of values, at least two."""

    mean: float
    sd: float
    n: int


class Difference(NamedTuple):
    """The mean of one sample minus that of another, with its standard error."""

    value: float
    error: float
    freedom: float
    rounding: float


def compare(ours: Summary, theirs: Summary, rounding: float) -> Difference:
    """Return ours minus theirs."""
    # Population SD to squared standard error of the mean: sd² · n / (n − 1), over n.
    squares = [side.sd**2 / (side.n - 1) for side in (ours, theirs)]
    error = math.sqrt(sum(squares))
    if error <= SAME:
        return Difference(ours.mean - theirs.mean, 0.0, math.inf, rounding)
    parts = [s**2 / (x.n - 1) for s, x in zip(squares, (ours, theirs), strict=True)]
    return Difference(ours.mean - theirs.mean, error, sum(squares) ** 2 / sum(parts), rounding)


def compare_with_single(ours: Summary, single: float, rounding: float) -> Difference:
    """Return our mean minus a single value, whose scatter is taken to be ours.

    This is the t of Crawford and Howell (1998). `interval` then has the values that a single
    network could have had, as differences.
    """
    error = ours.sd * math.sqrt((ours.n + 1) / (ours.n - 1))
    return Difference(ours.mean - single, error if error > SAME else 0.0, ours.n - 1.0, rounding)


def interval(difference: Difference, level: float) -> tuple[float, float]:
    """Return the interval of the true difference at this level, widened by the rounding."""
    reach = difference.rounding
    if difference.error:
        reach += float(scipy.stats.t.ppf((1 + level) / 2, difference.freedom)) * difference.error
    return difference.value - reach, difference.value + reach


def p_different(difference: Difference) -> float:
    """Return the two-sided p-value of a difference beyond the rounding.

    Without scatter the answer is certain: p is 0 beyond the rounding and 1 within it.
    """
    # In floats, a printed 95.0 and a mean of 94.95 differ by slightly more than 0.05.
    beyond = abs(difference.value) - difference.rounding
    if beyond <= SAME:
        return 1.0
    if not difference.error:
        return 0.0
    return float(2 * scipy.stats.t.sf(beyond / difference.error, difference.freedom))


def p_equivalent(difference: Difference, margin: float) -> float:
    """Return the p-value of two one-sided tests that the true difference is within ± margin.

    It is the larger of the two p-values, for the largest difference that rounding allows. Without
    scatter the answer is certain: p is 0 within the margin and 1 outside it.
    """
    room = margin - abs(difference.value) - difference.rounding
    if not difference.error:
        return 0.0 if room > 0 else 1.0
    return float(scipy.stats.t.sf(room / difference.error, difference.freedom))


def detectable(difference: Difference, alpha: float) -> float:
    """Return the smallest true difference that `p_different` shows with a power of `POWER`.

    The test is two-sided at alpha, the power comes from the noncentral t, and the rounding is
    added. The result depends on the scatter of these samples but not on the observed difference.
    """
    if not difference.error:
        return difference.rounding
    shift = smallest_shift(critical_limits(difference.freedom, alpha))
    return shift * difference.error + difference.rounding


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values of one family, corrected by Holm's step-down procedure."""
    order, corrected = np.argsort(p_values, kind="stable"), np.empty(len(p_values))
    ascending = np.arange(len(p_values), 0, -1) * np.array(p_values, dtype=float)[order]
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(ascending))
    return [float(p) for p in corrected]
