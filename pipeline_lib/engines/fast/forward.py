"""The forward pass of a mini-batch on a compacted network.

Activity has one row per unit and one column per sample, so that every loop runs along samples.
"""

from typing import NamedTuple

import numpy as np

from pipeline_lib.engines.fast.activation import (
    Response,
    Responses,
    respond,
    respond_once,
    response_of,
)
from pipeline_lib.engines.fast.compaction import Plan
from pipeline_lib.engines.fast.compiled import compiled
from pipeline_lib.engines.fast.noise import fill_normal
from pipeline_lib.engines.fast.products import add_products, rows_of


class Buffers(NamedTuple):
    """Buffers for one mini-batch, float32 vectors. Their content changes during a step:

    |                 | after the forward pass                 | after the backward pass        |
    |-----------------|----------------------------------------|--------------------------------|
    | `activity`      | activity of units with a row; logits   | the same; the logits' gradient |
    | `slope`         | derivative of activity by              | gradient by pre-activation     |
    |                 | pre-activation, of the same units      |                                |
    | `flat_activity` | activity of flat units, without noise  | their gradient, summed         |
    | `flat_slope`    | their slope                            | the same                       |
    | `gradient`      |                                        | gradient by each parameter     |
    | `work`          | anything                               | anything                       |
    """

    activity: np.ndarray
    slope: np.ndarray
    flat_activity: np.ndarray
    flat_slope: np.ndarray
    gradient: np.ndarray
    work: np.ndarray


def buffers(plan: Plan, parameters: int, batch: int) -> Buffers:
    """Return buffers for mini-batches of at most `batch` samples."""
    rows, flat = int(plan.row_start[-1]), int(plan.flat_start[-1])
    # This holds the gradient by a layer's activity, or the noise of a whole layer.
    work = int(plan.width.max())
    return Buffers(
        activity=aligned(rows * batch),
        slope=aligned(rows * batch),
        flat_activity=aligned(flat),
        flat_slope=aligned(flat),
        gradient=aligned(parameters),
        work=aligned(work * batch),
    )


def aligned(count: int) -> np.ndarray:
    """Return zeros, float32, from the start of a cache line on.

    Loads of 512-bit vectors that straddle two lines would take twice as long.
    """
    line = 64
    memory = np.zeros(count * 4 + line, np.uint8)
    start = -memory.ctypes.data % line
    return memory[start : start + count * 4].view(np.float32)


@compiled
def forward(
    plan: Plan,
    theta: np.ndarray,
    responses: Responses,
    lanes: np.ndarray,
    whole_layers: bool,
    batch: int,
    room: Buffers,
) -> None:
    """Fill in activity and slopes of all layers above the input, whose rows are given.

    With `whole_layers`, noise is drawn for every unit of the network, including dropped ones, so
    that all networks of the same shape get the same noise.
    """
    last = plan.full.size - 1
    for layer in range(last):
        above = layer + 1
        n_full, n_flat, n_dense = plan.full[above], plan.flat[above], plan.dense[above]
        source = rows_of(room.activity, plan.row_start[layer], plan.rows[layer], batch)
        target = rows_of(room.activity, plan.row_start[above], plan.rows[above], batch)
        slopes = rows_of(room.slope, plan.row_start[above], plan.rows[above], batch)
        hidden = above < last
        # A hidden unit's slope takes the place of its pre-activation.
        levels = slopes[:n_full] if hidden else target
        constant = np.empty(n_full + n_flat, np.float32)
        _constants(plan, layer, theta, room.flat_activity, constant)
        if n_dense:
            _dense_products(plan, layer, theta, source, levels[:n_dense])
        for unit in range(n_full):
            for s in range(batch):
                dense_product = levels[unit, s] if unit < n_dense else np.float32(0)
                levels[unit, s] = constant[unit] + dense_product
        ptr = plan.inward.ptr[plan.inward.start[layer] :]
        add_products(theta, plan.inward, ptr, n_dense, source, levels)
        if not hidden:
            break
        if responses.sigma > 0:
            _draw_noise(plan, above, responses.sigma, lanes, whole_layers, target, room.work)
        respond(levels, responses, plan.unit_start[above], target)
        for unit in range(n_full, n_full + n_flat):
            response = response_of(responses, plan.unit_start[above] + unit)
            value, slope = respond_once(constant[unit], response)
            at = plan.flat_start[above] + unit - n_full
            room.flat_activity[at], room.flat_slope[at] = value, slope
            if plan.noisy:
                _flat_row(value, response, target[unit])


@compiled
def _constants(
    plan: Plan, layer: int, theta: np.ndarray, flat_activity: np.ndarray, out: np.ndarray
) -> None:
    # What is the same for all samples: the bias and, unless it has noise, input from flat units.
    at = plan.bias[layer]
    out[:] = theta[at : at + out.size]
    if plan.noisy:
        return
    count, at = plan.flat[layer], plan.flat_block[layer]
    numbers = flat_activity[plan.flat_start[layer] :][:count]
    for unit in range(plan.dense[layer + 1]):
        for j in range(count):
            out[unit] += theta[at + unit * count + j] * numbers[j]
    links = plan.from_flat
    ptr = links.ptr[links.start[layer] :]
    for unit in range(out.size):
        for e in range(ptr[unit], ptr[unit + 1]):
            out[unit] += theta[links.at[e]] * numbers[links.other[e]]


@compiled
def _dense_products(
    plan: Plan, layer: int, theta: np.ndarray, source: np.ndarray, sums: np.ndarray
) -> None:
    dense, full, flat = plan.dense[layer + 1], plan.full[layer], plan.flat[layer]
    at = plan.block[layer]
    np.dot(theta[at : at + dense * full].reshape((dense, full)), source[:full], sums)
    if flat and plan.noisy:
        at = plan.flat_block[layer]
        sums += np.dot(theta[at : at + dense * flat].reshape((dense, flat)), source[full:])


@compiled
def _flat_row(value: np.float32, response: Response, out: np.ndarray) -> None:
    if response.sigma > 0:
        for s in range(out.size):
            out[s] = out[s] * response.factor + value
    else:
        out[:] = value


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
