"""The network: weights, biases, masks of surviving weights, and modulation (Methods, network)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Activation = Literal["relu", "tanh"]


@dataclass(frozen=True)
class Modulation:
    """The effect of drugs on hidden units: an activation function, two factors, and inhibition.

    `damping` comes from the paper and `gain` from the study of switch liability; 1.0 is no gain. A
    gain above `gain_cap` acts as the cap. `inhibition` is subtracted from the activity after both
    factors. `bias_damping` is the share of the mean of biased noise that does not reach the units.
    `units` has the indices of the units that the drugs act on, by hidden layer; None is all. The
    other units respond as in an unmodulated network.
    """

    activation: Activation = "relu"
    damping: float = 1.0
    gain: float = 1.0
    units: tuple[tuple[int, ...], ...] | None = None
    inhibition: float = 0.0
    gain_cap: float | None = None
    bias_damping: float = 0.0

    @property
    def effective_gain(self) -> float:
        """The gain, or its cap if it is above it."""
        return self.gain if self.gain_cap is None else min(self.gain, self.gain_cap)

    @property
    def factor(self) -> float:
        """The factor on the activity of modulated units, after activation and noise."""
        return self.damping * self.effective_gain

    def acts_on(self, layer: int, count: int) -> np.ndarray:
        """Return which of the `count` units of a hidden layer, from 0, are modulated."""
        if self.units is None:
            return np.ones(count, dtype=bool)
        return np.isin(np.arange(count), self.units[layer])

    def is_tanh(self, layer: int, count: int) -> np.ndarray:
        """Return which units of a hidden layer have tanh for ReLU, (count,) bool."""
        return self.acts_on(layer, count) & (self.activation == "tanh")

    def factors(self, layer: int, count: int) -> np.ndarray:
        """Return the factor of each unit of a hidden layer, (count,) float32."""
        return np.where(self.acts_on(layer, count), self.factor, 1.0).astype(np.float32)

    def inhibitions(self, layer: int, count: int) -> np.ndarray:
        """Return what is subtracted from each unit of a hidden layer, (count,) float32."""
        return np.where(self.acts_on(layer, count), self.inhibition, 0.0).astype(np.float32)


UNMODULATED = Modulation()


@dataclass(frozen=True)
class Network:
    """A multilayer perceptron, some of whose weights may be pruned.

    Layer k has `weights[k]` (n_out, n_in) float32, `biases[k]` (n_out,) float32 and `masks[k]`
    (n_out, n_in) bool, True where a weight survives. A pruned weight is exactly zero. `scars[k]`,
    of the same shape, is True where a pruned weight is lost for good: it never regrows. There are
    no `scars` at all if no weight is lost. Every function of this library returns a new network and
    leaves the given one unchanged.
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray, ...]
    modulation: Modulation = UNMODULATED
    scars: tuple[np.ndarray, ...] = ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units by layer, from the input to the output."""
        return (self.weights[0].shape[1], *(len(weight) for weight in self.weights))

    @property
    def sparsity(self) -> float:
        """The fraction of weights that are pruned; biases do not count."""
        survivors = sum(int(np.count_nonzero(mask)) for mask in self.masks)
        return 1.0 - survivors / sum(mask.size for mask in self.masks)

    @property
    def scarred(self) -> tuple[np.ndarray, ...]:
        """The scars of each matrix, (n_out, n_in) bool, even if there are none."""
        return self.scars or tuple(np.zeros_like(mask) for mask in self.masks)

    @property
    def lost(self) -> float:
        """The fraction of weights that are lost for good; biases do not count."""
        scars = sum(int(np.count_nonzero(scar)) for scar in self.scars)
        return scars / sum(mask.size for mask in self.masks)

    @property
    def is_finite(self) -> bool:
        """Whether every weight and every bias is a number, neither NaN nor infinite."""
        return all(np.isfinite(values).all() for values in (*self.weights, *self.biases))

    def layers(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield each layer's weights, biases and mask, from the input to the output."""
        return zip(self.weights, self.biases, self.masks, strict=True)


def dense(weights: list[np.ndarray], biases: list[np.ndarray]) -> Network:
    """Return an unmodulated network of these weights, none of them pruned."""
    masks = tuple(np.ones(weight.shape, dtype=bool) for weight in weights)
    return Network(tuple(weights), tuple(biases), masks)


def unmodulated(network: Network) -> Network:
    """Return the same weights without modulation: ReLU, no damping, no gain."""
    return replace(network, modulation=UNMODULATED)
