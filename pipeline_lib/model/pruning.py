"""Magnitude pruning: the smallest weights are cut, of each matrix or of all (Methods, pruning)."""

from dataclasses import replace

import numpy as np

from pipeline_lib.model.network import Network
from pipeline_lib.options import Scope


def prune(network: Network, sparsity: float, scope: Scope = "matrix") -> Network:
    """Return the network with each weight matrix pruned separately to `sparsity`, a fraction.

    A weight survives if its magnitude reaches the `sparsity` quantile of all magnitudes of its
    matrix, zeros included; under the scope "network", of all magnitudes of the network, so that
    matrices of small weights lose more. Scars are left out of the quantile. Weights that were
    pruned before stay pruned; biases are never pruned.
    """
    weights = [w[~scar] for w, scar in zip(network.weights, network.scarred, strict=True)]
    if scope == "network":
        weights = [np.concatenate(weights)] * len(weights)
    masks = tuple(
        (np.abs(weight) >= magnitude_threshold(counted, sparsity)) & mask
        for weight, mask, counted in zip(network.weights, network.masks, weights, strict=True)
    )
    return left_with(network, masks)


def left_with(network: Network, masks: tuple[np.ndarray, ...]) -> Network:
    """Return the network with only the weights of these masks, (n_out, n_in) bool each."""
    weights = tuple(
        np.where(mask, weight, np.float32(0))
        for weight, mask in zip(network.weights, masks, strict=True)
    )
    return replace(network, weights=weights, masks=masks)


def magnitude_threshold(weight: np.ndarray, quantile: float) -> np.float32:
    """Return the linearly interpolated quantile of abs(weight), all arithmetic in float32.

    `torch.quantile` does the same operations in the same order, so thresholds are bit-identical.
    With a `quantile` in float64, NumPy would interpolate in float64.
    """
    if not weight.size:  # of a matrix that is nothing but scars
        return np.float32(0)
    return np.float32(np.quantile(np.abs(weight), np.float32(quantile)))


def prune_further(
    network: Network, fraction: float, cap: float = 1.0, scope: Scope = "matrix"
) -> Network:
    """Return the network after cutting `fraction` of its surviving weights.

    Each matrix, or under the scope "network" the whole, is pruned to s + fraction·(1 - s), where s
    is the sparsity of the whole network, but to `cap` at most. Scars count in both, and a
    matrix with more scars than the others ends sparser.
    """
    sparsity, lost = network.sparsity, network.lost
    reached = min(sparsity + fraction * (1.0 - sparsity), cap)
    # The quantile is that of the weights without scars, of which fewer are pruned.
    quantile = max(reached - lost, 0.0) / (1.0 - lost) if lost < 1.0 else 0.0
    return prune(network, quantile, scope)
