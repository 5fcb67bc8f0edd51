"""Change how hidden units respond (Methods, neurosteroid-like recovery)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from pipeline_lib.options import Deviation, Factor, Model, Part, Parts

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting


class Options(Model):
    """Change how hidden units respond; options that are not given stay as they are."""

    activation: Literal["relu", "tanh"] | None = Field(
        None, description="activation of the hidden layers"
    )
    damping: Factor | None = Field(None, description="factor on hidden activity")
    gain: Factor | None = Field(None, description="a second factor on hidden activity")
    units: Parts | None = Field(
        None, description="share of the hidden units that is modulated, or one share for each layer"
    )
    inhibition: Deviation | None = Field(
        None, description="subtracted from hidden activity after damping and gain"
    )
    gain_cap: Factor | None = Field(None, description="a larger gain acts as this one")
    bias_damping: Part | None = Field(
        None, description="share of the mean of biased noise that does not reach the units"
    )

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise ValueError(f"it must have at least one of {', '.join(type(self).model_fields)}")
        return self


def apply(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    units: float | Sequence[float] | None = None,
    **changes: Any,
) -> Network:
    """Return the same weights under a modulation with these changes, by the names of `Modulation`.

    `units` is the share of each hidden layer's units that is modulated, one for all layers or one
    each; the other units respond as if there were no modulation. Which units they are is drawn
    once for each seed: those of a smaller share are among those of a larger one.
    """
    from pipeline_lib.model.randomness import numpy_generator

    if units is not None:
        hidden, drawn = network.sizes[1:-1], []
        shares = units if isinstance(units, Sequence) else [units] * len(hidden)
        for layer, (count, share) in enumerate(zip(hidden, shares, strict=True)):
            order = numpy_generator(setting.seed, "modulated units", layer).permutation(count)
            drawn.append(tuple(sorted(order[: round(share * count)].tolist())))
        changes["units"] = tuple(drawn)
    return replace(network, modulation=replace(network.modulation, **changes))
