"""Forward pass, gradient and Adam on a compacted network, for one mini-batch.

Activity has a row per unit and a column per sample, so that every loop runs along samples.
"""

from __future__ import annotations

import numpy as np

from pipeline_lib.engines.fast.compaction import Links, Plan
from pipeline_lib.engines.fast.compiled import compiled
from pipeline_lib.engines.fast.noise import fill_normal

TANH_LIMIT = np.float32(7.90531110763549805)  # beyond it, tanh is ±1 in float32


@compiled
def rows_of(flat: np.ndarray, first: int, count: int, batch: int) -> np.ndarray:
    """Return `count` rows of `batch` samples from a vector that holds rows one by one."""
    return flat[first * batch : (first + count) * batch].reshape((count, batch))


@compiled
def forward(
    plan: Plan,
    noisy: bool,
    theta: np.ndarray,
    is_tanh: bool,
    damping: np.float32,
    sigma: np.float32,
    lanes: np.ndarray,
    whole_layers: bool,
    batch: int,
    activity: np.ndarray,
    slope: np.ndarray,
    flat_activity: np.ndarray,
    flat_slope: np.ndarray,
    work: np.ndarray,
) -> None:
    """Fill in the activity and slope of all layers above the input, whose rows are given.

    The slope of a hidden unit is the derivative of its activity by its pre-activation. The
    outputs' activity is the logits. With `whole_layers`, noise is drawn for every unit of the
    network, dropped ones included, so that all networks of a shape meet the same noise.
    """
    last = plan.full.size - 1
    for layer in range(last):
        above = layer + 1
        n_full, n_flat, n_dense = plan.full[above], plan.flat[above], plan.dense[above]
        below_full, below_flat = plan.full[layer], plan.flat[layer]
        source = rows_of(activity, plan.row_start[layer], plan.rows[layer], batch)
        target = rows_of(activity, plan.row_start[above], plan.rows[above], batch)
        slopes = rows_of(slope, plan.row_start[above], plan.rows[above], batch)
        numbers = flat_activity[plan.flat_start[layer] : plan.flat_start[above]]
        bias = theta[plan.bias[layer] :]
        sums = rows_of(work, 0, max(n_dense, 1), batch)
        if n_dense:
            at = plan.block[layer]
            block = theta[at : at + n_dense * below_full].reshape((n_dense, below_full))
            np.dot(block, source[:below_full], sums)
            if below_flat and noisy:
                at = plan.flat_block[layer]
                block = theta[at : at + n_dense * below_flat].reshape((n_dense, below_flat))
                sums += np.dot(block, source[below_full:])
        hidden = above < last
        with_noise = hidden and sigma > 0
        if with_noise:
            _draw_noise(plan, above, sigma, lanes, whole_layers, target, work[sums.size :])
        ptr = plan.inward.ptr[plan.inward.start[layer] :]
        flat_ptr = plan.from_flat.ptr[plan.from_flat.start[layer] :]
        for unit in range(n_full + n_flat):
            level = bias[unit]
            row = sums[unit if unit < n_dense else 0]
            if not noisy:
                if unit < n_dense:
                    at = plan.flat_block[layer] + unit * below_flat
                    for j in range(below_flat):
                        level += theta[at + j] * numbers[j]
                for e in range(flat_ptr[unit], flat_ptr[unit + 1]):
                    level += theta[plan.from_flat.at[e]] * numbers[plan.from_flat.other[e]]
            if unit >= n_full:
                at = plan.flat_start[above] + unit - n_full
                value, flat_slope[at] = _activate_one(level, is_tanh, damping)
                flat_activity[at] = value
                if noisy:
                    out = target[unit]
                    if with_noise:
                        for s in range(batch):
                            out[s] = out[s] * damping + value
                    else:
                        out[:] = value
                continue
            if unit < n_dense:
                row += level
            else:
                row[:] = level
                _add_products(theta, plan.inward, ptr[unit], ptr[unit + 1], source, row)
            if hidden:
                _activate(row, is_tanh, damping, with_noise, target[unit], slopes[unit])
            else:
                target[unit, :] = row


@compiled
def _draw_noise(
    plan: Plan,
    layer: int,
    sigma: np.float32,
    lanes: np.ndarray,
    whole_layer: bool,
    target: np.ndarray,
    work: np.ndarray,
) -> None:
    if not whole_layer:
        fill_normal(lanes, target.reshape(target.size), sigma)
        return
    batch = target.shape[1]
    noise = work[: plan.width[layer] * batch]
    fill_normal(lanes, noise, sigma)
    units = plan.units[plan.unit_start[layer] :]
    for row in range(target.shape[0]):
        target[row, :] = noise[units[row] * batch : (units[row] + 1) * batch]


@compiled
def _add_products(
    theta: np.ndarray, links: Links, begin: int, end: int, source: np.ndarray, out: np.ndarray
) -> None:
    # Four weights at a time: `out` is then read and written a quarter as often.
    other, at = links.other, links.at
    n = out.size
    fours = begin + (end - begin) // 4 * 4
    for e in range(begin, fours, 4):
        a, b, c, d = theta[at[e]], theta[at[e + 1]], theta[at[e + 2]], theta[at[e + 3]]
        p, q = source[other[e]], source[other[e + 1]]
        r, t = source[other[e + 2]], source[other[e + 3]]
        for s in range(n):
            out[s] += a * p[s] + b * q[s] + c * r[s] + d * t[s]
    for e in range(fours, end):
        a, p = theta[at[e]], source[other[e]]
        for s in range(n):
            out[s] += a * p[s]


@compiled
def _add_correlations(
    gradient: np.ndarray, links: Links, begin: int, end: int, source: np.ndarray, delta: np.ndarray
) -> None:
    other, at = links.other, links.at
    n = delta.size
    fours = begin + (end - begin) // 4 * 4
    for e in range(begin, fours, 4):
        p, q = source[other[e]], source[other[e + 1]]
        r, t = source[other[e + 2]], source[other[e + 3]]
        a = b = c = d = np.float32(0)
        for s in range(n):
            a += delta[s] * p[s]
            b += delta[s] * q[s]
            c += delta[s] * r[s]
            d += delta[s] * t[s]
        gradient[at[e]], gradient[at[e + 1]] = a, b
        gradient[at[e + 2]], gradient[at[e + 3]] = c, d
    for e in range(fours, end):
        p = source[other[e]]
        a = np.float32(0)
        for s in range(n):
            a += delta[s] * p[s]
        gradient[at[e]] = a


@compiled
def tanh(x: np.float32) -> np.float32:
    """Return tanh of a float32 within a few units in the last place; NaN stays NaN."""
    x = TANH_LIMIT if x > TANH_LIMIT else x
    x = -TANH_LIMIT if x < -TANH_LIMIT else x
    y = x * x
    p = np.float32(-2.76076847742355e-16)
    p = p * y + np.float32(2.00018790482477e-13)
    p = p * y + np.float32(-8.60467152213735e-11)
    p = p * y + np.float32(5.12229709037114e-08)
    p = p * y + np.float32(1.48572235717979e-05)
    p = p * y + np.float32(6.37261928875436e-04)
    p = p * y + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06)
    q = q * y + np.float32(1.18534705686654e-04)
    q = q * y + np.float32(2.26843463243900e-03)
    q = q * y + np.float32(4.89352518554385e-03)
    return x * p / q


@compiled
def _activate_one(
    level: np.float32, is_tanh: bool, damping: np.float32
) -> tuple[np.float32, np.float32]:
    if is_tanh:
        value = tanh(level)
        return value * damping, (np.float32(1) - value * value) * damping
    positive = level > 0
    return (
        np.float32(level * damping if positive or level != level else 0),
        np.float32(damping if positive else 0),
    )


@compiled
def _activate(
    level: np.ndarray,
    is_tanh: bool,
    damping: np.float32,
    with_noise: bool | np.bool,
    out: np.ndarray,
    slope: np.ndarray,
) -> None:
    # `out` holds the noise, if there is any, and takes the activity.
    n = level.size
    zero, one = np.float32(0), np.float32(1)
    if is_tanh:
        for s in range(n):
            value = tanh(level[s])
            level[s] = value
            slope[s] = (one - value * value) * damping
    else:
        for s in range(n):
            z = level[s]
            level[s] = zero if z < zero else z
            slope[s] = damping if z > zero else zero
    if with_noise:
        for s in range(n):
            out[s] = (level[s] + out[s]) * damping
    else:
        for s in range(n):
            out[s] = level[s] * damping


@compiled
def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the sum of the samples' losses; `logits`, (classes, samples), become the gradient
    of the mean loss."""
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
def backward(
    plan: Plan,
    noisy: bool,
    theta: np.ndarray,
    batch: int,
    activity: np.ndarray,
    slope: np.ndarray,
    flat_activity: np.ndarray,
    flat_slope: np.ndarray,
    gradient: np.ndarray,
    work: np.ndarray,
) -> None:
    """Fill in the gradient; the outputs' rows of `activity` hold the logits' gradient.

    Slopes become gradients by pre-activation on the way down.
    """
    last = plan.full.size - 1
    delta = rows_of(activity, plan.row_start[last], plan.rows[last], batch)
    for layer in range(last - 1, -1, -1):
        above = layer + 1
        n_full, n_flat, n_dense = plan.full[above], plan.flat[above], plan.dense[above]
        below_full, below_flat = plan.full[layer], plan.flat[layer]
        source = rows_of(activity, plan.row_start[layer], plan.rows[layer], batch)
        numbers = flat_activity[plan.flat_start[layer] : plan.flat_start[above]]
        # The sum over samples of the gradient by pre-activation is the bias's gradient.
        sums = gradient[plan.bias[layer] : plan.bias[layer] + n_full + n_flat]
        for unit in range(n_full):
            total = np.float32(0)
            for s in range(batch):
                total += delta[unit, s]
            sums[unit] = total
        for unit in range(n_flat):
            # Left there, per flat unit, by the layer above.
            at = plan.flat_start[above] + unit
            sums[n_full + unit] = flat_activity[at]
        if n_dense:
            at = plan.block[layer]
            block = gradient[at : at + n_dense * below_full].reshape((n_dense, below_full))
            np.dot(delta[:n_dense], source[:below_full].T, block)
            at = plan.flat_block[layer]
            if below_flat and noisy:
                block = gradient[at : at + n_dense * below_flat].reshape((n_dense, below_flat))
                np.dot(delta[:n_dense], source[below_full:].T, block)
            elif below_flat:
                for unit in range(n_dense):
                    for j in range(below_flat):
                        gradient[at + unit * below_flat + j] = sums[unit] * numbers[j]
        ptr = plan.inward.ptr[plan.inward.start[layer] :]
        for unit in range(n_dense, n_full):
            begin, end = ptr[unit], ptr[unit + 1]
            _add_correlations(gradient, plan.inward, begin, end, source, delta[unit])
        _flat_gradients(plan, layer, noisy, theta, sums, numbers, gradient, flat_slope)
        if layer == 0:
            return
        slopes = rows_of(slope, plan.row_start[layer], plan.rows[layer], batch)
        inner = rows_of(work, 0, below_full if n_dense else 1, batch)
        if n_dense:
            at = plan.block[layer]
            block = theta[at : at + n_dense * below_full].reshape((n_dense, below_full))
            np.dot(block.T, delta[:n_dense], inner)
        ptr = plan.outward.ptr[plan.outward.start[layer] :]
        for unit in range(below_full):
            row = inner[unit if n_dense else 0]
            if not n_dense:
                row[:] = np.float32(0)
            _add_products(theta, plan.outward, ptr[unit], ptr[unit + 1], delta, row)
            out = slopes[unit]
            for s in range(batch):
                out[s] *= row[s]
        delta = slopes


@compiled
def _flat_gradients(
    plan: Plan,
    layer: int,
    noisy: bool,
    theta: np.ndarray,
    sums: np.ndarray,
    numbers: np.ndarray,
    gradient: np.ndarray,
    flat_slope: np.ndarray,
) -> None:
    # Weights from flat units, whose own gradient, a sum over samples, then replaces `numbers`.
    count = plan.flat[layer]
    links = plan.from_flat
    ptr = links.ptr[links.start[layer] :]
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
            if not noisy:
                gradient[at] = total * numbers[j]
    first = plan.flat_start[layer]
    for j in range(count):
        numbers[j] = back[j] * flat_slope[first + j]


@compiled
def adam(
    theta: np.ndarray,
    gradient: np.ndarray,
    survives: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    step: int,
    lr: float,
) -> None:
    """Take Adam's step number `step`, from 1; pruned weights in dense blocks stay zero."""
    # 1 - β in float32 would be off by 5e-5 of itself.
    beta_2, rest_1, rest_2 = np.float32(0.999), np.float32(0.1), np.float32(0.001)
    epsilon = np.float32(1e-8)
    size = np.float32(lr / (1 - 0.9**step))
    scale = np.float32(1 / np.sqrt(1 - 0.999**step))
    for i in range(theta.size):
        g = gradient[i] * survives[i]
        m = mean[i] + rest_1 * (g - mean[i])
        v = square[i] * beta_2 + rest_2 * g * g
        mean[i], square[i] = m, v
        theta[i] -= size * m / (np.sqrt(v) * scale + epsilon)
