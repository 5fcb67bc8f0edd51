"""Magnitude pruning: the smallest weights are cut, of each matrix or of all (Methods, pruning)."""

from __future__ import annotations

import math
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
    weights = [weight.ravel() for weight in network.weights]
    if network.scars:
        weights = [w[~scar.ravel()] for w, scar in zip(weights, network.scars, strict=True)]
    if scope == "network":
        every = np.concatenate(weights)
        thresholds = [magnitude_threshold(every, sparsity)] * len(weights)
    else:
        thresholds = [magnitude_threshold(weight, sparsity) for weight in weights]
    masks = tuple(
        (np.abs(weight) >= threshold) & mask
        for weight, mask, threshold in zip(network.weights, network.masks, thresholds, strict=True)
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

    `torch.quantile` does the same operations in the same order, so thresholds are bit-identical;
    NumPy's function would interpolate in float64.
    """
    magnitudes = np.abs(weight).ravel()
    if not magnitudes.size:  # of a matrix that is nothing but scars
        return np.float32(0)
    rank = np.float32(quantile) * np.float32(magnitudes.size - 1)
    below, above = math.floor(rank), math.ceil(rank)
    share = rank - np.float32(below)
    parted = np.partition(magnitudes, (below, above))
    low, high = parted[below], parted[above]
    if share < 0.5:
        return np.float32(low + share * (high - low))
    return np.float32(high - (high - low) * (np.float32(1) - share))


def prune_further(
    network: Network, fraction: float, cap: float = 1.0, scope: Scope = "matrix"
) -> Network:
    """Return the network after cutting `fraction` of its surviving weights.

    Each matrix, or under the scope "network" the whole, is pruned to s + fraction·(1 - s), where s
    is the sparsity of the whole network, but to `cap` at most.
    """
    sparsity = network.sparsity
    return prune(network, min(sparsity + fraction * (1.0 - sparsity), cap), scope)
