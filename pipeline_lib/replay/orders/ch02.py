"""The published run on guided regrowth: its stages, its comparison, and its sweep of severity."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pipeline_lib.names import COMBINED, HEALTHY, UNTREATED
from pipeline_lib.replay.kernels import ANY
from pipeline_lib.replay.single import (
    BOTH,
    WITHOUT_NOISE,
    Accuracies,
    Replayed,
    SingleRun,
    inside,
    on_inputs,
)

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.study.kinds import Replay

KERNELS = ANY
STAGES, LAYERS = "stages", "layers"
COMPARISON, DIFFERENCE, SWEEP = "comparison", "difference", "sweep"
BATTERY = (*WITHOUT_NOISE, *on_inputs(1.0, 2.0), *inside(0.3, 0.5, 1.0, 1.5), BOTH)
OF_SWEEP = (*WITHOUT_NOISE, *inside(0.5), BOTH)
LEVELS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.93, 0.95, 0.97, 0.99)


def replay(stream: int, study: Replay) -> list[Replayed]:
    """Return the numbers of the run, whose treatments are regrowth by gradients and at random."""
    run = SingleRun(stream, study)
    guided, at_random = study["treatments"]
    stages(run, guided)
    comparison(run, guided, at_random)
    sweep(run)
    return run.rows


def comparison(run: SingleRun, guided: str, at_random: str) -> None:
    """Compare regrowth by gradients with regrowth at random, each from a network of its own."""
    arms = {}
    for arm in (guided, at_random):
        network = run.treated(arm, run.pruned(run.healthy()))
        arms[arm] = run.measure(COMPARISON, arm, network, BATTERY)
    run.add_differences(DIFFERENCE, guided, at_random, arms)


def stages(run: SingleRun, treatment: str) -> dict[str, Accuracies]:
    """Measure the healthy, the pruned and the treated network, and return their accuracies."""
    healthy = run.healthy()
    found = {HEALTHY: _measure_stage(run, HEALTHY, healthy)}
    pruned = run.pruned(healthy)
    found[UNTREATED] = _measure_stage(run, UNTREATED, pruned)
    run.count_layers(LAYERS, UNTREATED, pruned, healthy)
    treated = run.treated(treatment, pruned)
    found[treatment] = _measure_stage(run, treatment, treated)
    run.count_layers(LAYERS, treatment, treated, pruned)
    regrown = sum(
        int((mask & ~old).sum()) for mask, old in zip(treated.masks, pruned.masks, strict=True)
    )
    run.add(LAYERS, treatment, "regrown", round(regrown, -2))  # printed as "about"
    return found


def _measure_stage(run: SingleRun, state: str, network: Network) -> Accuracies:
    found = run.measure(STAGES, state, network, BATTERY)
    run.count(STAGES, state, network)
    return found


def sweep(run: SingleRun) -> None:
    """Measure networks of their own at all levels of pruning, and find the steepest drop."""
    combined = [100.0]
    for level in LEVELS:
        network = run.healthy()
        if level:
            network = run.pruned(network, level)
        found = run.measure(SWEEP, f"pruned_{round(100 * level)}", network, OF_SWEEP)
        combined.append(found[COMBINED, None])
    drops = [before - after for before, after in itertools.pairwise(combined)]
    steepest = drops.index(max(drops))
    run.add(SWEEP, "pruned", "steepest_drop_at", 100 * LEVELS[steepest])
    run.add(SWEEP, "pruned", "steepest_drop", drops[steepest])
