"""How far a treatment moves the weights of a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline_lib.model.network import Network

SMALLEST = 1e-8  # weights below this count as absent


@dataclass(frozen=True)
class WeightChange:
    """The change per weight, pruned weights included, biases not.

    `l1` is the mean absolute change. `l2` is the root of the sum of squared changes, divided by the
    number of weights. `turnover` is the share of weights that change by more than a part of what
    they were, and `sparsity` how much the share of absent weights changes.
    """

    l1: float
    l2: float
    turnover: float
    sparsity: float


def weight_change(before: Network, after: Network, *, turnover: float = 0.10) -> WeightChange:
    """Return how far the weights have moved from one network to the other."""
    weights = sum(weight.size for weight in before.weights)
    moved = squared = turned = lost = 0.0
    for old, new in zip(before.weights, after.weights, strict=True):
        step = np.abs(new - old)
        moved += float(step.sum())
        squared += float(np.square(step).sum())
        turned += np.count_nonzero(step / np.maximum(np.abs(old), SMALLEST) > turnover)
        lost += np.count_nonzero(np.abs(old) < SMALLEST) - np.count_nonzero(np.abs(new) < SMALLEST)
    return WeightChange(
        moved / weights, float(np.sqrt(squared)) / weights, turned / weights, abs(lost) / weights
    )
