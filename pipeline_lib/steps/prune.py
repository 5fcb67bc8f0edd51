"""Prune by magnitude, as part of a treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from pipeline_lib.options import Model, Scope, Share

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.steps import Setting


class Options(Model):
    """Prune by magnitude, to a sparsity or by a fraction of the surviving weights."""

    sparsity: Share | None = Field(None, description="sparsity to reach")
    fraction: Share | None = Field(None, description="fraction of the surviving weights to cut")
    scope: Scope = Field(
        "matrix", description="whether each matrix is pruned separately, or the network as a whole"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.sparsity is None) == (self.fraction is None):
            raise ValueError("it must have exactly one of `sparsity` and `fraction`")
        return self


def apply(
    network: Network,
    setting: Setting,
    generator: Any,
    *,
    sparsity: float | None = None,
    fraction: float | None = None,
    scope: Scope = "matrix",
) -> Network:
    """Return the network pruned to `sparsity`, or else by `fraction` of the surviving weights.

    The smallest weights of each matrix are cut or, under the scope "network", those of the whole.
    """
    from pipeline_lib.model import pruning

    if sparsity is not None:
        return pruning.prune(network, sparsity, scope)
    assert fraction is not None, "a prune step has a sparsity or a fraction"
    return pruning.prune_further(network, fraction, scope=scope)
