"""The activity of hidden units without noise, layer by layer, and the logits above them."""

import itertools

import numpy as np

from pipeline_lib.model.network import Network


def hidden_activity(network: Network, x: np.ndarray) -> list[np.ndarray]:
    """Return the activity (points, units) of each hidden layer, after all modulation.

    `x` is (points, features) float32.
    """
    modulation, below, layers = network.modulation, x, []
    for layer, (weight, bias, _) in enumerate([*network.layers()][:-1]):
        level = below @ weight.T + bias
        tanh = modulation.is_tanh(layer, len(bias))
        np.tanh(level, out=level, where=tanh)
        np.maximum(level, 0, out=level, where=~tanh)
        below = level * modulation.factors(layer, len(bias))
        below -= modulation.inhibitions(layer, len(bias))
        layers.append(below)
    return layers


def coactivity(network: Network, x: np.ndarray) -> list[np.ndarray]:
    """Return how active the units at both ends of each weight are together.

    For each matrix, (n_out, n_in) float32: the mean over points of the product of the two absolute
    activities without noise. The activity of an input is its value, of an output its logit.
    """
    layers = [x, *hidden_activity(network, x), logits(network, x)]
    size = [np.abs(layer) for layer in layers]
    points = np.float32(len(x))
    return [above.T @ below / points for below, above in itertools.pairwise(size)]


def logits(network: Network, x: np.ndarray) -> np.ndarray:
    """Return the logits (points, classes)."""
    top = hidden_activity(network, x)[-1]
    out: np.ndarray = top @ network.weights[-1].T + network.biases[-1]
    return out


def mean_activity(network: Network, x: np.ndarray) -> float:
    """Return the mean absolute activity of the hidden units without noise, averaged over layers."""
    layers = hidden_activity(network, x)
    return float(np.mean([np.abs(layer).mean(dtype=np.float64) for layer in layers]))
