"""What the replays of single published runs have in common: one stream, one network at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from pipeline_lib.engines import plain
from pipeline_lib.engines.training import ramp
from pipeline_lib.measures import Value
from pipeline_lib.model import task
from pipeline_lib.model.activity import mean_activity
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Network, unmodulated
from pipeline_lib.model.pruning import prune, prune_further
from pipeline_lib.model.randomness import published_generator, skip_draw
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.names import ACUTE_DROP, CLEAN, COMBINED, INPUT, INTERNAL, ON, SPARSITY, STANDARD
from pipeline_lib.replay.recording import Recording
from pipeline_lib.steps import Setting, StepOptions, apply_step, kind_of

if TYPE_CHECKING:
    from pipeline_lib.study.kinds import Replay

# A condition: its name, the SDs of the noise on the inputs and inside, and its level in a sweep.
Condition = tuple[str, float, float, float | None]
Accuracies = dict[tuple[str, float | None], float]  # in per cent, by name and level
ACUTE, SWITCH = "acute", "switch"
BOTH: Condition = (COMBINED, 1.0, 0.5, None)
WITHOUT_NOISE: tuple[Condition, ...] = ((CLEAN, 0.0, 0.0, None), (STANDARD, 0.0, 0.0, None))


def on_inputs(*levels: float) -> tuple[Condition, ...]:
    """Return the conditions with noise of these SDs on the inputs."""
    return tuple((INPUT, level, 0.0, level) for level in levels)


def inside(*levels: float) -> tuple[Condition, ...]:
    """Return the conditions with noise of these SDs in the hidden layers."""
    return tuple((INTERNAL, 0.0, level, level) for level in levels)


BATTERY = (*WITHOUT_NOISE, *inside(0.0, 0.5, 1.0, 1.5, 2.5), BOTH)
STRONGEST = 2.5


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
    modulation: str = ON
    cycle: int | None = None

    @property
    def of_run(self) -> Value:
        """Return it as a value of the run of its seed, whichever table had it."""
        place = (self.treatment, self.number, self.modulation, self.level)
        return Value(self.seed, *place, self.cycle, self.value)


class SingleRun:
    """A published run on one stream: its points, the settings of its steps, and its numbers.

    `part` begins the names of the tables of a run that is one of several.
    """

    def __init__(self, stream: int, study: Replay, *, part: str = "") -> None:
        self.stream, self.study, self.part = stream, study, part
        self.seed = study["data"] if study["data"] is not None else stream
        self.generator = published_generator(stream)
        baseline = study["baseline"]
        self.engine = Recording(self.generator)
        training = task.points("training", self.seed, **baseline["training"])
        self.setting = Setting(self.engine, training, baseline["batch_size"], stream)
        self.rows: list[Replayed] = []

    def build(self) -> Network:
        """Return a new network, as drawn.

        The programs build one for each copy of another network, too, and overwrite it at once. No
        gradient is left over in it.
        """
        self.engine.leftover.clear()
        baseline = self.study["baseline"]
        return initial_network(baseline["sizes"], baseline["init"], self.generator)

    def healthy(self) -> Network:
        """Return a new network after the training of the healthy one."""
        return self.taken(self.study["baseline"]["steps"], self.build())

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
        self,
        table: str,
        treatment: str,
        number: str,
        value: float,
        level: float | None = None,
        modulation: str = ON,
        cycle: int | None = None,
    ) -> None:
        """Add a number to those of the run."""
        place = (self.part + table, treatment, number, level, self.stream)
        self.rows.append(Replayed(*place, float(value), modulation, cycle))

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
            self.add(table, treatment, f"{spelled}_over_{other}", difference)

    def measure(
        self,
        table: str,
        treatment: str,
        network: Network,
        conditions: Sequence[Condition],
        modulation: str = ON,
    ) -> Accuracies:
        """Add the accuracies under these conditions, with the modulation on or off; return them."""
        found = self.accuracies(network if modulation == ON else unmodulated(network), conditions)
        for (name, level), value in found.items():
            self.add(table, treatment, name, value, level, modulation)
        return found

    def accuracies(self, network: Network, conditions: Sequence[Condition]) -> Accuracies:
        """Return the accuracies under these conditions."""
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
        return found

    def withdraws(self, treatment: str) -> bool:
        """Tell whether the study also measures the treatment with its modulation off."""
        return bool(self.study["measures"]["evaluate"][treatment]["options"]["withdrawal"])

    def acute(self, treatment: str, network: Network, before: float) -> tuple[Network, float]:
        """Prune the network at once, and return it with the combined accuracy that it loses."""
        options = self.study["measures"][ACUTE][treatment]["options"]
        damaged = prune_further(network, options["prune"], options["cap"])
        return damaged, self.lost(treatment, damaged, before)

    def lost(self, treatment: str, damaged: Network, before: float) -> float:
        """Add the combined accuracy of a damaged network and what it has lost; return this."""
        after = self.accuracies(damaged, (BOTH,))[COMBINED, None]
        self.add(ACUTE, treatment, "acute_combined", after)
        self.add(ACUTE, treatment, ACUTE_DROP, before - after)
        return before - after

    def progress(self, table: str, treatment: str, every: int) -> None:
        """Add the noise, the gain and the loss in every n-th epoch of the last training, from 1."""
        options, losses = self.engine.options, self.engine.losses
        epochs = options["epochs"]
        batches = len(losses) // epochs
        for epoch in range(every, epochs + 1, every):
            for name in ("noise", "gain"):
                if options[name]:
                    level = ramp(epoch - 1, epochs, options[name])
                    self.add(table, treatment, f"course_{name}", level, epoch)
            loss = np.mean(losses[(epoch - 1) * batches : epoch * batches])
            self.add(table, treatment, "course_loss", float(loss), epoch)

    def regrown(
        self,
        table: str,
        treatment: str,
        before: Network,
        after: Network,
        cycle: int | None = None,
    ) -> None:
        """Add how many weights have regrown from one network to the other."""
        masks = zip(before.masks, after.masks, strict=True)
        count = sum(int((mask & ~old).sum()) for old, mask in masks)
        self.add(table, treatment, "course_regrown", count, cycle)

    def biased(self, treatment: str, network: Network) -> float:
        """Return the accuracy under biased noise."""
        options = self.study["measures"][SWITCH][treatment]["options"]
        points = task.points(STANDARD, self.seed, **self.study["points"][STANDARD])
        correct = plain.count_correct(
            network,
            points,
            input_noise=0.0,
            internal_noise=options["internal_noise"],
            internal_bias=options["bias"],
            generator=self.generator,
        )
        return 100 * correct / len(points)

    def pushed(self, treatment: str, network: Network, modulation: str = ON) -> None:
        """Add the accuracy under biased noise, and the activity of hidden units without noise."""
        state = network if modulation == ON else unmodulated(network)
        biased = self.biased(treatment, state)
        self.add(SWITCH, treatment, "biased", biased, modulation=modulation)
        points = task.points(STANDARD, self.seed, **self.study["points"][STANDARD])
        skip_draw(self.generator)
        activity = mean_activity(state, points.x)
        self.add(SWITCH, treatment, "activity", activity, modulation=modulation)

    def sparsity(self, table: str, treatment: str, network: Network) -> None:
        """Add the share of weights that are pruned."""
        self.add(table, treatment, SPARSITY, 100 * network.sparsity)

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
