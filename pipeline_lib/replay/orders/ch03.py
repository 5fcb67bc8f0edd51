"""The published runs on how long to consolidate a recovery, and on one regrowth or many.

There are two, each on the stream from its beginning. The first repeats the run on guided regrowth
and goes on with five durations of training; the second has these durations, too, and five courses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline_lib.names import COMBINED, SPARSITY, UNTREATED
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.orders.ch02 import comparison, stages, sweep
from pipeline_lib.replay.single import (
    ACUTE,
    BATTERY,
    WITHOUT_NOISE,
    Accuracies,
    Replayed,
    SingleRun,
)
from pipeline_lib.steps import StepOptions, kind_of

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.study.kinds import Replay

KERNELS = AVX2
DURATIONS, COURSES, COURSE = "durations", "courses", "course"
IMPROVEMENT, TREND = "improvement", "trend"
AS_PRINTED = 1  # decimals
Outcomes = dict[str, Accuracies]


def replay(stream: int, study: Replay) -> list[Replayed]:
    """Return the numbers of both runs."""
    guided, at_random, regrown, *arms = study["treatments"]
    durations, courses = arms[:5], arms[5:10]

    run = SingleRun(stream, study, part="a_")
    found = stages(run, guided)
    run.add_differences(IMPROVEMENT, guided, UNTREATED, found, AS_PRINTED)
    comparison(run, guided, at_random)
    sweep(run)
    by_arm, drops = _durations(run, regrown, durations, clean_after=True)
    _trend(run, by_arm, drops, durations[-1], durations[0])

    other = SingleRun(stream, study, part="b_")
    stages(other, guided)
    _durations(other, regrown, durations, clean_after=False)
    by_arm, drops = _courses(other, courses)
    _, _, _, longest, whole = courses
    _trend(other, by_arm, drops, longest, courses[0])
    other.add_differences(TREND, longest, whole, by_arm, AS_PRINTED)
    return [*run.rows, *other.rows]


def _durations(
    run: SingleRun, regrown: str, arms: Sequence[str], *, clean_after: bool
) -> tuple[Outcomes, dict[str, float]]:
    """Train one regrown network for several durations; return accuracies and acute drops."""
    pruned = run.pruned(run.healthy())
    run.sparsity(DURATIONS, UNTREATED, pruned)
    start = run.treated(regrown, pruned)
    run.sparsity(DURATIONS, regrown, start)
    found, drops = {}, {}
    for arm in arms:
        run.build()
        network = run.treated(arm, start)
        found[arm], drops[arm] = _measured(run, DURATIONS, arm, network)
        if clean_after:
            run.accuracies(network, WITHOUT_NOISE[:1])  # only for what it draws
    return found, drops


def _courses(run: SingleRun, arms: Sequence[str]) -> tuple[Outcomes, dict[str, float]]:
    """Take courses of one or more regrowths; return accuracies and acute drops."""
    pruned = run.pruned(run.healthy())
    run.sparsity(COURSES, UNTREATED, pruned)
    found, drops = {}, {}
    for arm in arms:
        run.build()
        network = _followed(run, arm, pruned)
        found[arm], drops[arm] = _measured(run, COURSES, arm, network)
    return found, drops


def _followed(run: SingleRun, arm: str, network: Network) -> Network:
    """Return the network after the course of an arm, and add its sparsity after each regrowth."""
    cycle = epochs = 0
    run.add(COURSE, arm, f"course_{SPARSITY}", 100 * network.sparsity, cycle)
    for step in _each(run.study["treatments"][arm]):
        before, network = network, run.taken([step], network)
        if kind_of(step) == "regrow":
            cycle += 1
            run.regrown(COURSE, arm, before, network, cycle)
            run.add(COURSE, arm, f"course_{SPARSITY}", 100 * network.sparsity, cycle)
        else:
            epochs += step["train"]["epochs"]
    run.add(COURSE, arm, "cycles", cycle)
    run.add(COURSE, arm, "epochs", epochs)
    return network


def _each(course: Sequence[StepOptions]) -> Iterator[StepOptions]:
    for step in course:
        if kind_of(step) == "repeat":
            for _ in range(step["repeat"]["times"]):
                yield from _each(step["repeat"]["steps"])
        else:
            yield step


def _measured(run: SingleRun, table: str, arm: str, network: Network) -> tuple[Accuracies, float]:
    run.sparsity(table, arm, network)
    found = run.measure(table, arm, network, BATTERY)
    damaged, drop = run.acute(arm, network, found[COMBINED, None])
    run.add(ACUTE, arm, f"acute_{SPARSITY}", 100 * damaged.sparsity)
    return found, drop


def _trend(run: SingleRun, found: Outcomes, drops: dict[str, float], last: str, first: str) -> None:
    """Add how much better the last arm is than the first."""
    run.add_differences(TREND, last, first, found)
    run.add(TREND, last, f"acute_drop_below_{first}", drops[first] - drops[last])
