"""Initial weights of a network (Methods, network)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from pipeline_lib.network import Network, dense


def initial_network(
    sizes: Sequence[int], init: str | Mapping[str, float], generator: torch.Generator
) -> Network:
    """Return an unpruned network with layers of `sizes` units, from the input to the output.

    `init` is "torch", PyTorch's default for linear layers, which the published tables come
    from (weights and biases uniform in ±1/√fan_in); or {"normal": sd}, the published text's
    small normal distribution, with biases of zero.
    """
    weights: list[np.ndarray] = []
    biases: list[np.ndarray] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        weight, bias = torch.empty(fan_out, fan_in), torch.zeros(fan_out)
        if isinstance(init, Mapping):
            torch.nn.init.normal_(weight, std=init["normal"], generator=generator)
        else:
            # The published stream goes through this very call: its bound is rounded otherwise
            # than 1/√fan_in.
            torch.nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)
            bound = 1 / math.sqrt(fan_in)
            torch.nn.init.uniform_(bias, -bound, bound, generator=generator)
        weights.append(weight.numpy())
        biases.append(bias.numpy())
    return dense(weights, biases)
