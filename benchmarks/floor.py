"""The arithmetic that one seed needs, counted; with measured rates, the least time it can take.

Counted are the products and the noise of what the fast engine's compaction leaves, which is
exact: no output and no gradient depends on the rest. Left out are activation functions, Adam and
everything that is done once per mini-batch.
"""

from __future__ import annotations

import numpy as np

from pipeline_lib.engines.fast.compaction import Compact, compact
from pipeline_lib.engines.training import ramp
from pipeline_lib.model.network import Network


def training(
    network: Network, points: int, epochs: int, noise: tuple[float, float]
) -> tuple[float, float]:
    """Return the floating-point operations and the noise draws of a training."""
    part = compact(network, noisy=max(noise) > 0)
    varying, inner = survivors(part, network)
    # Forward, gradient of the weights, and gradient of what they read, which the input needs not.
    flop = 2.0 * (2 * sum(varying) + sum(inner[1:]))
    noisy_epochs = sum(ramp(epoch, epochs, noise) > 0 for epoch in range(epochs))
    draws = float(part.plan.rows[1:-1].sum())
    return flop * points * epochs, draws * points * noisy_epochs


def measurement(
    network: Network, points: int, input_noise: float, internal_noise: float
) -> tuple[float, float]:
    """Return the floating-point operations and the noise draws of one measurement."""
    part = compact(network, noisy=internal_noise > 0)
    varying, _ = survivors(part, network)
    # All units have noise here, those that no output sees too: every treatment of a seed meets
    # the same.
    draws = sum(network.sizes[1:-1]) if internal_noise > 0 else 0
    draws += network.sizes[0] if input_noise > 0 else 0
    return 2.0 * sum(varying) * points, float(draws) * points


def survivors(part: Compact, network: Network) -> tuple[list[int], list[int]]:
    """Return, per matrix, the weights that meet every sample, and those of them with a gradient
    by what they read to pass on."""
    varying, inner = [], []
    for layer, mask in enumerate(network.masks):
        above = part.units[layer + 1][: part.plan.full[layer + 1]]
        below = part.units[layer]
        rows, full = part.plan.rows[layer], part.plan.full[layer]
        varying.append(int(np.count_nonzero(mask[np.ix_(above, below[:rows])])))
        inner.append(int(np.count_nonzero(mask[np.ix_(above, below[:full])])))
    return varying, inner
