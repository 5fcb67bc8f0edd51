"""What the replays of single published runs have in common: one stream, one network at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from pipeline_lib.engines import plain
from pipeline_lib.engines.training import ramp
from pipeline_lib.measures import Value
from pipeline_lib.model.activity import mean_activity
from pipeline_lib.model.network import Network
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import skip_draw
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.names import (
    ACUTE_DROP,
    CLEAN,
    COMBINED,
    INPUT,
    INTERNAL,
    SCARS,
    SPARSITY,
    STANDARD,
)
from pipeline_lib.numbers import Key
from pipeline_lib.replay.published_run import ACUTE, OneStream, Run
from pipeline_lib.steps import StepOptions, apply_step, kind_of

if TYPE_CHECKING:
    from pipeline_lib.study.kinds import Replay

Condition = tuple[str, float, float]  # its name, and the SDs of the noise on the inputs and inside
Accuracies = dict[str, float]  # in per cent, by condition: "combined", "internal_0.5"
SWITCH, COURSE = "switch", "course"
BOTH: Condition = (COMBINED, 1.0, 0.5)
WITHOUT_NOISE: tuple[Condition, ...] = ((CLEAN, 0.0, 0.0), (STANDARD, 0.0, 0.0))
EVERY = 25  # epochs, of whose training the programs printed the last


def on_inputs(*levels: float) -> tuple[Condition, ...]:
    """Return the conditions with noise of these SDs on the inputs."""
    return tuple((INPUT, level, 0.0) for level in levels)


def inside(*levels: float) -> tuple[Condition, ...]:
    """Return the conditions with noise of these SDs in the hidden layers."""
    return tuple((INTERNAL, 0.0, level) for level in levels)


SWEEP = inside(0.0, 0.5, 1.0, 1.5, 2.5)


@dataclass(frozen=True)
class Replayed(Value):
    """A number of a replayed run, in the unit in which it was printed; `table` is its place."""

    table: str


class Recording(OneStream):
    """One stream for every purpose, and what it keeps of the last training.

    `options` has its options and, in `losses`, the mean loss of each mini-batch. `leftover` has the
    gradients of the last one. The published programs do not clear these before they score regrowth,
    so they are part of the first score.
    """

    def __init__(self, stream: torch.Generator) -> None:
        super().__init__(stream)
        self.leftover: list[torch.Tensor] = []
        self.options: dict[str, Any] = {}

    def fit(self, *network_and_points: Any, **options: Any) -> Any:
        """See `Engine.fit`."""
        self.options = options | {"leftover": self.leftover, "losses": []}
        return plain.fit(*network_and_points, **self.options)

    def gradient_magnitudes(self, *network_and_points: Any, **options: Any) -> Any:
        """See `Engine.gradient_magnitudes`."""
        return plain.gradient_magnitudes(*network_and_points, **options, leftover=self.leftover)


class SingleRun(Run):
    """A published run on one stream, and its numbers in `rows`.

    `part` begins the names of the tables of a run that is one of several. `regrowths` has, for each
    regrowth of the last treatment, how many weights regrew and the sparsity after it.
    """

    engine: Recording
    part = ""

    def __init__(self, stream: int, study: Replay) -> None:
        super().__init__(stream, study, Recording)
        self.rows: list[Replayed] = []
        self.regrowths: list[tuple[int, float]] = []

    def build(self) -> Network:
        """Return a new network, as drawn; no gradient is left over in it."""
        self.engine.leftover.clear()
        return super().build()

    def healthy(self) -> Network:
        """Return a new network after the training of the healthy one."""
        return self.taken(self.study["baseline"]["steps"], self.build())

    def pruned(self, network: Network, **options: float) -> Network:
        """Return the network pruned as in the study, but for these options."""
        return prune(network, **self.study["pruning"] | options)

    def treated(self, treatment: str, network: Network) -> Network:
        """Return the network after the course of a treatment."""
        self.regrowths.clear()
        self.setting.history.clear()
        return self.taken(self.study["treatments"][treatment], network)

    def taken(self, steps: Sequence[StepOptions], network: Network) -> Network:
        """Return the network after these steps."""
        for step in steps:
            before, options = network, step[kind_of(step)]
            if "repeat" in step:
                network = self.taken(options["times"] * options["steps"], network)
            elif options.get("sites") == "random":
                network = self._regrown_at_random(network, options)
            else:
                network = apply_step(step, network, self.setting, self.generator, kind_of(step))
            if "regrow" in step:
                self.regrowths.append((sum(regrown(before, network)), network.sparsity))
        return network

    def _regrown_at_random(self, network: Network, options: Mapping[str, Any]) -> Network:
        # The published programs draw a permutation of a matrix's pruned weights and the weights
        # that regrow there before they go on to the next matrix. The step draws scores instead.
        def in_any_order(pruned: np.ndarray, count: int) -> np.ndarray:
            return torch.randperm(pruned.size, generator=self.generator)[:count].numpy()

        def draw(count: int) -> np.ndarray:
            return plain.normal(count, options["sd"], self.generator)

        whatever, fraction = network.weights, options["fraction"]  # the scores do not matter
        return regrow(network, whatever, fraction=fraction, highest=in_any_order, draw=draw)

    def accuracy(self, network: Network, data: str = STANDARD, **noise: float) -> float:
        """Return the accuracy, in per cent, under this noise; see `Engine.count_correct`."""
        points, noise = self.points(data), {"input_noise": 0.0, "internal_noise": 0.0} | noise
        correct = plain.count_correct(network, points, **noise, generator=self.generator)
        return 100 * correct / len(points)

    def biased(self, treatment: str, network: Network) -> float:
        """Return the accuracy under biased noise."""
        options = self.options(SWITCH, treatment)
        internal, bias = options["internal_noise"], options["bias"]
        return self.accuracy(network, internal_noise=internal, internal_bias=bias)

    def add(self, table: str, treatment: str, numbers: Mapping[str, float], **where: Any) -> None:
        """Add numbers, by name, to those of the run; `where` has the other parts of their keys."""
        for name, number in numbers.items():
            key = Key(treatment, name, **where)
            self.rows.append(Replayed(self.stream, *key, float(number), self.part + table))

    def measure(
        self, table: str, treatment: str, network: Network, under: Sequence[Condition], **where: Any
    ) -> Accuracies:
        """Add the accuracies under these conditions, and return them."""
        found = {}
        for name, on_input, internal in under:
            data = CLEAN if name == CLEAN else STANDARD
            value = self.accuracy(network, data, input_noise=on_input, internal_noise=internal)
            level = {INPUT: on_input, INTERNAL: internal}.get(name)
            self.add(table, treatment, {name: value}, level=level, **where)
            found[name if level is None else f"{name}_{level}"] = value
        return found

    def add_differences(
        self, table: str, arm: str, other: str, found: dict[str, Accuracies], decimals: int = 16
    ) -> None:
        """Add how far the accuracies of a treatment are above those of another, rounded before."""
        for name, value in found[arm].items():
            difference = round(value, decimals) - round(found[other][name], decimals)
            self.add(table, arm, {f"{name}_over_{other}": difference})

    def acute(self, treatment: str, network: Network, before: float) -> float:
        """Prune the network at once, and return the combined accuracy that it loses."""
        options, sparsity = self.options(ACUTE, treatment), network.sparsity
        # Scars count in the published target but not in its quantile, so that more is cut.
        target = min(sparsity + options["prune"] * (1.0 - sparsity), options["cap"])
        return self.lost(treatment, prune(network, target), before)

    def lost(self, treatment: str, damaged: Network, before: float) -> float:
        """Add the combined accuracy of a damaged network and what it has lost; return this."""
        after = self.accuracy(damaged, input_noise=BOTH[1], internal_noise=BOTH[2])
        found = {"acute_combined": after, ACUTE_DROP: before - after}
        self.add(ACUTE, treatment, found | {"acute_sparsity": 100 * damaged.sparsity})
        return before - after

    def progress(self, treatment: str) -> None:
        """Add the noise, the gain and the loss in some epochs, from 1, of the last training."""
        options, epochs = self.engine.options, self.engine.options["epochs"]
        losses = np.reshape(options["losses"], (epochs, -1)).mean(axis=1)
        for epoch in range(EVERY, epochs + 1, EVERY):
            found = {"course_loss": losses[epoch - 1]}
            for name in ("noise", "gain"):
                if options.get(name):
                    found[f"course_{name}"] = ramp(epoch - 1, epochs, options[name])
            self.add(COURSE, treatment, found, level=epoch)

    def pushed(self, treatment: str, network: Network, **where: Any) -> None:
        """Add the accuracy under biased noise, and the activity of hidden units without noise."""
        biased = self.biased(treatment, network)
        skip_draw(self.generator)
        activity = mean_activity(network, self.points(STANDARD).x)
        self.add(SWITCH, treatment, {"biased": biased, "activity": activity}, **where)

    def sparsity(self, table: str, treatment: str, network: Network) -> None:
        """Add the shares of weights that are pruned and, if any are, lost for good."""
        self.add(table, treatment, {SPARSITY: 100 * network.sparsity})
        if network.scars:
            self.add(table, treatment, {SCARS: 100 * network.lost})


def regrown(before: Network, after: Network) -> list[int]:
    """Return how many weights of each layer have regrown from one network to the other."""
    masks = zip(before.masks, after.masks, strict=True)
    return [int(np.count_nonzero(mask & ~old)) for old, mask in masks]
