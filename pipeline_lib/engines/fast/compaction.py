"""The part of a pruned network that matters for training, and the order in which it is stored.

Most of a pruned network does nothing, and leaving it out changes no result:

- A unit that reaches no output has no gradient and is dropped.
- A *flat* unit has the same pre-activation for every sample, because no surviving weight leads to
  it from anything that varies. Its gradient needs only sums over samples. Without noise its
  activity is one number, which acts as a bias on the next layer. If this number is zero and stays
  zero, the unit is dropped too; a silent unit that is inhibited is below zero, and is not.
- The other units are *full*. A full unit with many surviving weights (a regrown one) is *dense*:
  a matrix product is faster for it than a loop over its weights.

Within a layer, dense units come first, then other full units, then flat ones. All trained
parameters form one vector, which holds each matrix's sparse weights, dense block and biases.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from pipeline_lib.engines.fast.activation import Responses
from pipeline_lib.model.network import Network

# Above this density a row is cheaper as part of a matrix product (see docs/performance.md).
DENSE_FROM = 0.35
SMALLEST_BLOCK = 16  # with fewer rows or columns a matrix product is not worth it


class Links(NamedTuple):
    """Sparse weights, grouped by the unit at one of their ends; all arrays int64.

    `ptr[start[l]:]` delimits the groups of matrix l. It holds absolute positions in `other` (the
    unit or row at the other end) and `at` (the weight's place among the parameters).
    """

    start: np.ndarray
    ptr: np.ndarray
    other: np.ndarray
    at: np.ndarray


class Plan(NamedTuple):
    """The compacted network as kernels see it; all arrays are int64.

    Layer 0 is the input, and matrix l leads from layer l to layer l + 1.
    """

    noisy: bool  # whether hidden layers will have noise
    dense: np.ndarray  # per layer, the number of units whose weights are a dense block
    full: np.ndarray  # per layer, units with a pre-activation for each sample, dense ones first
    flat: np.ndarray  # per layer, units with one pre-activation for all samples
    rows: np.ndarray  # rows in the activity matrix: full units, and with noise also flat ones
    row_start: np.ndarray  # first row of each layer; the rows of all layers are one matrix
    flat_start: np.ndarray  # first flat unit of each layer, likewise
    width: np.ndarray  # units per layer in the original network
    unit_start: np.ndarray  # first unit of each layer in `units`
    units: np.ndarray  # the index of each unit in the original network

    inward: Links  # by unit of layer l + 1, weights from units that have a row
    outward: Links  # by full unit of layer l, the weights that lead from it
    from_flat: Links  # by unit of layer l + 1, weights from flat units
    block: np.ndarray  # per matrix, the place of its dense block from full units, row by row
    flat_block: np.ndarray  # per matrix, the place of its dense block from flat units
    bias: np.ndarray  # per matrix, the place of its biases


@dataclass(frozen=True)
class Compact:
    """A compacted network: the plan, the parameters, and their places in the network."""

    plan: Plan
    parameters: np.ndarray  # (count,) float32
    survives: np.ndarray  # (count,) bool, False for the pruned weights in dense blocks
    sites: tuple[np.ndarray, ...]  # per matrix, its weights' flat indices, in order
    units: tuple[np.ndarray, ...]  # per layer

    def restored(self, network: Network, parameters: np.ndarray) -> Network:
        """Return the original network with these parameters."""
        weights, biases = [], []
        for (weight, bias, _), sites, units, end in zip(
            network.layers(), self.sites, self.units[1:], self.plan.bias, strict=True
        ):
            weight, bias = weight.copy(), bias.copy()
            weight.flat[sites] = parameters[end - sites.size : end]
            bias[units] = parameters[end : end + units.size]
            weights.append(weight)
            biases.append(bias)
        return replace(network, weights=tuple(weights), biases=tuple(biases))


def compact(network: Network, *, noisy: bool) -> Compact:
    """Return the part of a network that matters, `noisy` if its hidden layers will have noise."""
    orders = _orders(network, noisy)
    units = tuple(np.concatenate(order) for order in orders)
    n_dense = np.array([len(dense) for dense, _, _ in orders])
    n_full = np.array([len(dense) + len(other) for dense, other, _ in orders])
    n_flat = np.array([len(flat) for _, _, flat in orders])
    n_rows = n_full + n_flat if noisy else n_full
    inward: list[Links] = []
    outward: list[Links] = []
    from_flat: list[Links] = []
    blocks, flat_blocks, bias_places, sites, parameters, survives = [], [], [], [], [], []
    count = 0
    for layer, (weight, bias, mask) in enumerate(network.layers()):
        above, below = units[layer + 1], units[layer]
        dense, full = n_dense[layer + 1], n_full[layer]
        alive = mask[np.ix_(above, below)]
        index = above[:, None] * weight.shape[1] + below
        to, source = np.nonzero(alive[dense:])
        to += dense
        at = count + np.arange(to.size)
        has_row, is_full = source < n_rows[layer], source < full
        inward.append(_links(to[has_row], source[has_row], at[has_row], above.size))
        outward.append(_links(source[is_full], to[is_full], at[is_full], full))
        from_flat.append(_links(to[~is_full], source[~is_full] - full, at[~is_full], above.size))

        blocks.append(count + to.size)
        flat_blocks.append(blocks[-1] + dense * full)
        bias_places.append(flat_blocks[-1] + dense * n_flat[layer])
        count = bias_places[-1] + above.size
        # The order of places is: sparse weights, dense block, dense block from flat units.
        from_full, from_rest = np.s_[:dense, :full], np.s_[:dense, full:]
        sites.append(
            np.concatenate([index[to, source], index[from_full].ravel(), index[from_rest].ravel()])
        )
        parameters += [weight.ravel()[sites[-1]], bias[above]]
        survives += [mask.ravel()[sites[-1]], np.ones(above.size, bool)]
    plan = Plan(
        noisy=noisy,
        dense=n_dense,
        full=n_full,
        flat=n_flat,
        rows=n_rows,
        row_start=_starts(n_rows),
        flat_start=_starts(n_flat),
        width=np.array(network.sizes),
        unit_start=_starts([u.size for u in units]),
        units=np.concatenate(units),
        inward=_joined(inward),
        outward=_joined(outward),
        from_flat=_joined(from_flat),
        block=np.array(blocks),
        flat_block=np.array(flat_blocks),
        bias=np.array(bias_places),
    )
    return Compact(
        plan=plan,
        parameters=np.concatenate(parameters),
        survives=np.concatenate(survives),
        sites=tuple(sites),
        units=units,
    )


def _orders(network: Network, noisy: bool) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return each layer's dense, other full, and flat units."""
    masks = network.masks
    live: list[np.ndarray] = [np.ones(masks[-1].shape[0], dtype=bool)]
    for layer in reversed(range(len(masks))):
        used: np.ndarray = masks[layer][live[0]].any(axis=0)
        if not noisy and layer > 0:
            # A ReLU below zero without incoming weights is silent and has no gradient.
            silent = ~masks[layer - 1].any(axis=1) & (network.biases[layer - 1] <= 0)
            silent &= network.modulation.inhibitions(layer - 1, used.size) == 0
            used &= ~silent | network.modulation.is_tanh(layer - 1, used.size)
        live.insert(0, used)
    none = np.empty(0, dtype=np.int64)
    orders = [(none, np.flatnonzero(live[0]), none)]
    varies = live[0]
    for layer, mask in enumerate(masks):
        below, above = live[layer], live[layer + 1]
        is_output = layer == len(masks) - 1
        columns = below if noisy else varies
        # Each output has a row, even if nothing leads to it.
        varies = above & mask[:, columns].any(axis=1) if not is_output else above
        dense = _dense_rows(mask[:, columns]) & varies
        # Outputs stay in the order of their classes, so they are all dense or none is.
        too_few = min(np.count_nonzero(dense), np.count_nonzero(columns)) < SMALLEST_BLOCK
        if too_few or (is_output and not dense.all()):
            dense = np.zeros_like(dense)
        orders.append(
            (
                np.flatnonzero(dense),
                np.flatnonzero(varies & ~dense),
                np.flatnonzero(above & ~varies),
            )
        )
    return orders


def _dense_rows(mask: np.ndarray) -> np.ndarray:
    rows: np.ndarray = mask.sum(axis=1) > DENSE_FROM * mask.shape[1]
    return rows


def _links(by: np.ndarray, other: np.ndarray, at: np.ndarray, count: int) -> Links:
    order = np.argsort(by, kind="stable")
    ends = np.cumsum(np.bincount(by, minlength=count))
    return Links(np.zeros(1, np.int64), np.concatenate([[0], ends]), other[order], at[order])


def _joined(parts: Sequence[Links]) -> Links:
    offsets = _starts([part.other.size for part in parts])
    return Links(
        start=_starts([part.ptr.size for part in parts]),
        ptr=np.concatenate(
            [part.ptr + offset for part, offset in zip(parts, offsets[:-1], strict=True)]
        ),
        other=np.concatenate([part.other for part in parts]),
        at=np.concatenate([part.at for part in parts]),
    )


def _starts(sizes: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return where each of consecutive runs of these sizes begins, and where the last one ends."""
    return np.array(list(itertools.accumulate(sizes, initial=0)), dtype=np.int64)


def responses(network: Network, units: Sequence[np.ndarray], sigma: float) -> Responses:
    """Return how these units of each layer, from the input to the output, respond."""
    # Inputs and outputs have an entry so that places agree; nothing reads it.
    modulation = network.modulation

    def each(values: Callable[[int, int], np.ndarray]) -> np.ndarray:
        found = [
            values(layer, count)[units[layer + 1]]
            for layer, count in enumerate(network.sizes[1:-1])
        ]
        ends = [np.zeros(units[end].size, found[0].dtype) for end in (0, -1)]
        return np.concatenate([ends[0], *found, ends[1]])

    return Responses(
        is_tanh=each(modulation.is_tanh),
        factor=each(modulation.factors),
        inhibition=each(modulation.inhibitions),
        sigma=np.float32(sigma),
    )
