"""Lose weights for good: scars stay pruned and never regrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from pipeline_lib.options import Deviation, Factor, Model, Part, Signed

if TYPE_CHECKING:
    import numpy as np

    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting

Of = Literal["survivors", "all"]
Choice = Literal["weakest", "random"]


class Severity(Model):
    """A factor on the fraction, by the network's own excitability."""

    gain: Signed = Field(description="what each 1.0 of the modulation's gain above 1.0 adds")
    activity: Signed = Field(description="what each 1.0 of hidden activity above rest adds")
    at_rest: Deviation = Field(description="mean hidden activity that adds nothing")
    limits: Annotated[list[Factor], Field(min_length=2, max_length=2)] = Field(
        description="the smallest and the largest factor"
    )


class Options(Model):
    """Lose weights for good: scars stay pruned and never regrow."""

    fraction: Part = Field(description="how much of each matrix is lost")
    of: Of = Field("survivors", description="which weights the fraction is counted of")
    choose: Choice = Field(
        "weakest", description="which are lost: the weakest survivors, or any that are counted"
    )
    severity: Severity | None = Field(
        None, description="a factor on the fraction, by the network's gain and activity"
    )


def apply(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    fraction: float,
    of: Of = "survivors",
    choose: Choice = "weakest",
    severity: Mapping[str, Any] | None = None,
) -> Network:
    """Return the network with scars in the place of a `fraction` of each matrix's weights.

    `severity` has the options of `factor`, which multiplies the fraction.
    """
    if severity is not None:
        fraction = min(1.0, fraction * factor(network, setting.points.x, **severity))
    return scarred(
        network,
        fraction,
        of=of,
        choose=choose,
        # The order of independent draws is uniform.
        draw=lambda count: setting.engine.normal(count, 1.0, generator).argsort(),
    )


def scarred(
    network: Network, fraction: float, *, of: Of, choose: Choice, draw: Callable[[int], np.ndarray]
) -> Network:
    """Return the network with more scars: `fraction` of each matrix's survivors, or `of` all.

    At `random`, any of the weights that are counted are lost, even if pruned already; `draw(n)`
    gives the numbers below n in random order. The `weakest` are always survivors, at least one if
    `fraction` is above 0, and those as weak as the last of them are lost too.
    """
    import numpy as np

    from pipeline_lib.model.pruning import left_with

    scars = []
    for weight, mask, before in zip(network.weights, network.masks, network.scarred, strict=True):
        survivors = np.flatnonzero(mask)
        sites = survivors if of == "survivors" else np.arange(mask.size)
        count = int(fraction * sites.size)
        if choose == "weakest":
            sizes = np.abs(weight.flat[survivors])
            count = min(max(count, int(fraction > 0)), sizes.size)
            lost = survivors[sizes <= np.partition(sizes, count - 1)[count - 1]] if count else []
        else:
            lost = sites[draw(sites.size)[:count]] if count else []
        scar = before.copy()
        scar.flat[np.asarray(lost, int)] = True
        scars.append(scar)
    masks = tuple(mask & ~scar for mask, scar in zip(network.masks, scars, strict=True))
    return replace(left_with(network, masks), scars=tuple(scars))


def factor(
    network: Network,
    x: np.ndarray,
    *,
    gain: float,
    activity: float,
    at_rest: float,
    limits: tuple[float, float],
) -> float:
    """Return the factor of a network with its activity at the points `x`, within the `limits`."""
    from pipeline_lib.model.activity import mean_activity

    excess = activity * (mean_activity(network, x) - at_rest)
    return min(max(1.0 + gain * (network.modulation.gain - 1.0) + excess, limits[0]), limits[1])
