"""Train the surviving weights with a fresh Adam optimiser (Methods, recovery)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from pipeline_lib.options import Count, Deviation, Factor, Model, Ramp, Two

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting


class Options(Model):
    """Train the surviving weights with a fresh Adam optimiser."""

    epochs: Count = Field(description="passes over the training points")
    stop: Count | None = Field(
        None, description="epochs after which training is stopped, if before the last"
    )
    lr: Factor = Field(description="Adam's learning rate")
    noise: Two[Deviation] | None = Field(
        None, description="internal noise σ in the first and the last epoch, linear in between"
    )
    input_noise: Ramp | None = Field(
        None, description="SD of noise on the inputs, in every epoch or in the first and the last"
    )
    gain: Two[Factor] | None = Field(
        None,
        description="the modulation's gain in the first and the last epoch; the last one is kept",
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_a_stop_that_comes_too_late(cls, options: Any) -> Any:
        # Training to the last epoch is then one job, whatever the stop.
        match options:
            case {"stop": int(stop), "epochs": int(epochs), **others} if stop >= epochs:
                return others | {"epochs": epochs}
        return options


def apply(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    noise: Sequence[float] = (0.0, 0.0),
    input_noise: float | Sequence[float] = 0.0,
    **options: Any,
) -> Network:
    """Return the network after training with these options of `Engine.fit`.

    Each epoch is added to the history. Training that ends after `stop` epochs is the beginning of
    the whole training, to the last bit. Raises PipelineError if training diverges.
    """
    ends = input_noise if isinstance(input_noise, Sequence) else (input_noise, input_noise)
    options |= {"noise": noise, "input_noise": ends, "batch_size": setting.batch_size}
    trained, epochs = setting.engine.fit(network, setting.points, **options, generator=generator)
    setting.record(epochs)
    return trained
