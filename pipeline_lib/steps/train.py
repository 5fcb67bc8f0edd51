"""Train the surviving weights with a fresh Adam optimiser (Methods, recovery)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from pipeline_lib.options import Count, Deviation, Factor, Model, Ramp

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting


class Options(Model):
    """Train the surviving weights with a fresh Adam optimiser."""

    epochs: Count = Field(description="passes over the training points")
    lr: Factor = Field(description="Adam's learning rate")
    noise: Annotated[list[Deviation], Field(min_length=2, max_length=2)] | None = Field(
        None, description="internal noise σ in the first and the last epoch, linear in between"
    )
    input_noise: Ramp | None = Field(
        None, description="SD of noise on the inputs, in every epoch or in the first and the last"
    )
    gain: Annotated[list[Factor], Field(min_length=2, max_length=2)] | None = Field(
        None, description="the modulation's gain in the first and the last epoch, which stays"
    )


def apply(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    epochs: int,
    lr: float,
    noise: Sequence[float] = (0.0, 0.0),
    input_noise: float | Sequence[float] = 0.0,
    gain: Sequence[float] | None = None,
) -> Network:
    """Return the network after `epochs` of training, and add each epoch to the history.

    `noise` is the internal σ, and `gain` the modulation's gain, in the first and the last epoch;
    so is `input_noise`, the SD of noise on the inputs, if it is not the same in all epochs.
    Raises PipelineError if training diverges.
    """
    inputs = input_noise if isinstance(input_noise, Sequence) else (input_noise, input_noise)
    trained, epochs_done = setting.engine.fit(
        network,
        setting.points,
        epochs=epochs,
        lr=lr,
        batch_size=setting.batch_size,
        noise=(noise[0], noise[1]),
        input_noise=(inputs[0], inputs[1]),
        gain=(gain[0], gain[1]) if gain else None,
        generator=generator,
    )
    setting.record(epochs_done)
    return trained
