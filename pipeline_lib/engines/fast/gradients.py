"""Gradients of all weights for regrowth, including pruned ones, which compaction leaves out."""

import numpy as np

from pipeline_lib.model.network import Network


def weight_gradients(network: Network, x: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Return the gradient of the mean cross-entropy by each weight matrix, without noise.

    `x` is (points, features) float32; each gradient is (n_out, n_in) float32.
    """
    activities, slopes = [x], []
    for layer, (weight, bias) in enumerate(
        zip(network.weights[:-1], network.biases[:-1], strict=True)
    ):
        level = activities[-1] @ weight.T + bias
        tanh = network.modulation.is_tanh(layer, len(bias))
        factor = network.modulation.factors(layer, len(bias))
        value = np.where(tanh, np.tanh(level), np.maximum(level, 0))
        slopes.append(np.where(tanh, 1 - value * value, level > 0) * factor)
        activities.append(value * factor - network.modulation.inhibitions(layer, len(bias)))
    logits = activities[-1] @ network.weights[-1].T + network.biases[-1]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    delta = odds / odds.sum(axis=1, keepdims=True)
    delta[np.arange(len(labels)), labels] -= 1
    delta /= np.float32(len(labels))
    gradients = []
    for layer in reversed(range(len(network.weights))):
        gradients.append(delta.T @ activities[layer])
        if layer:
            delta = (delta @ network.weights[layer]) * slopes[layer - 1]
    return gradients[::-1]
