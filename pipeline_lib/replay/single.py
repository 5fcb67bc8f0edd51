"""What the replays of single published runs have in common: one stream, one network at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from pipeline_lib.engines import plain
from pipeline_lib.model import task
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Network
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import published_generator
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.names import CLEAN, COMBINED, INPUT, INTERNAL, STANDARD
from pipeline_lib.replay.published_run import OneStream
from pipeline_lib.steps import Setting, StepOptions, apply_step, kind_of

if TYPE_CHECKING:
    from pipeline_lib.study.kinds import Replay

# A condition: its name, the SDs of the noise on the inputs and inside, and its level in a sweep.
Condition = tuple[str, float, float, float | None]
BOTH: Condition = (COMBINED, 1.0, 0.5, None)
WITHOUT_NOISE: tuple[Condition, ...] = ((CLEAN, 0.0, 0.0, None), (STANDARD, 0.0, 0.0, None))


def on_inputs(*levels: float) -> tuple[Condition, ...]:
    """Return the conditions with noise of these SDs on the inputs."""
    return tuple((INPUT, level, 0.0, level) for level in levels)


def inside(*levels: float) -> tuple[Condition, ...]:
    """Return the conditions with noise of these SDs in the hidden layers."""
    return tuple((INTERNAL, 0.0, level, level) for level in levels)


@dataclass(frozen=True)
class Replayed:
    """A number of a replayed run, in the unit in which it was printed; `table` is its place."""

    results: ClassVar = ("value",)

    table: str
    treatment: str
    number: str
    level: float | None
    seed: int
    value: float


class SingleRun:
    """A published run on one stream: its points, the settings of its steps, and its numbers.

    With `leftover`, the gradient of the last mini-batch of training is still there when regrowth is
    scored, and is part of the first score, as in programs that do not clear it.
    """

    def __init__(self, stream: int, study: Replay, *, leftover: bool = False) -> None:
        self.stream, self.study = stream, study
        self.seed = study["data"] if study["data"] is not None else stream
        self.generator = published_generator(stream)
        baseline = study["baseline"]
        engine = _WithLeftover(self.generator) if leftover else OneStream(self.generator)
        training = task.points("training", self.seed, **baseline["training"])
        self.setting = Setting(engine, training, baseline["batch_size"], stream)
        self.rows: list[Replayed] = []

    def healthy(self) -> Network:
        """Return a new network after the training of the healthy one."""
        baseline = self.study["baseline"]
        network = initial_network(baseline["sizes"], baseline["init"], self.generator)
        return self.taken(baseline["steps"], network)

    def pruned(self, network: Network, sparsity: float | None = None) -> Network:
        """Return the network after the insult, or pruned to another sparsity."""
        options = self.study["pruning"]
        return prune(
            network, **(options if sparsity is None else {**options, "sparsity": sparsity})
        )

    def treated(self, treatment: str, network: Network) -> Network:
        """Return the network after the course of a treatment."""
        return self.taken(self.study["treatments"][treatment], network)

    def taken(self, steps: Sequence[StepOptions], network: Network) -> Network:
        """Return the network after these steps."""
        for step in steps:
            if kind_of(step) == "regrow" and step["regrow"].get("sites") == "random":
                options = step["regrow"]
                network = self._regrown_at_random(network, options["fraction"], options["sd"])
            else:
                network = apply_step(step, network, self.setting, self.generator)
        return network

    def _regrown_at_random(self, network: Network, fraction: float, sd: float) -> Network:
        # The published programs draw a permutation of a matrix's pruned weights and the weights
        # that regrow there before they go on to the next matrix. The step draws scores instead.
        parts = []
        for weight, bias, mask in network.layers():
            count = int(np.count_nonzero(~mask))
            order = torch.randperm(count, generator=self.generator).numpy()
            ranks = np.empty(count, np.float32)
            ranks[order] = -np.arange(count)
            score = np.zeros(mask.shape, np.float32)
            score[~mask] = ranks
            parts.append(
                regrow(
                    Network((weight,), (bias,), (mask,)),
                    [score],
                    fraction=fraction,
                    draw=lambda drawn: plain.normal(drawn, sd, self.generator),
                )
            )
        weights, masks = ([getattr(p, name)[0] for p in parts] for name in ("weights", "masks"))
        return replace(network, weights=tuple(weights), masks=tuple(masks))

    def add(
        self, table: str, treatment: str, number: str, value: float, level: float | None = None
    ) -> None:
        """Add a number to those of the run."""
        row = Replayed(table, treatment, number, level, self.stream, float(value))
        self.rows.append(row)

    def measure(
        self, table: str, treatment: str, network: Network, conditions: Sequence[Condition]
    ) -> dict[tuple[str, float | None], float]:
        """Add the accuracies under these conditions, in per cent, and return them."""
        needed = self.study["points"]
        found = {}
        for name, input_noise, internal_noise, level in conditions:
            data = CLEAN if name == CLEAN else STANDARD
            points = task.points(data, self.seed, **needed[data])
            correct = plain.count_correct(
                network,
                points,
                input_noise=input_noise,
                internal_noise=internal_noise,
                generator=self.generator,
            )
            found[name, level] = 100 * correct / len(points)
            self.add(table, treatment, name, found[name, level], level)
        return found

    def count(self, table: str, treatment: str, network: Network) -> None:
        """Add the numbers of parameters, biases included, and the share that is exactly zero."""
        parameters = [*network.weights, *network.biases]
        total = sum(each.size for each in parameters)
        left = sum(int(np.count_nonzero(each)) for each in parameters)
        self.add(table, treatment, "parameters", total)
        self.add(table, treatment, "nonzero_parameters", left)
        self.add(table, treatment, "sparsity_parameters", 100 * (1 - left / total))

    def count_layers(self, table: str, treatment: str, network: Network, before: Network) -> None:
        """Add the numbers of weights of each layer, and of those regrown since `before`."""
        for layer, (mask, old) in enumerate(zip(network.masks, before.masks, strict=True), start=1):
            kept, regrown = int(mask.sum()), int((mask & ~old).sum())
            for number, value in (
                ("weights", mask.size),
                ("kept", kept),
                ("sparsity", 100 * (1 - kept / mask.size)),
                ("regrown", regrown),
                ("still_pruned", mask.size - kept),
            ):
                self.add(table, treatment, f"{number}_layer_{layer}", value)


class _WithLeftover(OneStream):
    """One stream, and the gradient that training leaves to the next scores of regrowth."""

    def __init__(self, stream: torch.Generator) -> None:
        super().__init__(stream)
        self.leftover: list[torch.Tensor] = []

    def fit(self, *network_and_points: Any, **options: Any) -> Any:
        return plain.fit(*network_and_points, **options, leftover=self.leftover)

    def gradient_magnitudes(self, *network_and_points: Any, **options: Any) -> Any:
        return plain.gradient_magnitudes(*network_and_points, **options, leftover=self.leftover)
