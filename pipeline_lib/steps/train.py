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
    epochs: int,
    lr: float,
    stop: int | None = None,
    noise: Sequence[float] = (0.0, 0.0),
    input_noise: float | Sequence[float] = 0.0,
    gain: Sequence[float] | None = None,
) -> Network:
    """Return the network after `epochs` of training, and add each epoch to the history.

    Training that ends after `stop` epochs is the beginning of the whole training, to the last bit.
    See `Engine.fit` for `noise`, `input_noise` and `gain`.
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
        stop=stop,
        generator=generator,
    )
    setting.record(epochs_done)
    return trained
