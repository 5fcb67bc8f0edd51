"""The published runs of several seeds on switch liability: recoveries with a gain, and a push."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeline_lib.names import COMBINED, GAIN_OVER_UNTREATED, OFF, UNTREATED
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.single import (
    BOTH,
    STRONGEST,
    SWITCH,
    WITHOUT_NOISE,
    Replayed,
    SingleRun,
    inside,
)

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.replay.single import Accuracies
    from pipeline_lib.study.kinds import Replay

KERNELS = AVX2
TABLE, COURSE, IMPROVEMENT = "recoveries", "course", "improvement"
OFF_MEDICATION, RANKING = "off_medication", "ranking"
SWEEP = inside(0.0, 0.5, 1.0, 1.5, STRONGEST)


def replay(stream: int, study: Replay) -> list[Replayed]:
    """Return the numbers of the run of one seed."""
    return recoveries(SingleRun(stream, study), sweep_last=True)


def recoveries(
    run: SingleRun,
    *,
    sweep_last: bool,
    names: Sequence[str] | None = None,
    then: Callable[[str, Network], None] = lambda name, network: None,
) -> list[Replayed]:
    """Go through the whole run of these treatments, or of all.

    The noise levels were measured last, or before the rest. `then` is what was done with a treated
    network once it was measured, by its treatment's name.
    """
    pruned = run.pruned(run.healthy())
    untreated = _measured(run, UNTREATED, pruned, sweep_last=sweep_last)[COMBINED, None]
    gains = {UNTREATED: pruned.modulation.gain}
    for name in names or run.study["treatments"]:
        run.build()
        network = run.treated(name, pruned)
        run.progress(COURSE, name, 25)
        run.regrown(COURSE, name, pruned, network)
        combined = _measured(run, name, network, sweep_last=sweep_last)[COMBINED, None]
        run.add(IMPROVEMENT, name, GAIN_OVER_UNTREATED, combined - untreated)
        then(name, network)
        if run.withdraws(name):
            conditions = (BOTH, *inside(STRONGEST))
            off = run.measure(OFF_MEDICATION, name, network, conditions, OFF)[COMBINED, None]
            run.add(OFF_MEDICATION, name, "combined_drop", combined - off, modulation=OFF)
            run.pushed(name, network, OFF)
        run.acute(name, network, combined)
        gains[name] = network.modulation.gain
        run.add(SWITCH, name, "effective_gain", network.modulation.factor)
    for rank, name in enumerate(sorted(gains, key=lambda name: -gains[name]), start=1):
        run.add(SWITCH, name, "gain", gains[name])
        run.add(RANKING, name, "rank", rank)
    return run.rows


def _measured(run: SingleRun, name: str, network: Network, *, sweep_last: bool) -> Accuracies:
    run.sparsity(TABLE, name, network)
    before, after = ((), SWEEP) if sweep_last else (SWEEP, ())
    found = run.measure(TABLE, name, network, (*WITHOUT_NOISE, *before, BOTH))
    run.pushed(name, network)
    run.measure(TABLE, name, network, after)
    return found
