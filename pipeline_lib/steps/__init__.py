"""The steps of which treatments consist (Methods, recovery).

A step is a file in this folder. It has `Options`, against which a study's YAML is checked, and
`apply`, a function from network to network that takes these options by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from pipeline_lib import items
from pipeline_lib.errors import PipelineError
from pipeline_lib.names import BASELINE, COURSE

if TYPE_CHECKING:
    from pipeline_lib.engines import Engine
    from pipeline_lib.engines.training import Epoch
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points

EVERY, CHANCE = WHEN = ("every", "chance")  # in which cycles a step of maintenance is taken

StepOptions = Mapping[str, Any]  # {kind of step: its options}; maintenance steps may have `WHEN`


@dataclass(frozen=True)
class HistoryRow:
    """One epoch of training; `stage` is baseline, course or maintenance, `noise` its σ."""

    results: ClassVar = ("loss",)

    seed: int
    treatment: str
    stage: str
    cycle: int | None
    step: int
    epoch: int
    noise: float
    loss: float


@dataclass
class Setting:
    """What steps need besides the network, and the record of their training so far.

    `seed` is that of the network. `history` holds pairs of the step's index within its course and
    an epoch.
    """

    engine: Engine
    points: Points
    batch_size: int
    seed: int
    history: list[tuple[int, Epoch]] = field(default_factory=list)
    step: int = 0

    def record(self, epochs: Sequence[Epoch]) -> None:
        """Add epochs of the current step to the history, counted on from those before."""
        before = sum(step == self.step for step, _ in self.history)
        for epoch in epochs:
            self.history.append((self.step, replace(epoch, epoch=before + epoch.epoch)))

    def rows(self, treatment: str, stage: str, cycle: int | None = None) -> list[HistoryRow]:
        """Return the history as rows of the study."""
        place = (self.seed, treatment, stage, cycle)
        return [HistoryRow(*place, step, *astuple(epoch)) for step, epoch in self.history]


def take(
    steps: Sequence[StepOptions],
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    stage: str = COURSE,
    cycle: int = 0,
) -> Network:
    """Return the network after these steps.

    `stage` is how an error message refers to them. In stress cycles, `cycle` counts from 1: a step
    with `every: k` is taken in every k-th cycle, and one with `chance: p` if the cycle's
    `adherence` is below p. Raises PipelineError, which names the step, if one fails.
    """
    for setting.step, step in enumerate(steps):
        if cycle % step.get(EVERY, 1) == 0 and (
            CHANCE not in step or adherence(setting.seed, cycle) < step[CHANCE]
        ):
            try:
                network = apply_step(step, network, setting, generator)
            except PipelineError as error:
                # The baseline is one step, of which its user knows nothing.
                which = "" if stage == BASELINE else f"[{setting.step}].{kind_of(step)}"
                when = f"cycle {cycle}, " if cycle else ""
                raise PipelineError(f"{when}{stage}{which}: {error}") from None
    return network


def apply_step(step: StepOptions, network: Network, setting: Setting, generator: Any) -> Network:
    """Return the network after one step, whatever the cycle."""
    kind = kind_of(step)
    changed: Network = items.load("steps", kind).apply(network, setting, generator, **step[kind])
    return changed


def adherence(seed: int, cycle: int) -> float:
    """Return a number from 0 to 1, drawn uniformly for this cycle of this seed.

    All treatments share it, so they miss the same cycles. All chances share it too, so a seed that
    takes a step with a low chance also takes one with a higher chance.
    """
    from pipeline_lib.model.randomness import numpy_generator

    return numpy_generator(seed, "adherence", cycle).random()


def kind_of(step: StepOptions) -> str:
    """Return the kind of a step."""
    (kind,) = (key for key in step if key not in WHEN)
    return kind


def kinds(steps: Sequence[StepOptions]) -> list[str]:
    """Return the kinds of these steps and of those inside them, each once, in order."""
    found: list[str] = []
    for step in steps:
        kind = kind_of(step)
        found += [kind, *kinds(step[kind].get("steps", []))]
    return list(dict.fromkeys(found))
