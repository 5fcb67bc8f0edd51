"""The published run on three recoveries from one pruned network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_lib.names import COMBINED, GAIN_OVER_UNTREATED, OFF, SPARSITY, UNTREATED
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.single import BATTERY, BOTH, STRONGEST, Replayed, SingleRun, inside

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.study.kinds import Replay

KERNELS = AVX2
TABLE, COURSE, IMPROVEMENT, OFF_MEDICATION = "recoveries", "course", "improvement", "off_medication"


def replay(stream: int, study: Replay) -> list[Replayed]:
    """Return the numbers of the run."""
    run = SingleRun(stream, study)
    recoveries(run)
    return run.rows


def recoveries(run: SingleRun) -> tuple[Network, float]:
    """Go through the whole run, and return the pruned network and its combined accuracy."""
    pruned = run.pruned(run.healthy())
    run.sparsity(TABLE, UNTREATED, pruned)
    untreated = run.measure(TABLE, UNTREATED, pruned, BATTERY)[COMBINED, None]
    for name in run.study["treatments"]:
        run.build()
        network = run.treated(name, pruned)
        run.progress(COURSE, name, 25)
        run.regrown(COURSE, name, pruned, network)
        run.sparsity(TABLE, name, network)
        combined = run.measure(TABLE, name, network, BATTERY)[COMBINED, None]
        run.add(IMPROVEMENT, name, GAIN_OVER_UNTREATED, combined - untreated)
        if run.withdraws(name):
            run.measure(OFF_MEDICATION, name, network, (BOTH, *inside(STRONGEST)), OFF)
            # It was not measured anew: the weights are the same.
            run.add(OFF_MEDICATION, name, SPARSITY, 100 * network.sparsity, modulation=OFF)
        run.acute(name, network, combined)
    return pruned, untreated
