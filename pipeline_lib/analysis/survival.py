"""Relapse as time to event, in stress cycles.

The event is the first cycle whose combined accuracy is below the threshold. Cycle 0, before any
stress, counts, as it does in the paper: a network that is below the threshold then was never well,
and `relapse_counts` tells those apart. A seed without the event is right-censored after the last
cycle. The curves are Kaplan and Meier's, the test is the log-rank test, both scipy's.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from pipeline_lib.analysis.intervals import LEVEL, Interval, proportion_interval
from pipeline_lib.analysis.statistics import Measurements, courses, relapse_cycle
from pipeline_lib.analysis.welch import holm

LOG_LOG = "log-log"

CURVE = (
    "treatment",
    "cycle",
    "at_risk",
    "relapsed",
    "survival",
    "ci_low",
    "ci_high",
    "method",
)
LOG_RANK = (
    "treatment",
    "other",
    "n",
    "n_other",
    "relapsed",
    "relapsed_other",
    "chi_square",
    "p",
    "p_holm",
    "note",
)
COUNTS = (
    "treatment",
    "n",
    "at_cycle_0",
    "later",
    "relapsed",
    "share",
    "ci_low",
    "ci_high",
    "method",
)


class Times(NamedTuple):
    """When the seeds of a treatment relapsed: `cycles` is where they did or were last seen."""

    cycles: np.ndarray  # (seeds,), int64
    relapsed: np.ndarray  # (seeds,), bool
    last: int  # cycle of the study

    def sample(self) -> stats.CensoredData:
        """Return it as scipy wants it."""
        return stats.CensoredData.right_censored(self.cycles, ~self.relapsed)


def relapse_times(values: Measurements, threshold: float) -> dict[str, Times]:
    """Return the relapse times of every treatment that has a longitudinal test.

    `values` is as `statistics.values` gives it, `threshold` a fraction.
    """
    times = {}
    for treatment, of_seeds in courses(values).items():
        found = [relapse_cycle(course, threshold) for course in of_seeds.values()]
        lasts = [max(course) for course in of_seeds.values()]
        cycles = [last if at is None else at for at, last in zip(found, lasts, strict=True)]
        relapsed = np.array([at is not None for at in found])
        times[treatment] = Times(np.array(cycles), relapsed, max(lasts))
    return times


def survival_curves(times: Mapping[str, Times]) -> pd.DataFrame:
    """Return the Kaplan-Meier estimate of staying free of relapse beyond each cycle.

    One row per treatment and cycle, with the columns `CURVE`: seeds `at_risk` before the cycle,
    those that `relapsed` in it, and `survival` in per cent with its pointwise interval. That is
    the log-log (exponential Greenwood) interval. It has no value where the curve is still at 100
    or has come down to 0 per cent; there Wilson's interval of the share of all seeds stands in,
    which nobody's being censored before the last cycle makes the same estimate.
    """
    rows = []
    for treatment, of_seeds in times.items():
        cycles = np.arange(of_seeds.last + 1)
        estimate = stats.ecdf(of_seeds.sample()).sf
        with warnings.catch_warnings():
            # Of the values that Wilson's interval replaces.
            warnings.filterwarnings("ignore", "The confidence interval is undefined")
            limits: Any = estimate.confidence_interval(LEVEL, method="log-log")
        curve, low, high = (side.evaluate(cycles).tolist() for side in (estimate, *limits))
        for cycle in cycles.tolist():
            interval = Interval(low[cycle], high[cycle], LOG_LOG)
            if curve[cycle] in (0.0, 1.0):
                n = len(of_seeds.cycles)
                interval = proportion_interval(round(n * curve[cycle]), n)
            at_risk = int(np.count_nonzero(of_seeds.cycles >= cycle))
            events = int(np.count_nonzero(of_seeds.relapsed & (of_seeds.cycles == cycle)))
            shares = (100.0 * share for share in (curve[cycle], interval.low, interval.high))
            rows.append((treatment, cycle, at_risk, events, *shares, interval.method))
    return pd.DataFrame(rows, columns=list(CURVE))


def log_rank_tests(times: Mapping[str, Times]) -> pd.DataFrame:
    """Compare the relapse of every two treatments by the log-rank test.

    One row per pair with the columns `LOG_RANK`: `chi_square` has one degree of freedom, `p` is
    two-sided, `p_holm` corrected by Holm over all pairs. Where no seed of either relapsed, or all
    that were at risk relapsed together, nothing tells the curves apart: chi-square is 0, p is 1,
    and `note` says so.
    """
    rows: list[tuple[Any, ...]] = []
    for (first, ours), (second, theirs) in itertools.combinations(times.items(), 2):
        note = ""
        counts = int(ours.relapsed.sum()), int(theirs.relapsed.sum())
        with np.errstate(invalid="ignore"):  # 0/0, the case of the note
            result = stats.logrank(ours.sample(), theirs.sample())
        chi_square, p = float(result.statistic) ** 2, float(result.pvalue)
        if math.isnan(p):
            chi_square, p = 0.0, 1.0
            note = "all at risk relapsed together" if any(counts) else "no seed of either relapsed"
        sizes = len(ours.cycles), len(theirs.cycles)
        rows.append((first, second, *sizes, *counts, chi_square, p, note))
    corrected = holm([row[-2] for row in rows])
    rows = [(*row[:-1], p, row[-1]) for row, p in zip(rows, corrected, strict=True)]
    return pd.DataFrame(rows, columns=list(LOG_RANK))


def relapse_counts(times: Mapping[str, Times]) -> pd.DataFrame:
    """Return how many seeds of each treatment relapsed, with Wilson's interval of the share.

    One row per treatment with the columns `COUNTS`; the share and its interval are in per cent.
    A seed that relapsed `at_cycle_0` was below the threshold before any stress: its treatment
    failed. The others relapsed `later`.
    """
    rows = []
    for treatment, (cycles, relapsed, _) in times.items():
        n, count = len(cycles), int(relapsed.sum())
        early = int(np.count_nonzero(relapsed & (cycles == 0)))
        low, high, method, _ = proportion_interval(count, n)
        shares = (100.0 * share for share in (count / n, low, high))
        rows.append((treatment, n, early, count - early, count, *shares, method))
    return pd.DataFrame(rows, columns=list(COUNTS))
