"""Relapse after response as time to event, in stress cycles.

Only seeds that responded are at risk: those that are not below the threshold at cycle 0, before
any stress. The paper counts the others as relapses at cycle 0, but a network cannot fall back from
where it never was. The event is the first cycle whose combined accuracy is below the threshold. A
seed without the event is right-censored after the last cycle. The curves are Kaplan and Meier's,
and the tests the log-rank test and Fisher's exact test, all scipy's.
"""

import itertools
import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import scipy

from pipeline_lib.analysis.intervals import LEVEL, WILSON, proportion_interval
from pipeline_lib.analysis.values import by_key
from pipeline_lib.analysis.welch import holm
from pipeline_lib.measures import Value
from pipeline_lib.names import LONGITUDINAL, RELAPSE_CYCLE, RELAPSED_AFTER_RESPONSE


@dataclass(frozen=True)
class SurvivalStep:
    """The Kaplan-Meier estimate of staying free of relapse beyond a cycle, in per cent."""

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
    """The relapse of two treatments compared among the seeds that responded."""

    treatment: str
    other: str
    n: int
    n_other: int
    relapsed: int
    relapsed_other: int
    chi_square: float
    p: float
    p_holm: float
    p_fisher: float
    p_fisher_holm: float
    note: str


class Times(NamedTuple):
    """When the responders to a treatment relapsed: `cycles` is where they did or were last seen."""

    cycles: np.ndarray  # (seeds,), int64
    relapsed: np.ndarray  # (seeds,), bool
    last: int  # the last cycle of the study

    def censored(self) -> "scipy.stats.CensoredData":
        """Return the times in the form that scipy expects."""
        return scipy.stats.CensoredData.right_censored(self.cycles, ~self.relapsed)


def relapse_times(values: Iterable[Value]) -> dict[str, Times]:
    """Return the relapse times of the seeds that responded to each treatment.

    A treatment to which no seed responded is left out.
    """
    series = by_key(values)
    times = {}
    for key, relapsed in series.items():
        if key.number == RELAPSED_AFTER_RESPONSE:
            longitudinal = key._replace(number=LONGITUDINAL)
            last = max(k.cycle or 0 for k in series if k._replace(cycle=None) == longitudinal)
            at = series.get(key._replace(number=RELAPSE_CYCLE), {})
            cycles = np.array([at.get(seed, last) for seed in relapsed], dtype=np.int64)
            happened = np.array(list(relapsed.values()), dtype=bool)
            times[key.treatment] = Times(cycles, happened, last)
    return times


def survival_curves(times: Mapping[str, Times]) -> list[SurvivalStep]:
    """Return the Kaplan-Meier estimate of every treatment, cycle by cycle.

    The interval is the log-log (exponential Greenwood) interval, which does not exist where the
    curve is at 100 or at 0 per cent. Wilson's interval of the share of seeds replaces it there:
    because no seed is censored before the last cycle, the estimate equals this share.
    """
    steps = []
    for treatment, of_seeds in times.items():
        cycles, n = np.arange(of_seeds.last + 1), len(of_seeds.cycles)
        estimate = scipy.stats.ecdf(of_seeds.censored()).sf
        with warnings.catch_warnings():
            # Scipy warns about the values that Wilson's interval replaces.
            warnings.filterwarnings("ignore", "The confidence interval is undefined")
            both: Any = estimate.confidence_interval(LEVEL, method="log-log")
        curves = (side.evaluate(cycles).tolist() for side in (estimate, *both))
        for cycle, (share, low, high) in enumerate(zip(*curves, strict=True)):
            limits, method = (100.0 * low, 100.0 * high), "log-log"
            if share in (0.0, 1.0):
                limits, method = proportion_interval(round(n * share), n), WILSON
            at_risk = int(np.count_nonzero(of_seeds.cycles >= cycle))
            events = int(np.count_nonzero(of_seeds.relapsed & (of_seeds.cycles == cycle)))
            counts = (at_risk, events, 100.0 * share)
            steps.append(SurvivalStep(treatment, cycle, *counts, *limits, method))
    return steps


def log_rank_tests(times: Mapping[str, Times]) -> list[LogRank]:
    """Compare the relapse of the responders to every two treatments."""
    found: list[LogRank] = []
    for (first, ours), (second, theirs) in itertools.combinations(times.items(), 2):
        note = ""
        counts = int(ours.relapsed.sum()), int(theirs.relapsed.sum())
        with np.errstate(invalid="ignore"):  # 0/0 is the case that the note explains
            result = scipy.stats.logrank(ours.censored(), theirs.censored())
        chi_square, p = float(result.statistic) ** 2, float(result.pvalue)
        if math.isnan(p):
            chi_square, p = 0.0, 1.0
            note = "all at risk relapsed together" if any(counts) else "no seed of either relapsed"
        sizes = len(ours.cycles), len(theirs.cycles)
        table = np.array([counts, np.subtract(sizes, counts)])
        fisher = float(scipy.stats.fisher_exact(table).pvalue)
        test = (chi_square, p, p, fisher, fisher)
        found.append(LogRank(first, second, *sizes, *counts, *test, note))
    p_holm, p_fisher_holm = holm([row.p for row in found]), holm([row.p_fisher for row in found])
    return [
        replace(row, p_holm=of_times, p_fisher_holm=of_counts)
        for row, of_times, of_counts in zip(found, p_holm, p_fisher_holm, strict=True)
    ]
