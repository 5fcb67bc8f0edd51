"""What the replays of single published runs have in common: one stream, one network at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from pipeline_lib.engines import plain
from pipeline_lib.engines.training import ramp
from pipeline_lib.measures import Value
from pipeline_lib.model.activity import mean_activity
from pipeline_lib.model.network import Network, unmodulated
from pipeline_lib.model.pruning import prune, prune_further
from pipeline_lib.model.randomness import skip_draw
from pipeline_lib.names import (
    ACUTE_DROP,
    CLEAN,
    COMBINED,
    INPUT,
    INTERNAL,
    ON,
    SCARS,
    SPARSITY,
    STANDARD,
)
from pipeline_lib.replay.published_run import OneStream, Run
from pipeline_lib.steps import StepOptions, apply_step, kind_of

if TYPE_CHECKING:
    from pipeline_lib.study.kinds import Replay

# A condition: its name, the SDs of the noise on the inputs and inside, and its level in a sweep.
Condition = tuple[str, float, float, float | None]
Accuracies = dict[tuple[str, float | None], float]  # in per cent, by name and level
ACUTE, SWITCH, COURSE = "acute", "switch", "course"
BOTH: Condition = (COMBINED, 1.0, 0.5, None)
WITHOUT_NOISE: tuple[Condition, ...] = ((CLEAN, 0.0, 0.0, None), (STANDARD, 0.0, 0.0, None))


def on_inputs(*levels: float) -> tuple[Condition, ...]:
    """Return the conditions with noise of these SDs on the inputs."""
    return tuple((INPUT, level, 0.0, level) for level in levels)


def inside(*levels: float) -> tuple[Condition, ...]:
    """Return the conditions with noise of these SDs in the hidden layers."""
    return tuple((INTERNAL, 0.0, level, level) for level in levels)


SWEEP = inside(0.0, 0.5, 1.0, 1.5, 2.5)


@dataclass(frozen=True)
class Replayed(Value):
    """A number of a replayed run, in the unit in which it was printed; `table` is its place."""

    table: str


class Recording(OneStream):
    """One stream for every purpose, and what it keeps of the last training.

    `options`, `losses` and `leftover` are its options, the mean loss of each mini-batch, and the
    gradients of the last one. The published programs do not clear these before they score regrowth,
    so they are part of the first score.
    """

    def __init__(self, stream: torch.Generator) -> None:
        super().__init__(stream)
        self.leftover: list[torch.Tensor] = []
        self.losses: list[float] = []
        self.options: dict[str, Any] = {}

    def fit(self, *network_and_points: Any, **options: Any) -> Any:
        """See `Engine.fit`."""
        self.losses, self.options = [], options
        options |= {"leftover": self.leftover, "losses": self.losses}
        return plain.fit(*network_and_points, **options)

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
                network = apply_step(step, network, self.setting, self.generator)
            if "regrow" in step:
                self.regrowths.append((sum(regrown(before, network)), network.sparsity))
        return network

    def _regrown_at_random(self, network: Network, options: Mapping[str, Any]) -> Network:
        # The published programs draw a permutation of a matrix's pruned weights and the weights
        # that regrow there before they go on to the next matrix. The step draws scores instead.
        weights, masks = [], []
        for old, before in zip(network.weights, network.masks, strict=True):
            weight, mask, absent = old.copy(), before.copy(), np.flatnonzero(~before)
            order = torch.randperm(absent.size, generator=self.generator).numpy()
            sites = absent[order[: int(options["fraction"] * absent.size)]]
            weight.flat[sites] = plain.normal(sites.size, options["sd"], self.generator)
            mask.flat[sites] = True
            weights.append(weight)
            masks.append(mask)
        return replace(network, weights=tuple(weights), masks=tuple(masks))

    def accuracy(
        self,
        network: Network,
        data: str,
        *,
        input_noise: float = 0.0,
        internal_noise: float = 0.0,
        bias: float = 0.0,
    ) -> float:
        """Return the accuracy, in per cent, under noise of these SDs, and of this mean inside."""
        points = self.points(data)
        correct = plain.count_correct(
            network,
            points,
            input_noise=input_noise,
            internal_noise=internal_noise,
            internal_bias=bias,
            generator=self.generator,
        )
        return 100 * correct / len(points)

    def biased(self, treatment: str, network: Network) -> float:
        """Return the accuracy under biased noise."""
        options = self.options(SWITCH, treatment)
        noise = {"internal_noise": options["internal_noise"], "bias": options["bias"]}
        return self.accuracy(network, STANDARD, **noise)

    def withdraws(self, treatment: str) -> bool:
        """Tell whether the study also measures the treatment with its modulation off."""
        return bool(self.options("evaluate", treatment)["withdrawal"])

    def add(
        self,
        table: str,
        treatment: str,
        numbers: Mapping[str, float],
        *,
        modulation: str = ON,
        level: float | None = None,
        cycle: int | None = None,
    ) -> None:
        """Add numbers, by name, to those of the run."""
        for name, value in numbers.items():
            place = (self.stream, treatment, name, modulation, level, cycle)
            self.rows.append(Replayed(*place, float(value), self.part + table))

    def measure(
        self,
        table: str,
        treatment: str,
        network: Network,
        conditions: Sequence[Condition],
        modulation: str = ON,
    ) -> Accuracies:
        """Add the accuracies under these conditions, with the modulation on or off; return them."""
        state, found = network if modulation == ON else unmodulated(network), {}
        for name, on_input, internal, level in conditions:
            data = CLEAN if name == CLEAN else STANDARD
            value = self.accuracy(state, data, input_noise=on_input, internal_noise=internal)
            self.add(table, treatment, {name: value}, modulation=modulation, level=level)
            found[name, level] = value
        return found

    def add_differences(
        self,
        table: str,
        treatment: str,
        other: str,
        found: Mapping[str, Accuracies],
        decimals: int = 16,
    ) -> None:
        """Add how far the accuracies of a treatment are above those of another, rounded before."""
        for (name, level), value in found[treatment].items():
            spelled = name if level is None else f"{name}_{level}"
            difference = round(value, decimals) - round(found[other][name, level], decimals)
            self.add(table, treatment, {f"{spelled}_over_{other}": difference})

    def acute(self, treatment: str, network: Network, before: float) -> float:
        """Prune the network at once, and return the combined accuracy that it loses."""
        options = self.options(ACUTE, treatment)
        return self.lost(
            treatment, prune_further(network, options["prune"], options["cap"]), before
        )

    def lost(self, treatment: str, damaged: Network, before: float) -> float:
        """Add the combined accuracy of a damaged network and what it has lost; return this."""
        after = self.accuracy(damaged, STANDARD, input_noise=BOTH[1], internal_noise=BOTH[2])
        found = {"acute_combined": after, ACUTE_DROP: before - after}
        self.add(ACUTE, treatment, found | {"acute_sparsity": 100 * damaged.sparsity})
        return before - after

    def progress(self, treatment: str, every: int) -> None:
        """Add the noise, the gain and the loss in every n-th epoch of the last training, from 1."""
        options, epochs = self.engine.options, self.engine.options["epochs"]
        losses = np.reshape(self.engine.losses, (epochs, -1)).mean(axis=1)
        for epoch in range(every, epochs + 1, every):
            found = {"course_loss": losses[epoch - 1]}
            for name in ("noise", "gain"):
                if options[name]:
                    found[f"course_{name}"] = ramp(epoch - 1, epochs, options[name])
            self.add(COURSE, treatment, found, level=epoch)

    def pushed(self, treatment: str, network: Network, modulation: str = ON) -> None:
        """Add the accuracy under biased noise, and the activity of hidden units without noise."""
        state = network if modulation == ON else unmodulated(network)
        biased = self.biased(treatment, state)
        skip_draw(self.generator)
        activity = mean_activity(state, self.points(STANDARD).x)
        found = {"biased": biased, "activity": activity}
        self.add(SWITCH, treatment, found, modulation=modulation)

    def sparsity(self, table: str, treatment: str, network: Network) -> None:
        """Add the shares of weights that are pruned and, if any are, lost for good."""
        self.add(table, treatment, {SPARSITY: 100 * network.sparsity})
        if network.scars:
            self.add(table, treatment, {SCARS: 100 * network.lost})


def regrown(before: Network, after: Network) -> list[int]:
    """Return how many weights of each layer have regrown from one network to the other."""
    masks = zip(before.masks, after.masks, strict=True)
    return [int(np.count_nonzero(mask & ~old)) for old, mask in masks]
