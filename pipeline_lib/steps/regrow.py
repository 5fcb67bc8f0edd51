"""Regrow pruned weights, by default those with the steepest gradients (Methods, ketamine)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from pipeline_lib.options import Count, Deviation, Model, SomePart

if TYPE_CHECKING:
    import numpy as np

    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting

Sites = Literal["gradient", "random", "coactivity"]


class Options(Model):
    """Regrow pruned weights: by default, those with the steepest gradients."""

    fraction: SomePart = Field(description="fraction of each matrix's pruned weights that regrows")
    sd: Deviation = Field(description="SD of the regrown weights")
    sites: Sites = Field(
        "gradient", description="which weights regrow: the steepest, any, or the most active"
    )
    batches: Count | None = Field(
        None, description="mini-batches over which gradients are summed, if sites is gradient"
    )

    @model_validator(mode="after")
    def _batches_for_gradients(self) -> Self:
        if (self.batches is not None) != (self.sites == "gradient"):
            raise ValueError("it must have `batches` if sites is gradient, and only then")
        return self


def apply(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    fraction: float,
    sd: float,
    sites: Sites = "gradient",
    batches: int | None = None,
) -> Network:
    """Return the network with `fraction` of each matrix's pruned weights regrown.

    Regrown weights are drawn from N(0, sd²). `sites` tells which weights regrow:

    - gradient: those with the largest abs(gradient), summed over the first `batches` mini-batches
      without noise;
    - random: any, each with the same probability;
    - coactivity: those between the units that are most active together, which is Hebb's rule. The
      score of a weight is the mean over all training points, without noise, of the product of the
      absolute activities at its two ends; of an output, the logit is its activity.

    Raises PipelineError if a score is not finite.
    """
    from pipeline_lib.model.activity import coactivity
    from pipeline_lib.model.regrowth import regrow

    def draw(count: int, sd: float = sd) -> np.ndarray:
        return setting.engine.normal(count, sd, generator)

    scores: Sequence[np.ndarray]
    if sites == "random":  # the order of independent draws is uniform
        scores = [draw(mask.size, 1.0).reshape(mask.shape) for mask in network.masks]
    elif sites == "coactivity":
        scores = coactivity(network, setting.points.x)
    else:
        assert batches is not None, "regrowth by gradient has a number of mini-batches"
        size = setting.batch_size
        scores = setting.engine.gradient_magnitudes(
            network, setting.points, batches=batches, batch_size=size, generator=generator
        )
    highest = setting.engine.highest
    return regrow(network, scores, fraction=fraction, highest=highest, draw=draw)
