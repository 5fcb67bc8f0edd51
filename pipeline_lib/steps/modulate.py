"""Change how hidden units respond (Methods, neurosteroid-like recovery)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from pipeline_lib.options import Factor, Model

if TYPE_CHECKING:
    from pipeline_lib.model.network import Activation, Network
    from pipeline_lib.steps import Setting


class Options(Model):
    """Change the activation, damping or gain of every hidden layer; the others stay as they are."""

    activation: Literal["relu", "tanh"] | None = Field(
        None, description="activation of the hidden layers"
    )
    damping: Factor | None = Field(None, description="factor on hidden activity")
    gain: Factor | None = Field(None, description="a second factor on hidden activity")

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise ValueError("it must have at least one of activation, damping, gain")
        return self


def apply(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    activation: Activation | None = None,
    damping: float | None = None,
    gain: float | None = None,
) -> Network:
    """Return the same weights with the given activation, damping or gain."""
    given = {"activation": activation, "damping": damping, "gain": gain}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(network, modulation=replace(network.modulation, **changes))
