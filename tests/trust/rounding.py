"""How far rounding to float32 may move a gradient and a step of Adam.

Rounding errors are taken as independent and of mean zero, u = 2⁻²⁴ in size at the most, as in
Higham and Mary's probabilistic analysis (SIAM J. Sci. Comput. 41, 2019): a sum of n numbers, in
whatever order and with or without fused multiplications, then has an error of the order of √n·u
rather than the n·u of the worst case, which for this network is a thousand times too wide to tell
anything. Their standard deviations follow the network layer by layer, in float64, to the
gradient. Nothing of half a million numbers may be further than LIMIT of them from exact
arithmetic; where that may put a ReLU's input on either side of zero, both are counted.

Two settings that both keep to it are within twice of it of each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline_lib.engines.training import EPSILON
from pipeline_lib.model.network import Network

U = 2.0**-24
# An exponential or logarithm of float32, of whatever library, is within four units in the last
# place; the two and a division make a softmax.
SOFTMAX = 16
LIMIT = 8  # standard deviations


@dataclass
class Rounded:
    """Numbers in float64, and the standard deviation of a float32 result from each."""

    value: np.ndarray
    sd: np.ndarray


def product(a: Rounded, b: Rounded) -> Rounded:
    """Return the matrix product of two results that are themselves rounded."""
    n = a.value.shape[1]
    size_a, size_b = a.value**2 + a.sd**2, b.value**2 + b.sd**2
    variance = a.value**2 @ b.sd**2 + a.sd**2 @ size_b + (n + 1) * U**2 * (size_a @ size_b)
    return Rounded(a.value @ b.value, np.sqrt(variance))


def exact(value: np.ndarray) -> Rounded:
    """Return float32 numbers as they are."""
    return Rounded(value.astype(np.float64), np.zeros(value.shape))


def gradients(network: Network, x: np.ndarray, labels: np.ndarray) -> list[Rounded]:
    """Return the gradient of the mean cross-entropy by each weight matrix of a ReLU network."""
    activities, slopes = [exact(x)], []
    last = len(network.weights) - 1
    for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        level = product(activities[-1], exact(weight.T))
        size = np.abs(level.value) + np.abs(bias)
        level = Rounded(level.value + bias, np.hypot(level.sd, U * size))
        if layer == last:
            break
        activities.append(Rounded(np.maximum(level.value, 0), level.sd))
        # 0 or 1, or not known.
        slopes.append((level.value > 0, np.abs(level.value) <= LIMIT * level.sd))
    odds = np.exp(level.value - level.value.max(axis=1, keepdims=True))
    share = odds / odds.sum(axis=1, keepdims=True)
    # A share moves by itself times what the logits do, and their mean.
    moved = share * (2 * level.sd.max(axis=1, keepdims=True) + SOFTMAX * U)
    truth = np.eye(share.shape[1])[labels]
    delta = Rounded((share - truth) / len(x), (moved + U) / len(x))
    found = []
    for layer in range(last, -1, -1):
        found.append(product(Rounded(delta.value.T, delta.sd.T), activities[layer]))
        if layer:
            below = product(delta, exact(network.weights[layer]))
            slope, unsure = slopes[layer - 1]
            delta = Rounded(
                below.value * slope, np.where(unsure, np.abs(below.value), below.sd * slope)
            )
    return found[::-1]


def first_step(gradient: Rounded, weight: np.ndarray, lr: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights after Adam's first step, lr·g / (|g| + ε), and the bound of each.

    Where a gradient is smaller than its own error, its sign is not known, and the bound is nearly
    2·lr: whatever a gradient's size, the step is almost lr.
    """

    def moved(g: np.ndarray) -> np.ndarray:
        return lr * g / (np.abs(g) + EPSILON)

    step, reach = moved(gradient.value), LIMIT * gradient.sd
    # The step grows with g, so its ends are those of the gradient.
    bound = np.maximum(moved(gradient.value + reach) - step, step - moved(gradient.value - reach))
    after = weight.astype(np.float64) - step
    return after, bound + 16 * U * lr + 2 * U * np.abs(after)
