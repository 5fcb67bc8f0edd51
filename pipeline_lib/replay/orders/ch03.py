"""The published runs on how long to consolidate a recovery, and on one regrowth or many.

There are two, each on the stream from its beginning. The first repeats the run on guided regrowth
and goes on with five durations of training; the second has these durations, too, and five courses.
"""

from collections.abc import Sequence

from pipeline_lib.model.network import Network
from pipeline_lib.names import CLEAN, COMBINED, SPARSITY, UNTREATED
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.orders import ch01, ch02
from pipeline_lib.replay.single import BOTH, COURSE, SWEEP, WITHOUT_NOISE, Accuracies, SingleRun

KERNELS = AVX2
DURATIONS, COURSES = "durations", "courses"
IMPROVEMENT, TREND = "improvement", "trend"
AS_PRINTED = 1  # decimals
FIRST, SECOND = "a_", "b_"  # the runs


def replay(run: SingleRun) -> None:
    """Go through both runs."""
    guided, at_random, start, *arms = run.study["treatments"]
    durations, courses = arms[:5], arms[5:10]

    run.part = FIRST
    found = ch02.whole(run, guided, at_random)
    run.add_differences(IMPROVEMENT, guided, UNTREATED, found, AS_PRINTED)
    _durations(run, start, durations)

    other = SingleRun(run.stream, run.study)
    other.part = SECOND
    ch01.stages(other, guided, ch02.BATTERY)
    _durations(other, start, durations)
    pruned = other.pruned(other.healthy())
    other.sparsity(COURSES, UNTREATED, pruned)
    *_, longest, whole = courses
    found = _arms(other, COURSES, courses, pruned, longest)
    other.add_differences(TREND, longest, whole, found, AS_PRINTED)
    run.rows += other.rows


def _durations(run: SingleRun, start: str, arms: Sequence[str]) -> None:
    """Train one regrown network for several durations."""
    pruned = run.pruned(run.healthy())
    run.sparsity(DURATIONS, UNTREATED, pruned)
    network = run.treated(start, pruned)
    run.sparsity(DURATIONS, start, network)
    _arms(run, DURATIONS, arms, network, arms[-1])


def _arms(
    run: SingleRun, table: str, arms: Sequence[str], start: Network, last: str
) -> dict[str, Accuracies]:
    """Take a network through several courses, and compare the last with the first of them."""
    found, drops, first = {}, {}, arms[0]
    for arm in arms:
        run.build()
        network = run.treated(arm, start)
        run.add(COURSE, arm, {f"course_{SPARSITY}": 100 * start.sparsity}, level=0)
        for cycle, (count, sparsity) in enumerate(run.regrowths, start=1):
            then = {"course_regrown": count, f"course_{SPARSITY}": 100 * sparsity}
            run.add(COURSE, arm, then, level=cycle)
        length = {"cycles": len(run.regrowths), "epochs": len(run.setting.history)}
        run.add(COURSE, arm, length)
        run.sparsity(table, arm, network)
        found[arm] = run.measure(table, arm, network, (*WITHOUT_NOISE, *SWEEP, BOTH))
        drops[arm] = run.acute(arm, network, found[arm][COMBINED])
        if run.part == FIRST:
            run.accuracy(network, CLEAN)  # only for what it draws
    run.add_differences(TREND, last, first, found)
    run.add(TREND, last, {f"acute_drop_below_{first}": drops[first] - drops[last]})
    return found
