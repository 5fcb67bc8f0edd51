"""The published run on guided regrowth: its stages, its comparison, and its sweep of severity."""

import itertools

from pipeline_lib.names import COMBINED
from pipeline_lib.replay.kernels import ANY
from pipeline_lib.replay.orders.ch01 import stages
from pipeline_lib.replay.single import BOTH, WITHOUT_NOISE, Accuracies, SingleRun, inside, on_inputs

KERNELS = ANY
COMPARISON, DIFFERENCE, SWEEP = "comparison", "difference", "sweep"
BATTERY = (*WITHOUT_NOISE, *on_inputs(1.0, 2.0), *inside(0.3, 0.5, 1.0, 1.5), BOTH)
OF_SWEEP = (*WITHOUT_NOISE, *inside(0.5), BOTH)
LEVELS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.93, 0.95, 0.97, 0.99)


def replay(run: SingleRun) -> None:
    """Go through the run, whose treatments are regrowth by gradients and at random."""
    guided, at_random = run.study["treatments"]
    whole(run, guided, at_random)


def whole(run: SingleRun, guided: str, at_random: str) -> dict[str, Accuracies]:
    """Go through the run, and return the accuracies of its stages."""
    found = stages(run, guided, BATTERY)
    arms = {}
    for arm in (guided, at_random):  # each from a network of its own
        network = run.treated(arm, run.pruned(run.healthy()))
        arms[arm] = run.measure(COMPARISON, arm, network, BATTERY)
    run.add_differences(DIFFERENCE, guided, at_random, arms)
    combined = [100.0]
    for level in LEVELS:
        network = run.healthy()
        if level:
            network = run.pruned(network, sparsity=level)
        name = f"pruned_{round(100 * level)}"
        combined.append(run.measure(SWEEP, name, network, OF_SWEEP)[COMBINED])
    drops = [before - after for before, after in itertools.pairwise(combined)]
    steepest = LEVELS[drops.index(max(drops))]
    run.add(SWEEP, "pruned", {"steepest_drop": max(drops), "steepest_drop_at": 100 * steepest})
    return found
