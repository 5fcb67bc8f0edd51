"""A treatment is a course of steps, each a function from network to network (Methods, recovery).

A new mechanism is one function here, its entry in `STEPS`, and its options in `courses`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline_lib.engines import Engine
from pipeline_lib.engines.training import Epoch
from pipeline_lib.errors import PipelineError
from pipeline_lib.model import pruning, regrowth
from pipeline_lib.model.network import UNMODULATED, Activation, Modulation, Network, modulated
from pipeline_lib.model.task import Points


@dataclass
class Setting:
    """What steps work with beside the network, and the record of their training so far.

    `history` holds (index of the step within its course, epoch).
    """

    engine: Engine
    points: Points
    batch_size: int
    history: list[tuple[int, Epoch]] = field(default_factory=list)
    step: int = 0


def train(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    epochs: int,
    lr: float,
    noise: Sequence[float] = (0.0, 0.0),
    gain: Sequence[float] | None = None,
) -> Network:
    """Train the surviving weights.

    `noise` is the internal σ of the first and the last epoch, `gain` the modulation's gain.
    """
    trained, history = setting.engine.fit(
        network,
        setting.points,
        epochs=epochs,
        lr=lr,
        batch_size=setting.batch_size,
        noise=(noise[0], noise[1]),
        gain=(gain[0], gain[1]) if gain else None,
        generator=generator,
    )
    setting.history += [(setting.step, epoch) for epoch in history]
    return trained


def regrow(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    fraction: float,
    batches: int,
    sd: float,
) -> Network:
    """Regrow the steepest `fraction` of each matrix's pruned weights with N(0, sd²).

    Steepness is abs(gradient), summed over the first `batches` mini-batches without noise.
    """
    engine = setting.engine
    scores = engine.gradient_magnitudes(
        network,
        setting.points,
        batches=batches,
        batch_size=setting.batch_size,
        generator=generator,
    )
    return regrowth.regrow(
        network,
        scores,
        fraction=fraction,
        draw=lambda count: engine.normal(count, sd, generator),
    )


def modulate(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    activation: Activation | None = None,
    damping: float | None = None,
    gain: float | None = None,
) -> Network:
    """Change what is given of every hidden layer's activation function, damping and gain."""
    before = network.modulation
    return modulated(
        network,
        Modulation(
            activation or before.activation,
            before.damping if damping is None else damping,
            before.gain if gain is None else gain,
        ),
    )


def withdraw(network: Network, setting: Setting, generator: Any) -> Network:
    """Take the modulation off: ReLU, no damping, no gain."""
    return modulated(network, UNMODULATED)


def prune(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    sparsity: float | None = None,
    fraction: float | None = None,
) -> Network:
    """Prune to `sparsity`, or else by `fraction` of the surviving weights."""
    if sparsity is not None:
        return pruning.prune(network, sparsity)
    assert fraction is not None, "a prune step has a sparsity or a fraction"
    return pruning.prune_further(network, fraction)


EVERY = "every"

STEPS: dict[str, Callable[..., Network]] = {
    "train": train,
    "regrow": regrow,
    "modulate": modulate,
    "withdraw": withdraw,
    "prune": prune,
}


def run(
    steps: Sequence[Mapping[str, Any]],
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    cycle: int = 0,
) -> Network:
    """Return the network after these steps, each a mapping from its kind to its options.

    In maintenance, `cycle` is the stress cycle, from 1: a step with `every: k` beside its kind is
    taken in every k-th.
    """
    for setting.step, step in enumerate(steps):
        if cycle % step.get(EVERY, 1) == 0:
            ((kind, options),) = ((k, options) for k, options in step.items() if k != EVERY)
            try:
                network = STEPS[kind](network, setting, generator, **options)
            except PipelineError as error:
                raise PipelineError(f"{_place(cycle, setting.step)}.{kind}: {error}") from None
    return network


def _place(cycle: int, step: int) -> str:
    return f"cycle {cycle}, maintenance[{step}]" if cycle else f"course[{step}]"
