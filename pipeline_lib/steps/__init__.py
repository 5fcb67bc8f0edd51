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
from pipeline_lib.names import BASELINE, COURSE, MAINTENANCE

if TYPE_CHECKING:
    from pipeline_lib.engines import Engine
    from pipeline_lib.engines.training import Epoch
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points

EVERY = "every"

StepOptions = Mapping[str, Any]  # {kind of step: its options}; maintenance steps may have `every`


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

    `history` holds pairs of the step's index within its course and an epoch.
    """

    engine: Engine
    points: Points
    batch_size: int
    history: list[tuple[int, Epoch]] = field(default_factory=list)
    step: int = 0

    def record(self, epochs: Sequence[Epoch]) -> None:
        """Add the epochs of the current step to the history."""
        self.history += [(self.step, epoch) for epoch in epochs]

    def rows(
        self, seed: int, treatment: str, stage: str, cycle: int | None = None
    ) -> list[HistoryRow]:
        """Return the history as rows of the study."""
        return [
            HistoryRow(seed, treatment, stage, cycle, step, epoch.epoch, epoch.noise, epoch.loss)
            for step, epoch in self.history
        ]


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

    `stage` is how an error message refers to them. In maintenance, `cycle` is the stress cycle,
    from 1, and a step with `every: k` is taken in every k-th cycle. Raises PipelineError, which
    names the step, if one fails.
    """
    for setting.step, step in enumerate(steps):
        if cycle % step.get(EVERY, 1) == 0:
            ((kind, options),) = ((k, options) for k, options in step.items() if k != EVERY)
            try:
                network = items.load("steps", kind).apply(network, setting, generator, **options)
            except PipelineError as error:
                place = _place(stage, cycle, setting.step, kind)
                raise PipelineError(f"{place}: {error}") from None
    return network


def kinds(steps: Sequence[StepOptions]) -> list[str]:
    """Return the kinds of these steps, each once, in order."""
    return list(dict.fromkeys(kind for step in steps for kind in step if kind != EVERY))


def _place(stage: str, cycle: int, step: int, kind: str) -> str:
    if cycle:
        return f"cycle {cycle}, {MAINTENANCE}[{step}].{kind}"
    return stage if stage == BASELINE else f"{stage}[{step}].{kind}"
