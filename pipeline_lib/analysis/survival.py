"""Relapse as time to event, in stress cycles.

The event is the first cycle whose accuracy under combined stress is below the threshold. Cycle 0,
before any stress, counts as it does in the paper. A network that is below the threshold at cycle 0
had not yet responded, and `relapse_counts` counts these networks separately. A seed without the
event is right-censored after the last cycle. The curves are Kaplan-Meier estimates and the test is
the log-rank test, both from scipy.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from pipeline_lib.analysis.intervals import LEVEL, WILSON, proportion_interval
from pipeline_lib.analysis.values import BySeed, by_key
from pipeline_lib.analysis.welch import holm
from pipeline_lib.measures import Value
from pipeline_lib.names import LONGITUDINAL, RELAPSE_CYCLE, RELAPSED

LOG_LOG = "log-log"


@dataclass(frozen=True)
class SurvivalStep:
    """The Kaplan-Meier estimate of staying free of relapse beyond a cycle.

    `at_risk` counts the seeds before the cycle, `relapsed` those that relapsed in it; `survival`
    and its pointwise interval are in per cent.
    """

    treatment: str
    cycle: int
    at_risk: int
    relapsed: int
    survival: float
    ci_low: float
    ci_high: float
    method: str


@dataclass(frozen=True)
class LogRank:
    """The relapse of two treatments compared by the log-rank test.

    `chi_square` has one degree of freedom, `p` is two-sided, and `p_holm` is corrected by Holm's
    procedure over all pairs. If no seed of either relapsed, or all that were at risk relapsed
    together, the curves cannot be told apart: chi-square is 0, p is 1, and `note` says so.
    """

    treatment: str
    other: str
    n: int
    n_other: int
    relapsed: int
    relapsed_other: int
    chi_square: float
    p: float
    p_holm: float
    note: str


@dataclass(frozen=True)
class RelapseCount:
    """How many of a treatment's n seeds relapsed; the share and its interval are in per cent.

    A seed that relapsed `at_cycle_0` was below the threshold before any stress cycle, so it had not
    yet responded to its treatment. The others relapsed `later`.
    """

    treatment: str
    n: int
    at_cycle_0: int
    later: int
    relapsed: int
    share: float
    ci_low: float
    ci_high: float
    method: str


class Times(NamedTuple):
    """The cycles at which the seeds of a treatment relapsed or were censored."""

    cycles: np.ndarray  # (seeds,), int64
    relapsed: np.ndarray  # (seeds,), bool
    last: int  # the last cycle of the study

    def censored(self) -> stats.CensoredData:
        """Return the times in the form that scipy expects."""
        return stats.CensoredData.right_censored(self.cycles, ~self.relapsed)


def relapse_times(values: Iterable[Value]) -> dict[str, Times]:
    """Return the relapse times of every treatment that has a longitudinal test."""
    series = by_key(values)
    times = {}
    for key, (seeds, relapsed) in series.items():
        if key.number == RELAPSED:
            longitudinal = key._replace(number=LONGITUDINAL)
            last = max(k.cycle or 0 for k in series if k._replace(cycle=None) == longitudinal)
            found = series.get(key._replace(number=RELAPSE_CYCLE), BySeed([], []))
            at = dict(zip(*found, strict=True))
            cycles = np.array([at.get(seed, last) for seed in seeds], dtype=np.int64)
            times[key.treatment] = Times(cycles, np.array(relapsed, dtype=bool), last)
    return times


def survival_curves(times: Mapping[str, Times]) -> list[SurvivalStep]:
    """Return the Kaplan-Meier estimate of every treatment, cycle by cycle.

    The interval is the log-log (exponential Greenwood) interval, which does not exist where the
    curve is at 100 or at 0 per cent. Wilson's interval of the share of seeds replaces it there:
    because no seed is censored before the last cycle, the estimate equals this share.
    """
    steps = []
    for treatment, of_seeds in times.items():
        cycles = np.arange(of_seeds.last + 1)
        estimate = stats.ecdf(of_seeds.censored()).sf
        with warnings.catch_warnings():
            # Scipy warns about the values that Wilson's interval replaces.
            warnings.filterwarnings("ignore", "The confidence interval is undefined")
            both: Any = estimate.confidence_interval(LEVEL, method="log-log")
        curve, low, high = (side.evaluate(cycles).tolist() for side in (estimate, *both))
        for cycle in cycles.tolist():
            limits, method = (100.0 * low[cycle], 100.0 * high[cycle]), LOG_LOG
            if curve[cycle] in (0.0, 1.0):
                n = len(of_seeds.cycles)
                limits, method = proportion_interval(round(n * curve[cycle]), n), WILSON
            at_risk = int(np.count_nonzero(of_seeds.cycles >= cycle))
            events = int(np.count_nonzero(of_seeds.relapsed & (of_seeds.cycles == cycle)))
            share = 100.0 * curve[cycle]
            steps.append(SurvivalStep(treatment, cycle, at_risk, events, share, *limits, method))
    return steps


def log_rank_tests(times: Mapping[str, Times]) -> list[LogRank]:
    """Compare the relapse of every two treatments by the log-rank test."""
    found = []
    for (first, ours), (second, theirs) in itertools.combinations(times.items(), 2):
        note = ""
        counts = int(ours.relapsed.sum()), int(theirs.relapsed.sum())
        with np.errstate(invalid="ignore"):  # 0/0 is the case that the note explains
            result = stats.logrank(ours.censored(), theirs.censored())
        chi_square, p = float(result.statistic) ** 2, float(result.pvalue)
        if math.isnan(p):
            chi_square, p = 0.0, 1.0
            note = "all at risk relapsed together" if any(counts) else "no seed of either relapsed"
        sizes = len(ours.cycles), len(theirs.cycles)
        found.append(((first, second, *sizes, *counts, chi_square), p, note))
    corrected = holm([p for _, p, _ in found])
    return [
        LogRank(*pair, p, p_holm, note)
        for (pair, p, note), p_holm in zip(found, corrected, strict=True)
    ]


def relapse_counts(times: Mapping[str, Times]) -> list[RelapseCount]:
    """Return how many seeds of each treatment relapsed, with Wilson's interval of the share."""
    counts = []
    for treatment, (cycles, relapsed, _) in times.items():
        n, count = len(cycles), int(relapsed.sum())
        early = int(np.count_nonzero(relapsed & (cycles == 0)))
        ends, share = proportion_interval(count, n), 100.0 * (count / n)
        counts.append(RelapseCount(treatment, n, early, count - early, count, share, *ends, WILSON))
    return counts
