"""An epoch, and a pass over test points, on a compacted network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline_lib.engines.fast.compaction import Plan
from pipeline_lib.engines.fast.compiled import compiled
from pipeline_lib.engines.fast.kernels import (
    adam,
    backward,
    cross_entropy,
    forward,
    rows_of,
)
from pipeline_lib.engines.fast.noise import fill_normal


class Buffers(NamedTuple):
    """Room for one mini-batch; all float32 vectors."""

    activity: np.ndarray
    slope: np.ndarray
    flat_activity: np.ndarray
    flat_slope: np.ndarray
    gradient: np.ndarray
    work: np.ndarray


class Adam(NamedTuple):
    """Adam's running means of gradients and of their squares, (parameters,) float32."""

    mean: np.ndarray
    square: np.ndarray


def buffers(plan: Plan, parameters: int, batch: int) -> Buffers:
    """Return room for mini-batches of `batch` samples at the most."""

    def room(count: int) -> np.ndarray:
        return np.zeros(count, np.float32)

    rows, flat = int(plan.row_start[-1]), int(plan.flat_start[-1])
    work = int(plan.full.max() + plan.width.max()) + 1
    return Buffers(
        activity=room(rows * batch),
        slope=room(rows * batch),
        flat_activity=room(flat),
        flat_slope=room(flat),
        gradient=room(parameters),
        work=room(work * batch),
    )


@compiled
def epoch(
    plan: Plan,
    noisy: bool,
    theta: np.ndarray,
    survives: np.ndarray,
    state: Adam,
    steps: int,
    x: np.ndarray,
    labels: np.ndarray,
    order: np.ndarray,
    batch_size: int,
    lr: float,
    is_tanh: bool,
    damping: np.float32,
    sigma: np.float32,
    lanes: np.ndarray,
    room: Buffers,
) -> float:
    """Train for one epoch after `steps` steps of Adam; return the sum of the samples' losses.

    `x` is (features, points) float32 and `order` the order of the points.
    """
    total = 0.0
    last = plan.full.size - 1
    truth = np.empty(batch_size, np.int64)
    for start in range(0, order.size, batch_size):
        points = order[start : start + batch_size]
        batch = points.size
        inputs = rows_of(room.activity, 0, plan.rows[0], batch)
        for feature in range(plan.rows[0]):
            values = x[plan.units[feature]]
            for s in range(batch):
                inputs[feature, s] = values[points[s]]
        for s in range(batch):
            truth[s] = labels[points[s]]
        forward(
            plan, noisy, theta, is_tanh, damping, sigma, lanes, False, batch,
            room.activity, room.slope, room.flat_activity, room.flat_slope, room.work,
        )  # fmt: skip
        logits = rows_of(room.activity, plan.row_start[last], plan.rows[last], batch)
        total += cross_entropy(logits, truth)
        backward(
            plan, noisy, theta, batch,
            room.activity, room.slope, room.flat_activity, room.flat_slope,
            room.gradient, room.work,
        )  # fmt: skip
        steps += 1
        adam(theta, room.gradient, survives, state.mean, state.square, steps, lr)
    return total


@compiled
def correct(
    plan: Plan,
    noisy: bool,
    theta: np.ndarray,
    x: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    input_noise: np.float32,
    is_tanh: bool,
    damping: np.float32,
    sigma: np.float32,
    lanes: np.ndarray,
    room: Buffers,
) -> int:
    """Return how many points are classified correctly; `x` is (features, points)."""
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
        forward(
            plan, noisy, theta, is_tanh, damping, sigma, lanes, True, batch,
            room.activity, room.slope, room.flat_activity, room.flat_slope, room.work,
        )  # fmt: skip
        logits = rows_of(room.activity, plan.row_start[last], plan.rows[last], batch)
        for s in range(batch):
            best = 0
            for k in range(1, logits.shape[0]):
                if logits[k, s] > logits[best, s]:
                    best = k
            count += best == labels[start + s]
    return count
