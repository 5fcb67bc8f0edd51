"""A number along a numeric axis: the dose-response curve, or the cliff of a severity.

Both are one Hill curve of four parameters, y = start + (end - start) / (1 + (half / x)^slope):
`start` and `end` are its plateaus at small and at large values, and `half` is the value half-way
between them, the ED50 of a dose and the place of the cliff of a severity. If a value of the axis is
negative, the curve is logistic in x instead.

The least-squares fit to the numbers of all seeds is the one to their means, since every value has
the same seeds. Intervals are percentiles over resampled seeds, each taken with all its values.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy

from pipeline_lib.analysis.intervals import FEWEST, LEVEL, difference_interval
from pipeline_lib.analysis.varied import Varied
from pipeline_lib.model.randomness import numpy_generator
from pipeline_lib.names import COMBINED, FINAL_ACCURACY, RELAPSED

RESAMPLES = 499
FEWEST_VALUES = 5  # four would fit four parameters exactly, whatever they are
LEAST_EXPLAINED = 0.9  # of the variance of the means, for a curve that follows them
MOST_LACKING = 0.15  # of the way from plateau to plateau, beyond the first or the last value
MOST_FAILED = 0.05  # of the resamples
STEEPEST = 500.0  # slope times the range of the values
EDGE = 0.1  # a value at which the curve is further than this from both plateaus is in its slope

UNCHANGED = "the same at every value"
FLAT = "the results at the first and the last value are not shown to differ"
TOO_FEW = f"a curve needs {FEWEST_VALUES} values"
NOT_FOLLOWED = "the means do not follow one rise or fall"
NOT_LEVEL = "the means do not level off at both ends"
NOT_FOUND = "the fit did not converge"
OUTSIDE = "half-way is outside the values, or its interval reaches beyond them"


@dataclass(frozen=True)
class Along:
    """A number of a treatment along an axis, in the number's own unit; a share is in per cent.

    `others` has the values of the other axes in words; `first` and `last` are the means at the
    smallest and the largest value. Without a fit its numbers are None and `note` says why.
    `explained` is a fraction of the variance of the means. `crossing` is where the curve crosses
    the relapse threshold. From `held_from` on, and up to `held_to`, every seed at every value is at
    or above the threshold, or never relapsed; None if there is no such value.
    """

    axis: str
    others: str
    treatment: str
    number: str
    level: float | None
    n: int
    first: float
    last: float
    start: float | None = None
    end: float | None = None
    slope: float | None = None
    explained: float | None = None
    half: float | None = None
    half_low: float | None = None
    half_high: float | None = None
    crossing: float | None = None
    crossing_low: float | None = None
    crossing_high: float | None = None
    held_from: float | None = None
    held_to: float | None = None
    note: str = ""


class AxisValue(NamedTuple):
    """A value of an axis with its interval, None where there is none."""

    at: float | None = None
    low: float | None = None
    high: float | None = None


class Fit(NamedTuple):
    """A fitted curve, on the axis's own scale z: the logarithm of x, or x itself."""

    start: float
    end: float
    middle: float
    slope: float
    explained: float

    def reaches(self, level: float) -> float:
        """Return where the curve is at this level; NaN if it never is."""
        share = (level - self.start) / (self.end - self.start) if self.end != self.start else 0.0
        inside = 0 < share < 1
        return self.middle + float(scipy.special.logit(share)) / self.slope if inside else math.nan

    def shares(self, z: np.ndarray) -> np.ndarray:
        """Return how much of the way from start to end the curve has gone at each z, 0 to 1."""
        return np.asarray(scipy.special.expit(self.slope * (z - self.middle)))


def study_along(varied: Varied, thresholds: Sequence[float | None]) -> list[Along]:
    """Return every number of the summary along every numeric axis, line by line.

    `thresholds` has the relapse threshold of each scenario, a fraction, None without stress cycles.
    """
    rows = []
    for line, key, numbers in varied.series(numeric=True):
        x, means = np.array(line.values, dtype=np.float64), numbers.mean(axis=0)
        share = varied.numbers[key.number].share
        low, high, *_ = difference_interval(numbers[:, -1], numbers[:, 0], share)
        flat = low is not None and high is not None and low <= 0 <= high
        limits = [round(100.0 * (thresholds[at] or math.nan), 9) for at in line.places]
        if key.number not in (COMBINED, FINAL_ACCURACY):
            limits = [math.nan] * len(x)
        held = np.all(numbers == 0 if key.number == RELAPSED else numbers >= limits, axis=0)
        kept = (_end_of_run(x[::-1], held[::-1]), _end_of_run(x, held))
        place = (line.axis, line.where, key.treatment, key.number, key.level, len(numbers))
        ends = (float(means[0]), float(means[-1]))
        threshold = limits[0] if np.ptp(limits) == 0 else None
        found = fitted(x, numbers, threshold, flat=flat)
        if isinstance(found, str):
            rows.append(Along(*place, *ends, held_from=kept[0], held_to=kept[1], note=found))
        else:
            (start, end, _, slope, explained), half, crossing = found
            curve = (start, end, slope, explained)
            rows.append(Along(*place, *ends, *curve, *half, *crossing, *kept))
    return rows


def fitted(
    x: np.ndarray, numbers: np.ndarray, threshold: float | None = None, *, flat: bool = False
) -> tuple[Fit, AxisValue, AxisValue] | str:
    """Return the curve of numbers (seeds, values) at ascending x, or why there is none.

    With the curve come the place half-way and where the curve crosses the threshold, which is
    empty if it does not. `flat` says that the results at the first and the last value are not
    shown to differ.
    """
    if (numbers == numbers[:, :1]).all():
        return UNCHANGED
    if len(x) < FEWEST_VALUES:
        return TOO_FEW
    if flat:
        return FLAT
    with np.errstate(divide="ignore"):
        z = np.log(x) if x[0] >= 0 else x
    means = numbers.mean(axis=0)
    fit = _polished(z, means, _best_of_grid(z, means[np.newaxis])[0])
    if fit is None:
        return NOT_FOUND
    if fit.explained < LEAST_EXPLAINED:
        return NOT_FOLLOWED
    seeds, resampled = len(numbers), [fit]
    if seeds >= FEWEST:
        rng = numpy_generator(0, "bootstrap of curves over seeds", seeds)
        drawn = rng.integers(0, seeds, (RESAMPLES, seeds))
        resampled += _best_of_grid(z, numbers[drawn].mean(axis=1))
    half = _axis_value(x, z, fit, [each.middle for each in resampled])
    if half.at is None:
        return OUTSIDE
    reached = fit.shares(z[[0, -1]])
    if max(reached[0], 1 - reached[1]) > MOST_LACKING:
        return NOT_LEVEL
    if threshold is None:
        return fit, half, AxisValue()
    return fit, half, _axis_value(x, z, fit, [each.reaches(threshold) for each in resampled])


def _best_of_grid(z: np.ndarray, means: np.ndarray) -> list[Fit]:
    """Return the least-squares curve of a grid of curves through each row of means (n, values).

    For given `middle` and `slope` the plateaus are a linear regression, so all of the grid is one
    product of matrices.
    """
    finite = z[np.isfinite(z)]
    wide = np.ptp(finite)
    middle = np.linspace(finite[0] - wide / 4, finite[-1] + wide / 4, 301)
    slope = np.geomspace(1.0, STEEPEST, 40) / wide
    shares = scipy.special.expit(slope[:, np.newaxis, np.newaxis] * (z - middle[:, np.newaxis]))
    shares = shares.reshape(-1, len(z))
    centred = shares - shares.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1)
    scale = np.where(length > 1e-3, length, np.inf)  # a curve that is level says nothing
    centred /= scale[:, np.newaxis]
    fits = []
    for row in means:
        along = centred @ (row - row.mean())
        best = int(np.argmax(along**2))
        change = along[best] / length[best]
        start = row.mean() - change * shares[best].mean()
        explained = along[best] ** 2 / max(((row - row.mean()) ** 2).sum(), 1e-12)
        at = (middle[best % len(middle)], slope[best // len(middle)])
        fits.append(Fit(*map(float, (start, start + change, *at, explained))))
    return fits


def _polished(z: np.ndarray, means: np.ndarray, start: Fit) -> Fit | None:
    """Return the least-squares curve near `start`, None if the search does not converge."""
    steepest = math.log(STEEPEST / np.ptp(z[np.isfinite(z)]))

    def curve(z: np.ndarray, low: float, high: float, middle: float, steep: float) -> np.ndarray:
        slope = math.exp(min(steep, steepest))
        return low + (high - low) * np.asarray(scipy.special.expit(slope * (z - middle)))

    first = (start.start, start.end, start.middle, math.log(start.slope))
    try:
        # A step to a slope of 0, which gives NaN at an x of 0, is taken back. The other warning is
        # of the covariance, which is not used.
        with np.errstate(invalid="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", scipy.optimize.OptimizeWarning)
            found, _ = scipy.optimize.curve_fit(
                curve, z, means, first, check_finite=False, maxfev=2000
            )
    except RuntimeError:
        return None
    low, high, middle, steep = map(float, found)
    residuals = means - curve(z, *found)
    explained = 1.0 - float((residuals**2).sum() / ((means - means.mean()) ** 2).sum())
    return Fit(low, high, middle, math.exp(min(steep, steepest)), explained)


def _axis_value(x: np.ndarray, z: np.ndarray, fit: Fit, found: Sequence[float]) -> AxisValue:
    """Return a place on the axis and its interval, from that of the fit and those of resamples.

    There is none if it, or an end of its interval, is beyond the values. Where the curve steps
    between two values, the step may be anywhere between them, so the interval is all of that.
    """
    there = [each for each in found[1:] if not math.isnan(each)]
    at = low = high = found[0]
    if not z[0] < at < z[-1] or len(there) < (1 - MOST_FAILED) * (len(found) - 1):
        return AxisValue()
    if there:
        tail = (1 - LEVEL) / 2
        ends = np.quantile(there, [tail, 1 - tail], method="nearest")
        low, high = min(at, ends[0]), max(at, ends[1])
    if not z[0] < low <= high < z[-1]:
        return AxisValue()
    back = np.exp if x[0] >= 0 else np.asarray
    at, low, high = (float(back(each)) for each in (at, low, high))
    share = fit.shares(z)
    if not ((share > EDGE) & (share < 1 - EDGE)).any():
        right = int(np.searchsorted(x, at))
        low, high = min(low, float(x[right - 1])), max(high, float(x[right]))
    return AxisValue(at, low, high) if there else AxisValue(at)


def _end_of_run(x: np.ndarray, held: np.ndarray) -> float | None:
    """Return the last value up to which all are held, None if the first is not."""
    run = int(np.argmin([*held, False]))
    return float(x[run - 1]) if run else None
