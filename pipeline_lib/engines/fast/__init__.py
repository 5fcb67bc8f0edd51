"""The fast engine: the plain engine's mathematics on surviving weights only, compiled.

It uses different random generators, so its networks differ from the plain engine's as much as two
runs of that engine do. With the same batches and no noise both give the same network.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pipeline_lib.engines import no_answer
from pipeline_lib.engines.fast import steps
from pipeline_lib.engines.fast.compaction import compact, responses
from pipeline_lib.engines.fast.denormals import flushed
from pipeline_lib.engines.fast.forward import buffers
from pipeline_lib.engines.fast.gradients import weight_gradients
from pipeline_lib.engines.fast.noise import fill_normal, seeded_lanes
from pipeline_lib.engines.fast.selection import highest
from pipeline_lib.engines.training import Epoch, end_epoch, ramp, trained
from pipeline_lib.model.network import Network
from pipeline_lib.model.randomness import numpy_generator
from pipeline_lib.model.task import Points

__all__ = ["count_correct", "fit", "generator", "gradient_magnitudes", "highest", "normal"]

TEST_BATCH = 128  # points; the activity of this many stays in the second-level cache


class Generator(NamedTuple):
    """A generator for the orders of points, and the state of the lanes for noise."""

    orders: np.random.Generator
    lanes: np.ndarray


def generator(seed: int, *purpose: str | int | float) -> Generator:
    """See `Engine.generator`."""
    orders = numpy_generator(seed, *purpose)
    return Generator(orders, seeded_lanes(orders))


def normal(count: int, sd: float, generator: Generator) -> np.ndarray:
    """See `Engine.normal`."""
    out = np.empty(count, np.float32)
    fill_normal(generator.lanes, out, np.float32(sd))
    return out


def fit(
    network: Network,
    points: Points,
    *,
    epochs: int,
    lr: float,
    batch_size: int,
    noise: tuple[float, float],
    input_noise: tuple[float, float] = (0.0, 0.0),
    gain: tuple[float, float] | None = None,
    stop: int | None = None,
    generator: Generator,
) -> tuple[Network, list[Epoch]]:
    """See `Engine.fit`."""
    part = compact(network, noisy=max(noise) > 0)
    theta = part.parameters.copy()
    state = steps.Trained(theta, part.survives, np.zeros_like(theta), np.zeros_like(theta))
    room = buffers(part.plan, theta.size, min(batch_size, len(points)))
    x, labels = _arrays(points)
    per_epoch = -(-len(points) // batch_size)
    history = []
    with flushed():
        for epoch in range(stop or epochs):
            sigma = ramp(epoch, epochs, noise)
            if gain:
                modulation = replace(network.modulation, gain=ramp(epoch, epochs, gain))
                network = replace(network, modulation=modulation)
            total = steps.epoch(
                part.plan,
                state,
                epoch * per_epoch,
                x,
                labels,
                generator.orders.permutation(len(points)),
                batch_size,
                lr,
                np.float32(ramp(epoch, epochs, input_noise)),
                responses(network, part.units, sigma),
                generator.lanes,
                room,
            )
            history.append(Epoch(epoch, sigma, total / len(points)))
            end_epoch(history[-1], epochs, lr)
    return trained(part.restored(network, theta), lr), history


def gradient_magnitudes(
    network: Network, points: Points, *, batches: int, batch_size: int, generator: Generator
) -> tuple[np.ndarray, ...]:
    """See `Engine.gradient_magnitudes`."""
    order = generator.orders.permutation(len(points))
    sums = [np.zeros_like(weight) for weight in network.weights]
    for start in range(0, len(points), batch_size)[:batches]:
        batch = order[start : start + batch_size]
        gradients = weight_gradients(network, points.x[batch], points.labels[batch])
        for total, gradient in zip(sums, gradients, strict=True):
            total += np.abs(gradient)
    return tuple(sums)


def count_correct(
    network: Network,
    points: Points,
    *,
    input_noise: float,
    internal_noise: float,
    internal_bias: float = 0.0,
    generator: Generator,
) -> int:
    """See `Engine.count_correct`."""
    if internal_bias != 0:
        network = _with_biased_noise(network, internal_bias)
    part = compact(network, noisy=internal_noise > 0)
    x, labels = _arrays(points)
    correct = steps.count_correct(
        part.plan,
        part.parameters,
        x,
        labels,
        TEST_BATCH,
        np.float32(input_noise),
        responses(network, part.units, internal_noise),
        generator.lanes,
        buffers(part.plan, 0, TEST_BATCH),
    )
    if correct < 0:
        raise no_answer(input_noise, internal_noise, internal_bias)
    return int(correct)


def _with_biased_noise(network: Network, mean: float) -> Network:
    """Return the network with biases that have the effect of this mean noise in hidden layers."""
    modulation = network.modulation
    added = mean * (1 - modulation.bias_damping) * modulation.factor
    biases = [network.biases[0]]
    for layer, (weight, bias) in enumerate(
        zip(network.weights[1:], network.biases[1:], strict=True)
    ):
        acts = modulation.acts_on(layer, weight.shape[1])
        rest = weight[:, ~acts].sum(axis=1, dtype=np.float64)
        total = weight.sum(axis=1, dtype=np.float64)
        biases.append((bias + added * (total - rest) + mean * rest).astype(bias.dtype))
    return replace(network, biases=tuple(biases))


def _arrays(points: Points) -> tuple[np.ndarray, np.ndarray]:
    # Contiguous, writable copies always have the one type for which the kernels are compiled.
    return np.array(points.x.T, np.float32, order="C"), np.array(points.labels, np.int64)
