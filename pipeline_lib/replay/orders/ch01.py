"""The published run on fragility and random regrowth: healthy, pruned, recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_lib.names import HEALTHY, UNTREATED
from pipeline_lib.replay.kernels import ANY
from pipeline_lib.replay.single import WITHOUT_NOISE, Replayed, SingleRun, on_inputs

if TYPE_CHECKING:
    from pipeline_lib.study.kinds import Replay

KERNELS = ANY
STAGES, LAYERS = "stages", "layers"
BATTERY = (*WITHOUT_NOISE, *on_inputs(1.0, 2.0))


def replay(stream: int, study: Replay) -> list[Replayed]:
    """Return the numbers of the run."""
    run = SingleRun(stream, study)
    (treatment,) = study["treatments"]
    before = network = run.healthy()
    for state in (HEALTHY, UNTREATED, treatment):
        if state == UNTREATED:
            network = run.pruned(network)
        elif state == treatment:
            before, network = network, run.treated(treatment, network)
        run.measure(STAGES, state, network, BATTERY)
        run.count(STAGES, state, network)
        run.count_layers(LAYERS, state, network, before)
    return run.rows
