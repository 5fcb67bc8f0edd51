"""Two means known by their summaries: do they differ, are they equivalent, what could be seen.

Welch's t throughout: two samples of unequal variances. SDs are population SDs, as printed, and
are turned into sample SDs here. `rounding` is how far a printed mean may be from the true one;
every answer allows for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

POWER = 0.8

# Below this a standard error is what adding equal floats leaves, not scatter.
NO_SCATTER = 1e-9


@dataclass(frozen=True)
class Sample:
    """A mean, its population SD and the number of values, at least two."""

    mean: float
    sd: float
    n: int


@dataclass(frozen=True)
class Comparison:
    """The mean of one sample minus that of another, with its standard error."""

    difference: float
    error: float
    freedom: float
    rounding: float

    @property
    def beyond(self) -> float:
        """How much of the difference, as an absolute value, rounding cannot explain."""
        # A printed 95.0 and a mean of 94.95 differ by 0.05 and a float's last bit.
        excess = abs(self.difference) - self.rounding
        return excess if excess > NO_SCATTER else 0.0


def compare(ours: Sample, theirs: Sample, rounding: float) -> Comparison:
    """Return ours minus theirs. Raises ValueError if a sample has fewer than two values."""
    if min(ours.n, theirs.n) < 2:
        raise ValueError("a sample of fewer than two values has no SD")
    # Population SD to squared standard error of the mean: sd² · n / (n − 1), over n.
    squares = [sample.sd**2 / (sample.n - 1) for sample in (ours, theirs)]
    error = math.sqrt(sum(squares))
    freedom = math.inf
    if error > NO_SCATTER:
        parts = [s**2 / (x.n - 1) for s, x in zip(squares, (ours, theirs), strict=True)]
        freedom = sum(squares) ** 2 / sum(parts)
    else:
        error = 0.0
    return Comparison(ours.mean - theirs.mean, error, freedom, rounding)


def interval(comparison: Comparison, level: float) -> tuple[float, float]:
    """Return the interval of the true difference at this level, widened by the rounding."""
    reach = comparison.rounding
    if comparison.error:
        reach += float(stats.t.ppf((1 + level) / 2, comparison.freedom)) * comparison.error
    return comparison.difference - reach, comparison.difference + reach


def p_different(comparison: Comparison) -> float:
    """Return the two-sided p-value of a difference beyond the rounding.

    Without scatter it is certain: 0 beyond the rounding, 1 within it.
    """
    if not comparison.error:
        return 0.0 if comparison.beyond else 1.0
    return float(2 * stats.t.sf(comparison.beyond / comparison.error, comparison.freedom))


def p_equivalent(comparison: Comparison, margin: float) -> float:
    """Return the p-value of two one-sided tests that the true difference is within ± margin.

    The larger of the two, with the difference taken as large as rounding allows. Without scatter
    it is certain: 0 within the margin, 1 outside.
    """
    room = margin - abs(comparison.difference) - comparison.rounding
    if not comparison.error:
        return 0.0 if room > 0 else 1.0
    return float(stats.t.sf(room / comparison.error, comparison.freedom))


def detectable(comparison: Comparison, alpha: float, power: float = POWER) -> float:
    """Return the smallest true difference that `p_different` shows with this power.

    Two-sided at alpha, from the noncentral t; the rounding comes on top. It is of these samples'
    scatter, and does not depend on the difference that was found.
    """
    if not comparison.error:
        return comparison.rounding
    freedom = comparison.freedom
    critical = float(stats.t.isf(alpha / 2, freedom))
    # The noncentral t as a mixture of normals over the distribution of the estimated scatter:
    # scipy's nct gives NaN here and there, far out in its tails.
    shares = (np.arange(2000) + 0.5) / 2000
    limits = critical * np.sqrt(stats.chi2.ppf(shares, freedom) / freedom)

    def lacking(shift: float) -> float:
        shown = special.ndtr(shift - limits) + special.ndtr(-shift - limits)
        return float(np.mean(shown)) - power

    if lacking(0.0) >= 0:  # an alpha above the power
        return comparison.rounding
    shift = float(optimize.brentq(lacking, 0.0, float(np.max(limits)) + 10.0))
    return shift * comparison.error + comparison.rounding


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for being one family, by Holm's step-down procedure."""
    corrected = [1.0] * len(p_values)
    largest = 0.0
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected
