"""The published run on fragility and random regrowth: healthy, pruned, recovered."""

from collections.abc import Sequence

import numpy as np

from pipeline_lib.model.network import Network
from pipeline_lib.names import HEALTHY, UNTREATED
from pipeline_lib.replay.kernels import ANY
from pipeline_lib.replay.single import (
    WITHOUT_NOISE,
    Accuracies,
    Condition,
    SingleRun,
    on_inputs,
    regrown,
)

KERNELS = ANY
STAGES, LAYERS = "stages", "layers"


def replay(run: SingleRun) -> None:
    """Go through the run."""
    (treatment,) = run.study["treatments"]
    stages(run, treatment, (*WITHOUT_NOISE, *on_inputs(1.0, 2.0)))


def stages(
    run: SingleRun, treatment: str, conditions: Sequence[Condition]
) -> dict[str, Accuracies]:
    """Measure the healthy, the pruned and the treated network, and return their accuracies."""
    found, network = {}, run.healthy()
    for state in (HEALTHY, UNTREATED, treatment):
        before = network
        if state == UNTREATED:
            network = run.pruned(network)
        elif state == treatment:
            network = run.treated(treatment, network)
        found[state] = run.measure(STAGES, state, network, conditions)
        _count(run, state, before, network)
    return found


def _count(run: SingleRun, state: str, before: Network, network: Network) -> None:
    """Add the numbers of parameters, biases included, and those of weights by layer."""
    parameters = [*network.weights, *network.biases]
    total, left = (sum(map(count, parameters)) for count in (np.size, np.count_nonzero))
    shares = {"sparsity_parameters": 100 * (1 - left / total)}
    run.add(STAGES, state, {"parameters": total, "nonzero_parameters": left} | shares)
    back = regrown(before, network)
    run.add(LAYERS, state, {"regrown": round(sum(back), -2)})  # printed as "about"
    for layer, (mask, new) in enumerate(zip(network.masks, back, strict=True), start=1):
        size, kept = mask.size, int(mask.sum())
        numbers: dict[str, float] = {"weights": size, "kept": kept, "still_pruned": size - kept}
        numbers |= {"sparsity": 100 * (1 - kept / size), "regrown": new}
        run.add(LAYERS, state, {f"{name}_layer_{layer}": n for name, n in numbers.items()})
