"""Regrow the pruned weights with the steepest gradients (Methods, ketamine-like recovery)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from pipeline_lib.options import Count, Deviation, Model

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting


class Options(Model):
    """Regrow the pruned weights with the steepest gradients."""

    fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        description="fraction of each matrix's pruned weights that regrows"
    )
    batches: Count = Field(description="mini-batches over which gradients are summed")
    sd: Deviation = Field(description="SD of the regrown weights")


def apply(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    fraction: float,
    batches: int,
    sd: float,
) -> Network:
    """Return the network with the steepest `fraction` of each matrix's pruned weights regrown.

    Steepness is abs(gradient), summed over the first `batches` mini-batches without noise; regrown
    weights are drawn from N(0, sd²). Raises PipelineError if a gradient is not finite.
    """
    from pipeline_lib.model.regrowth import regrow

    engine = setting.engine
    scores = engine.gradient_magnitudes(
        network,
        setting.points,
        batches=batches,
        batch_size=setting.batch_size,
        generator=generator,
    )
    return regrow(
        network,
        scores,
        fraction=fraction,
        draw=lambda count: engine.normal(count, sd, generator),
    )
