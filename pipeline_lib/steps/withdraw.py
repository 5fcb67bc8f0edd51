"""Withdraw a treatment's modulation, or a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from pipeline_lib.options import Model

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting

Kept = Literal["activation", "damping", "gain", "inhibition", "gain_cap", "bias_damping"]


class Options(Model):
    """Withdraw the modulation, so that hidden units have ReLU and nothing else but what is kept."""

    keep: list[Kept] | None = Field(
        None, description="the options of `modulate` that stay as they are"
    )


def apply(
    network: Network, setting: Setting, generator: Any, *, keep: Sequence[str] = ()
) -> Network:
    """Return the same weights without modulation, except for the options of `modulate` in `keep`.

    These act on the units that they acted on before.
    """
    from pipeline_lib.model.network import UNMODULATED

    kept = [*keep, "units"] if keep else []
    stays = {name: getattr(network.modulation, name) for name in kept}
    return replace(network, modulation=replace(UNMODULATED, **stays))
