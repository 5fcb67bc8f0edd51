"""An epoch of training, and a pass over test points, on a compacted network."""

from typing import NamedTuple

import numpy as np

from pipeline_lib.engines.fast.activation import Responses
from pipeline_lib.engines.fast.backward import backward, cross_entropy
from pipeline_lib.engines.fast.compaction import Plan
from pipeline_lib.engines.fast.compiled import compiled
from pipeline_lib.engines.fast.forward import Buffers, forward
from pipeline_lib.engines.fast.noise import fill_normal
from pipeline_lib.engines.fast.products import rows_of
from pipeline_lib.engines.training import BETA_1, BETA_2, EPSILON

# 1 - β in float32 would have a relative error of 5e-5.
_REST_1, _REST_2 = np.float32(1 - BETA_1), np.float32(1 - BETA_2)
_BETA_2, _EPSILON = np.float32(BETA_2), np.float32(EPSILON)


class Trained(NamedTuple):
    """The parameters, whether each survives (bool), and Adam's two moments; float32 vectors."""

    theta: np.ndarray
    survives: np.ndarray
    mean: np.ndarray
    square: np.ndarray


@compiled
def epoch(
    plan: Plan,
    trained: Trained,
    steps: int,
    x: np.ndarray,
    labels: np.ndarray,
    order: np.ndarray,
    batch_size: int,
    lr: float,
    input_noise: np.float32,
    responses: Responses,
    lanes: np.ndarray,
    room: Buffers,
) -> float:
    """Train for one epoch after `steps` steps of Adam; return the sum of the samples' losses.

    `x` is (features, points) float32 and `order` the order of the points.
    """
    total = 0.0
    last = plan.full.size - 1
    truth = np.empty(min(batch_size, order.size), np.int64)
    for start in range(0, order.size, batch_size):
        points = order[start : start + batch_size]
        batch = points.size
        inputs = rows_of(room.activity, 0, plan.rows[0], batch)
        if input_noise > 0:
            fill_normal(lanes, inputs.reshape(inputs.size), input_noise)
        else:
            inputs[:] = np.float32(0)
        for row in range(plan.rows[0]):
            values = x[plan.units[row]]
            for s in range(batch):
                inputs[row, s] += values[points[s]]
        for s in range(batch):
            truth[s] = labels[points[s]]
        forward(plan, trained.theta, responses, lanes, False, batch, room)
        logits = rows_of(room.activity, plan.row_start[last], plan.rows[last], batch)
        total += cross_entropy(logits, truth)
        backward(plan, trained.theta, batch, room)
        steps += 1
        _adam(trained, room.gradient, steps, lr)
    return total


@compiled
def _adam(trained: Trained, gradient: np.ndarray, step: int, lr: float) -> None:
    theta, mean, square = trained.theta, trained.mean, trained.square
    size = np.float32(lr / (1 - BETA_1**step))
    scale = np.float32(1 / np.sqrt(1 - BETA_2**step))
    for i in range(theta.size):
        g = gradient[i] if trained.survives[i] else np.float32(0)
        m = mean[i] + _REST_1 * (g - mean[i])
        v = square[i] * _BETA_2 + _REST_2 * g * g
        mean[i], square[i] = m, v
        theta[i] -= size * m / (np.sqrt(v) * scale + _EPSILON)


@compiled
def count_correct(
    plan: Plan,
    theta: np.ndarray,
    x: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    input_noise: np.float32,
    responses: Responses,
    lanes: np.ndarray,
    room: Buffers,
) -> int:
    """Return how many points are classified correctly, -1 if any logit is not finite.

    `x` is (features, points) float32.
    """
    count = 0
    last = plan.full.size - 1
    features = x.shape[0]
    noise = np.zeros(features * batch_size, np.float32)
    for start in range(0, labels.size, batch_size):
        batch = min(batch_size, labels.size - start)
        if input_noise > 0:
            fill_normal(lanes, noise[: features * batch], input_noise)
        inputs = rows_of(room.activity, 0, plan.rows[0], batch)
        for row in range(plan.rows[0]):
            feature = plan.units[row]
            for s in range(batch):
                inputs[row, s] = x[feature, start + s] + noise[feature * batch + s]
        forward(plan, theta, responses, lanes, True, batch, room)
        logits = rows_of(room.activity, plan.row_start[last], plan.rows[last], batch)
        for s in range(batch):
            best = 0
            for k in range(logits.shape[0]):
                if not np.isfinite(logits[k, s]):
                    return -1
                if logits[k, s] > logits[best, s]:
                    best = k
            count += best == labels[start + s]
    return count
