"""The gradient of a mini-batch on a compacted network."""

import numpy as np

from pipeline_lib.engines.fast.compaction import Plan
from pipeline_lib.engines.fast.compiled import compiled
from pipeline_lib.engines.fast.forward import Buffers
from pipeline_lib.engines.fast.products import add_products, correlate, rows_of


@compiled
def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the sum of the samples' losses.

    Replaces `logits`, (classes, samples), by the gradient of the mean loss.
    """
    classes, batch = logits.shape
    total = 0.0
    for s in range(batch):
        top = logits[0, s]
        for k in range(1, classes):
            # Written so that a NaN is kept.
            top = top if top >= logits[k, s] else logits[k, s]
        norm = np.float32(0)
        for k in range(classes):
            norm += np.exp(logits[k, s] - top)
        total += np.log(norm) - (logits[labels[s], s] - top)
        for k in range(classes):
            share = np.exp(logits[k, s] - top) / norm
            logits[k, s] = (share - np.float32(k == labels[s])) / np.float32(batch)
    return total


@compiled
def backward(plan: Plan, theta: np.ndarray, batch: int, room: Buffers) -> None:
    """Fill in the gradient of the mean loss, given the logits' gradient in the logits' rows."""
    last = plan.full.size - 1
    delta = rows_of(room.activity, plan.row_start[last], plan.rows[last], batch)
    for layer in range(last - 1, -1, -1):
        above = layer + 1
        n_full, n_flat, n_dense = plan.full[above], plan.flat[above], plan.dense[above]
        source = rows_of(room.activity, plan.row_start[layer], plan.rows[layer], batch)
        # The gradient of a bias is that of the pre-activation, summed over samples.
        sums = room.gradient[plan.bias[layer] : plan.bias[layer] + n_full + n_flat]
        _sum_rows(delta, sums[:n_full])
        sums[n_full:] = room.flat_activity[plan.flat_start[above] :][:n_flat]
        if n_dense:
            _dense_gradients(plan, layer, delta, source, sums, room)
        ptr = plan.inward.ptr[plan.inward.start[layer] :]
        correlate(room.gradient, plan.inward, ptr, n_dense, source, delta[:n_full])
        _flat_gradients(plan, layer, theta, sums, room)
        if layer > 0:
            slopes = rows_of(room.slope, plan.row_start[layer], plan.rows[layer], batch)
            _pass_down(plan, layer, theta, delta, slopes, room.work)
            delta = slopes


@compiled
def _sum_rows(delta: np.ndarray, sums: np.ndarray) -> None:
    for unit in range(sums.size):
        total = np.float32(0)
        for s in range(delta.shape[1]):
            total += delta[unit, s]
        sums[unit] = total


@compiled
def _dense_gradients(
    plan: Plan,
    layer: int,
    delta: np.ndarray,
    source: np.ndarray,
    sums: np.ndarray,
    room: Buffers,
) -> None:
    dense, full, flat = plan.dense[layer + 1], plan.full[layer], plan.flat[layer]
    at = plan.block[layer]
    block = room.gradient[at : at + dense * full].reshape((dense, full))
    np.dot(delta[:dense], source[:full].T, block)
    at = plan.flat_block[layer]
    if flat and plan.noisy:
        block = room.gradient[at : at + dense * flat].reshape((dense, flat))
        np.dot(delta[:dense], source[full:].T, block)
    elif flat:
        first = plan.flat_start[layer]
        for unit in range(dense):
            for j in range(flat):
                room.gradient[at + unit * flat + j] = sums[unit] * room.flat_activity[first + j]


@compiled
def _flat_gradients(
    plan: Plan, layer: int, theta: np.ndarray, sums: np.ndarray, room: Buffers
) -> None:
    # Gradients of the weights from flat units; the units' gradients then replace their activity.
    count, first, links = plan.flat[layer], plan.flat_start[layer], plan.from_flat
    ptr = links.ptr[links.start[layer] :]
    numbers = room.flat_activity[first : first + count]
    back = np.zeros(count, np.float32)
    for unit in range(plan.dense[layer + 1]):
        at = plan.flat_block[layer] + unit * count
        for j in range(count):
            back[j] += theta[at + j] * sums[unit]
    for unit in range(plan.dense[layer + 1], plan.full[layer + 1] + plan.flat[layer + 1]):
        total = sums[unit]
        for e in range(ptr[unit], ptr[unit + 1]):
            j, at = links.other[e], links.at[e]
            back[j] += theta[at] * total
            if not plan.noisy:
                room.gradient[at] = total * numbers[j]
    for j in range(count):
        numbers[j] = back[j] * room.flat_slope[first + j]


@compiled
def _pass_down(
    plan: Plan,
    layer: int,
    theta: np.ndarray,
    delta: np.ndarray,
    slopes: np.ndarray,
    work: np.ndarray,
) -> None:
    # Multiply the gradient with respect to activity by the slope.
    dense, full, batch = plan.dense[layer + 1], plan.full[layer], delta.shape[1]
    inner = rows_of(work, 0, full, batch)
    if dense:
        at = plan.block[layer]
        np.dot(theta[at : at + dense * full].reshape((dense, full)).T, delta[:dense], inner)
    else:
        inner[:] = np.float32(0)
    add_products(
        theta, plan.outward, plan.outward.ptr[plan.outward.start[layer] :], 0, delta, inner
    )
    for unit in range(full):
        for s in range(batch):
            slopes[unit, s] *= inner[unit, s]
