"""What figures say about a sample of seeds: the tables' own statistics, as arrays to draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline_lib.analysis.intervals import mean_intervals
from pipeline_lib.analysis.statistics import relapse_cycle
from pipeline_lib.analysis.survival import Times, survival_curves


@dataclass(frozen=True)
class Summary:
    """Means over seeds, with the ends of their intervals; NaN ends where there is one seed."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Survival:
    """Kaplan-Meier's curve: the share of seeds without relapse beyond each cycle, from 0 on.

    `share`, `low` and `high` (cycles,) are in per cent. `at_risk` (cycles,) is the number of seeds
    that had not relapsed before each cycle; `censored` counts seeds that never did.
    """

    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at_risk: np.ndarray
    censored: int


def summary(values: np.ndarray) -> Summary:
    """Return the mean over seeds of `values` (seeds, levels), with its BCa interval."""
    intervals = mean_intervals([column.tolist() for column in values.T])
    return Summary(
        np.mean(values, axis=0),
        np.array([interval.low for interval in intervals]),
        np.array([interval.high for interval in intervals]),
    )


def relapse_cycles(accuracy: np.ndarray, threshold: float) -> np.ndarray:
    """Return the first cycle (seeds,) at which each seed is below the threshold, -1 for never.

    `accuracy` (seeds, cycles) is in per cent, cycle 0 first; `threshold` is a fraction.
    """
    found = [relapse_cycle(dict(enumerate(course)), threshold) for course in accuracy.tolist()]
    return np.array([-1 if cycle is None else cycle for cycle in found])


def survival(relapse: np.ndarray, last: int) -> Survival:
    """Return the survival of seeds by their `relapse_cycles`, (seeds,), -1 for never.

    Seeds that never relapsed are censored at the `last` cycle.
    """
    never = relapse < 0
    times = Times(np.where(never, last, relapse), ~never, last)
    curve = survival_curves({"": times})
    share, low, high, at_risk = (
        curve[name].to_numpy() for name in ("survival", "ci_low", "ci_high", "at_risk")
    )
    return Survival(share, low, high, at_risk, censored=int(np.sum(never)))
