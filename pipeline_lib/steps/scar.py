"""Lose weights for good: scars stay pruned and never regrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from pipeline_lib.options import Deviation, Factor, Model, Part, Signed, Two

if TYPE_CHECKING:
    import numpy as np

    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting

Of = Literal["survivors", "all"]
Choice = Literal["weakest", "random"]


class Severity(Model):
    """A factor on the fraction, 1 plus what the network's excitability adds."""

    gain: Signed = Field(description="what each 1.0 of the modulation's gain above 1.0 adds")
    activity: Signed = Field(description="what each 1.0 of hidden activity above rest adds")
    at_rest: Deviation = Field(description="mean hidden activity that adds nothing")
    limits: Two[Factor] = Field(description="the smallest and the largest factor")

    @field_validator("limits")
    @classmethod
    def _ascending(cls, limits: list[float]) -> list[float]:
        if limits != sorted(limits):
            raise ValueError("it must be the smallest factor first, and the largest second")
        return limits


class Options(Model):
    """Lose weights for good: scars stay pruned and never regrow."""

    fraction: Part = Field(description="how much of each matrix is lost")
    of: Of = Field("survivors", description="which weights it is a fraction of")
    choose: Choice = Field(
        "weakest",
        description="which are lost: the weakest survivors, or random ones of these weights",
    )
    severity: Severity | None = Field(None, description="a factor on the fraction")


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
    """Return the network with scars in the place of a `fraction` of each matrix's weights."""
    if severity is not None:
        fraction = min(1.0, fraction * factor(network, setting.points.x, severity))

    def in_any_order(count: int) -> np.ndarray:  # as that of independent draws is
        return setting.engine.normal(count, 1.0, generator).argsort()

    return scarred(network, fraction, of, choose, in_any_order)


def scarred(
    network: Network, fraction: float, of: Of, choose: Choice, draw: Callable[[int], np.ndarray]
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
        counted = survivors if of == "survivors" else np.arange(mask.size)
        count, lost = int(fraction * counted.size), survivors[:0]
        if choose == "weakest":
            sizes = np.abs(weight.flat[survivors])
            if count := min(max(count, int(fraction > 0)), sizes.size):
                lost = survivors[sizes <= np.partition(sizes, count - 1)[count - 1]]
        elif count:
            lost = counted[draw(counted.size)[:count]]
        scar = before.copy()
        scar.flat[lost] = True
        scars.append(scar)
    masks = tuple(mask & ~scar for mask, scar in zip(network.masks, scars, strict=True))
    return replace(left_with(network, masks), scars=tuple(scars))


def factor(network: Network, x: np.ndarray, severity: Mapping[str, Any]) -> float:
    """Return the factor that a network has by these options, with its activity at the points x."""
    from pipeline_lib.model.activity import mean_activity

    excess = severity["activity"] * (mean_activity(network, x) - severity["at_rest"])
    low, high = severity["limits"]
    found = 1.0 + severity["gain"] * (network.modulation.gain - 1.0) + excess
    return float(min(max(found, low), high))
