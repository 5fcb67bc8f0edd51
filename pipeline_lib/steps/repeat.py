"""Take steps several times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from pipeline_lib.options import Count, Model
from pipeline_lib.steps import Setting, StepOptions, apply_step, kind_of

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.study.treatments import Step


class Options(Model):
    """Take steps several times."""

    times: Count = Field(description="how many times the steps are taken")
    steps: list[Step] = Field(min_length=1, description="the steps, in order")

    @model_validator(mode="after")
    def _in_every_cycle(self) -> Self:
        if any(step.every is not None or step.chance is not None for step in self.steps):
            raise ValueError(
                "`every` and `chance` belong beside the repeat, not among the steps inside it"
            )
        return self


def apply(
    network: Network, setting: Setting, generator: Any, *, times: int, steps: Sequence[StepOptions]
) -> Network:
    """Return the network after taking `steps`, in order, `times` times.

    The history counts their epochs as those of a single step. Raises PipelineError, which names the
    step, if one fails.
    """
    for time in range(1, times + 1):
        for index, step in enumerate(steps):
            where = f"time {time}, steps[{index}].{kind_of(step)}"
            network = apply_step(step, network, setting, generator, where)
    return network
