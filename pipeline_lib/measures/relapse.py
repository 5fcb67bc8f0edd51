"""Longitudinal relapse: cycles of pruning, each followed by maintenance (Tables 3 and 4)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING

from pydantic import Field

from pipeline_lib.engines.accuracy import Measurement, Stress, Subject, is_below, measure, per_cent
from pipeline_lib.measures import TREATED, Found, RowOfFile, Value, value
from pipeline_lib.names import (
    COMBINED,
    FINAL_ACCURACY,
    LONGITUDINAL,
    LONGITUDINAL_SPARSITY,
    MAINTENANCE,
    MEAN_ACCURACY,
    NOT_RELAPSED,
    RELAPSE_CYCLE,
    RELAPSED,
    RELAPSED_AFTER_RESPONSE,
    RESPONDED,
    RESPONSE,
    SLOW_RESPONSE,
    SUMMARY,
    TOTAL_DROP,
)
from pipeline_lib.numbers import CYCLES, POINTS, FigureSpec, Key, Number, TableSpec
from pipeline_lib.options import Count, Model, Share, SomePart
from pipeline_lib.steps import Setting, StepOptions, take

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points

TITLE = "longitudinal relapse"
APPLIES_TO = TREATED
STAGE = MAINTENANCE
ASSESSMENT = "relapse"

RESPONSE_BY_THRESHOLD, RELAPSE_BY_THRESHOLD = "response_by_threshold", "relapse_by_threshold"
AFTER_RESPONSE = "Relapsed after response"
# How far other thresholds are from the study's own, in percentage points.
APART = (-10.0, -7.5, -5.0, -2.5, 0.0, 2.5, 5.0, 7.5, 10.0)

logger = logging.getLogger(__name__)


class Options(Model):
    """Longitudinal relapse: cycles of pruning and maintenance."""

    cycles: Count = Field(description="stress cycles")
    prune: Share = Field(description="fraction of the surviving weights that is cut in each cycle")
    threshold: SomePart = Field(
        description="a network whose combined accuracy (a fraction) is lower has relapsed"
    )


Row = Measurement


def run(
    subject: Subject,
    network: Network,
    *,
    training: Points,
    batch_size: int,
    maintenance: Sequence[StepOptions],
    standard: Points,
    combined: dict[str, float],
    cycles: int,
    prune: float,
) -> list[Measurement]:
    """Measure combined stress at cycle 0 and after each of `cycles` cycles.

    A cycle cuts `prune` of the surviving weights, then takes the steps of `maintenance`. Every
    cycle has a separate generator, so adding cycles does not change the earlier ones. The training
    in maintenance is added to the subject's history.
    """
    from pipeline_lib.model.pruning import prune_further

    stress = Stress(COMBINED, standard, **combined)
    rows = [measure(subject, network, stress, assessment=ASSESSMENT, cycle=0)]
    who = (subject.seed, subject.treatment)
    setting = Setting(subject.engine, training, batch_size, *who, subject.history)
    for cycle in range(1, cycles + 1):
        generator = subject.engine.generator(subject.seed, MAINTENANCE, subject.treatment, cycle)
        pruned = prune_further(network, prune)
        network = take(maintenance, pruned, setting, generator, stage=MAINTENANCE, cycle=cycle)
        row = measure(subject, network, stress, assessment=ASSESSMENT, cycle=cycle)
        rows.append(row)
        told = (cycle, cycles, 100 * row.sparsity, 100 * row.accuracy)
        logger.info("cycle %d of %d: sparsity %.1f %%, combined accuracy %.1f %%", *told)
    return rows


def values(rows: Iterable[RowOfFile], found: Found, *, threshold: float) -> Iterator[Value]:
    """Yield accuracy and sparsity by cycle, and the outcome of the cycles.

    In the paper a network has relapsed if its combined accuracy is below `threshold`, a fraction,
    at any cycle, 0 included; its relapse cycle is the first such cycle. Cycle 0 is before any
    stress, so response and relapse are also told apart: a network has responded if it is not below
    the threshold at cycle 0, and only one that responded can relapse after its response. A slow
    responder is below at cycle 0 and not below after the last cycle.
    """
    trajectories: dict[tuple[int, str], dict[int, float]] = {}
    for row in rows:
        seed, treatment, cycle = row["seed"], row["treatment"], row["cycle"]
        by_cycle = trajectories.setdefault((seed, treatment), {})
        by_cycle[cycle] = per_cent(row)
        yield value(seed, Key(treatment, LONGITUDINAL, cycle=cycle), by_cycle[cycle])
        sparsity = 100.0 * row["sparsity"]
        yield value(seed, Key(treatment, LONGITUDINAL_SPARSITY, cycle=cycle), sparsity)
    for (seed, treatment), by_cycle in trajectories.items():
        first, last = by_cycle[min(by_cycle)], by_cycle[max(by_cycle)]
        relapse = relapse_cycle(by_cycle, threshold)
        yield value(seed, Key(treatment, TOTAL_DROP), first - last)
        yield value(seed, Key(treatment, MEAN_ACCURACY), fmean(by_cycle.values()))
        yield value(seed, Key(treatment, FINAL_ACCURACY), last)
        slow = relapse == 0 and not is_below(last, threshold)
        yield value(seed, Key(treatment, RESPONDED), float(relapse != 0))
        yield value(seed, Key(treatment, SLOW_RESPONSE), float(slow))
        if relapse != 0:
            yield value(seed, Key(treatment, RELAPSED_AFTER_RESPONSE), float(relapse is not None))
        for percent in (round(100.0 * threshold + apart, 9) for apart in APART):
            if 0.0 < percent <= 100.0:
                at = relapse_cycle(by_cycle, percent / 100.0)
                response = Key(treatment, RESPONSE_BY_THRESHOLD, level=percent)
                yield value(seed, response, float(at != 0))
                if at != 0:
                    relapses = Key(treatment, RELAPSE_BY_THRESHOLD, level=percent)
                    yield value(seed, relapses, float(at is not None))
        yield value(seed, Key(treatment, RELAPSED), float(relapse is not None))
        yield value(seed, Key(treatment, NOT_RELAPSED), float(relapse is None))
        if relapse is not None:
            yield value(seed, Key(treatment, RELAPSE_CYCLE), float(relapse))


def relapse_cycle(by_cycle: Mapping[int, float], threshold: float) -> int | None:
    """Return the first cycle whose accuracy, in per cent, is below the threshold, a fraction.

    Cycle 0 counts. None if no cycle is below the threshold.
    """
    below = (cycle for cycle, accuracy in by_cycle.items() if is_below(accuracy, threshold))
    return min(below, default=None)


_by_cycle = partial(Number, by="cycle", compared=False)
# A share of the seeds, and one at several thresholds.
_share = partial(Number, share=True, compared=False)
_by_threshold = partial(
    _share, by="level", over="Threshold (%)", at="Threshold", figures=("by_threshold",)
)

NUMBERS = (
    _by_cycle(
        LONGITUDINAL,
        "Combined stress",
        tables=("table_3", "range_by_cycle"),
        figures=("trajectories",),
    ),
    _by_cycle(
        LONGITUDINAL_SPARSITY,
        "Sparsity",
        better="neither",
        tables=("sparsity_by_cycle",),
        figures=("sparsity",),
    ),
    Number(TOTAL_DROP, "Total drop", POINTS, better="less", derived=True, tables=("table_4",)),
    Number(MEAN_ACCURACY, "Mean over cycles", tables=(RESPONSE,)),
    Number(FINAL_ACCURACY, "Final accuracy", derived=True, tables=("table_4", RESPONSE, SUMMARY)),
    _share(RESPONDED, "Responded", tables=(RESPONSE, SUMMARY)),
    _share(SLOW_RESPONSE, "Slow responders", tables=(RESPONSE,)),
    _share(RELAPSED_AFTER_RESPONSE, AFTER_RESPONSE, better="less", tables=(RESPONSE, SUMMARY)),
    _by_threshold(RESPONSE_BY_THRESHOLD, "Responded", tables=(RESPONSE_BY_THRESHOLD,)),
    _by_threshold(
        RELAPSE_BY_THRESHOLD, AFTER_RESPONSE, better="less", tables=(RELAPSE_BY_THRESHOLD,)
    ),
    _share(RELAPSED, "Ever below threshold", better="less", tables=("table_4", SUMMARY)),
    _share(NOT_RELAPSED, "Never below threshold", derived=True, tables=("table_4",)),
    Number(
        RELAPSE_CYCLE,
        "Relapse cycle",
        CYCLES,
        compared=False,
        tables=("table_4", "relapse_cycle_by_seed"),
    ),
)

TABLES = (
    TableSpec(
        "table_3",
        "Combined-stress accuracy by cycle",
        "Per cent; {over}. Cycle 0 is before the first stress cycle.",
        rows="cycles",
        paper="3",
    ),
    TableSpec(
        "table_4",
        "Outcome of the stress cycles",
        "Combined-stress accuracy in per cent; {over}. The total drop is cycle 0 minus the last "
        "cycle, in percentage points. A seed relapsed if it fell below the threshold at any cycle, "
        "0 included; its relapse cycle is the first such cycle. The mean relapse cycle is taken "
        "over the seeds that relapsed.",
        paper="4",
    ),
    TableSpec(
        RESPONSE_BY_THRESHOLD,
        "Response by threshold",
        "Seeds that are not below each threshold (in per cent) at cycle 0, before any stress.",
    ),
    TableSpec(
        RELAPSE_BY_THRESHOLD,
        "Relapse after response by threshold",
        "Of the seeds that are not below each threshold (in per cent) at cycle 0, those that fell "
        "below it at a later cycle.",
        empty="No seed of this study responded.",
    ),
    TableSpec(
        "sparsity_by_cycle",
        "Sparsity by cycle",
        "Per cent of the weights that are pruned; {over}.",
        rows="cycles",
    ),
    TableSpec(
        "range_by_cycle",
        "Range of combined-stress accuracy by cycle",
        "Per cent; lowest to highest of {seeds}.",
        rows="cycles",
        extremes=True,
    ),
    TableSpec(
        "relapse_cycle_by_seed",
        "Relapse cycle by seed",
        "First cycle below the threshold. Seeds that are not listed never relapsed.",
        rows="seeds",
        empty="No seed relapsed.",
    ),
)

FIGURES = (
    FigureSpec(
        "trajectories",
        "Accuracy through the stress cycles",
        "Combined-stress accuracy of every seed through the stress cycles, and its mean. Crosses "
        "mark each seed's first cycle below the threshold; cycle 0 is before any stress.",
        kind="trajectories",
    ),
    FigureSpec(
        "by_threshold",
        "Response and relapse by threshold",
        "Share of seeds that are not below the threshold at cycle 0, and of these the share that "
        "fell below it later, for thresholds up to ten points above and below the study's, with "
        "95 % intervals.",
        kind="lines",
    ),
    FigureSpec(
        "sparsity",
        "Pruned weights through the stress cycles",
        "Mean share of the weights that is pruned, through the stress cycles, with 95 % intervals.",
        kind="lines",
    ),
)
