"""The steps of which treatments consist (Methods, recovery).

A step is a file in this folder. It has `Options`, against which a study's YAML is checked, and
`apply`, a function from network to network that takes these options by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pipeline_lib import items
from pipeline_lib.errors import PipelineError
from pipeline_lib.names import BASELINE, COURSE, UNTREATED

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
    """What steps need besides the network, and the history of their training so far.

    `seed` and `treatment` are those of the network, and `place` is that of the current step: its
    stage, its cycle, and its index among the steps of the stage.
    """

    engine: Engine
    points: Points
    batch_size: int
    seed: int
    treatment: str = UNTREATED
    history: list[HistoryRow] = field(default_factory=list)
    place: tuple[str, int | None, int] = (COURSE, None, 0)

    def record(self, epochs: Sequence[Epoch]) -> None:
        """Add epochs of the current step to the history, counted on from those before."""
        before = sum((row.stage, row.cycle, row.step) == self.place for row in self.history)
        for each in epochs:
            epoch = (before + each.epoch, each.noise, each.loss)
            self.history.append(HistoryRow(self.seed, self.treatment, *self.place, *epoch))


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

    `stage` is how the history and error messages refer to them. In stress cycles, `cycle` counts
    from 1: a step with `every: k` is taken in every k-th cycle, and one with `chance: p` if the
    cycle's `adherence` is below p. Raises PipelineError, which names the step, if one fails.
    """
    for index, step in enumerate(steps):
        if cycle % step.get(EVERY, 1) == 0 and (
            CHANCE not in step or adherence(setting.seed, cycle) < step[CHANCE]
        ):
            setting.place = (stage, cycle or None, index)
            # The baseline is one step, of which its user knows nothing.
            which = stage if stage == BASELINE else f"{stage}[{index}].{kind_of(step)}"
            where = f"cycle {cycle}, {which}" if cycle else which
            network = apply_step(step, network, setting, generator, where)
    return network


def apply_step(
    step: StepOptions, network: Network, setting: Setting, generator: Any, where: str
) -> Network:
    """Return the network after one step, whatever the cycle; an error says `where` it failed."""
    apply, options = items.load("steps", kind_of(step)).apply, step[kind_of(step)]
    try:
        changed: Network = apply(network, setting, generator, **options)
    except PipelineError as error:
        raise PipelineError(f"{where}: {error}") from None
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
