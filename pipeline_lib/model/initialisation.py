"""Initial weights of a network (Methods, network)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline_lib.model.network import Network, dense
from pipeline_lib.model.randomness import below_2_to_24, normal_float32

if TYPE_CHECKING:
    from pipeline_lib.model.randomness import MersenneTwister

# PyTorch's bound on weights is √3·gain/√fan_in with a gain of √(2 / (1 + √5²)). That is
# 1/√fan_in, but rounded differently.
_GAIN = math.sqrt(2.0 / (1 + math.sqrt(5) ** 2))


def initial_network(
    sizes: Sequence[int], init: str | Mapping[str, float], generator: MersenneTwister
) -> Network:
    """Return an unpruned network with layers of `sizes` units, from the input to the output.

    `init` is "torch" or {"normal": sd}. "torch" is PyTorch's default for linear layers, on which
    the published tables are based: weights and biases are uniform within ±1/√fan_in. The other is
    the small normal distribution of the published text, with biases of zero.
    """
    weights, biases = [], []
    for fan_in, fan_out in itertools.pairwise(sizes):
        if isinstance(init, Mapping):
            weight = normal_float32(generator, fan_out * fan_in, init["normal"])
            bias = np.zeros(fan_out, np.float32)
        else:
            bound = math.sqrt(3.0) * (_GAIN / math.sqrt(fan_in))
            weight = _uniform(generator, fan_out * fan_in, bound)
            bias = _uniform(generator, fan_out, 1 / math.sqrt(fan_in))
        weights.append(weight.reshape(fan_out, fan_in))
        biases.append(bias)
    return dense(weights, biases)


def _uniform(generator: MersenneTwister, count: int, bound: float) -> np.ndarray:
    # This repeats PyTorch's arithmetic: 24 random bits, and one rounding to float32 at the end.
    low, high = np.float32(-bound), np.float32(bound)
    share = below_2_to_24(generator, count) * 2.0**-24
    return (share * np.float64(high - low) + np.float64(low)).astype(np.float32)
