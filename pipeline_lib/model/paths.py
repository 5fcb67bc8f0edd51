"""The paths of surviving weights that lead from the input of a network to its output."""

from __future__ import annotations

import numpy as np

from pipeline_lib.model.network import Network


def paths_through(network: Network) -> list[np.ndarray]:
    """Return how many paths lead through each unit, layer by layer, each (units,) float64.

    The first layer is the input and the last the output. A path has one surviving weight from each
    layer to the next. A unit without any is cut off from the input or from the output.
    """
    from_input = [np.ones(network.sizes[0])]
    for mask in network.masks:
        from_input.append(mask.astype(np.float64) @ from_input[-1])
    to_output = [np.ones(network.sizes[-1])]
    for mask in reversed(network.masks):
        to_output.append(to_output[-1] @ mask.astype(np.float64))
    return [above * below for above, below in zip(from_input, reversed(to_output), strict=True)]
