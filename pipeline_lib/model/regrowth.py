"""Regrowth of the pruned weights with the highest scores (Methods, ketamine-like recovery)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pipeline_lib.errors import PipelineError
from pipeline_lib.model.network import Network


def regrow(
    network: Network,
    scores: Sequence[np.ndarray],
    *,
    fraction: float,
    highest: Callable[[np.ndarray, int], np.ndarray],
    draw: Callable[[int], np.ndarray],
) -> Network:
    """Return the network with the highest-scoring `fraction` of each matrix's pruned weights.

    Scars are not among them, since they never regrow.
    `scores[k]` (n_out, n_in) float32 has the scores of layer k, in the paper how steeply the loss
    falls along each weight. Most of these scores are exactly zero, and which of them regrow decides
    what kind of network results, so `highest` is that of an engine. `draw(n)` gives the n regrown
    weights, the highest score's first.
    Raises PipelineError if a score is not a finite number.
    """
    if not all(np.isfinite(score).all() for score in scores):
        raise PipelineError(
            "gradients or activities are not finite, so the largest cannot be found; use a smaller"
            " lr or, if one of them is very large, a smaller gain, damping or centre"
        )
    weights, masks = [], []
    for layer, (scar, score) in enumerate(zip(network.scarred, scores, strict=True)):
        weight, mask = network.weights[layer].copy(), network.masks[layer].copy()
        pruned = np.flatnonzero(~(mask | scar))
        sites = pruned[highest(score.ravel()[pruned], int(fraction * pruned.size))]
        weight.flat[sites] = draw(sites.size)
        mask.flat[sites] = True
        weights.append(weight)
        masks.append(mask)
    return replace(network, weights=tuple(weights), masks=tuple(masks))
