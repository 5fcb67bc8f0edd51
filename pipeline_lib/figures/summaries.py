"""What figures say about a sample of seeds: its mean with an interval, its survival.

All statistics of the figures are here and nowhere else.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True)
class Summary:
    """Means over seeds, with the ends of their intervals; NaN ends where there is one seed."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Survival:
    """Kaplan-Meier's curve: the share of seeds without relapse from each of `times` on.

    `times` (steps,), and `share`, `low` and `high` (steps,) as fractions; `low` and `high` are
    NaN where no interval can be told, as while no seed has relapsed. `at_risk[c]` is the number
    of seeds that had not relapsed before cycle c; `censored` counts seeds that never did.
    """

    times: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at_risk: np.ndarray
    censored: int


def summary(values: np.ndarray) -> Summary:
    """Return the mean over seeds of `values` (seeds, ...) in per cent, with its t interval.

    An accuracy cannot leave 0 to 100 %, so neither can the interval.
    """
    count = len(values)
    mean = np.mean(values, axis=0)
    if count < 2:
        nothing = np.full_like(mean, np.nan)
        return Summary(mean, nothing, nothing)
    from scipy.special import stdtrit

    error = np.std(values, axis=0, ddof=1) / np.sqrt(count)
    reach = float(stdtrit(count - 1, (1 + LEVEL) / 2)) * error
    return Summary(mean, np.clip(mean - reach, 0, 100), np.clip(mean + reach, 0, 100))


def relapse_cycles(accuracy: np.ndarray, threshold: float) -> np.ndarray:
    """Return the first cycle (seeds,) at which each seed is below the threshold, -1 for never.

    `accuracy` (seeds, cycles) is in per cent, cycle 0 first; `threshold` is a fraction.
    """
    # 100 * 0.55 is a little more than 55, and an accuracy of exactly 55 is not below 0.55.
    below = accuracy < round(100.0 * threshold, 9)
    return np.where(below.any(axis=1), below.argmax(axis=1), -1)


def survival(relapse: np.ndarray, last: int) -> Survival:
    """Return the survival of seeds by their `relapse_cycles`, (seeds,), -1 for never.

    Seeds that never relapsed are censored at the `last` cycle.
    """
    # Takes long to import, and only this figure needs it.
    from scipy.stats import CensoredData, ecdf

    relapsed = relapse >= 0
    with warnings.catch_warnings():
        # Where nobody or everybody has relapsed there is no interval, which is drawn as none.
        warnings.simplefilter("ignore", RuntimeWarning)
        sample = CensoredData(
            uncensored=relapse[relapsed], right=np.full(int(np.sum(~relapsed)), last)
        )
        curve = ecdf(sample).sf
        ends: Any = curve.confidence_interval(LEVEL, method="log-log")
    cycles = np.arange(last + 1)
    return Survival(
        times=curve.quantiles,
        share=curve.probabilities,
        low=ends.low.probabilities,
        high=ends.high.probabilities,
        at_risk=np.array([np.sum(~relapsed | (relapse >= cycle)) for cycle in cycles]),
        censored=int(np.sum(~relapsed)),
    )
