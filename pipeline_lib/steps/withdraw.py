"""Withdraw a treatment's modulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_lib.options import Model

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting


class Options(Model):
    """Withdraw the modulation: ReLU again, no damping, no gain."""


def apply(network: Network, setting: Setting, generator: Any) -> Network:
    """Return the same weights with ReLU, no damping and no gain."""
    from pipeline_lib.model.network import unmodulated

    return unmodulated(network)
