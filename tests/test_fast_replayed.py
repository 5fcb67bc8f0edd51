"""The fast engine's noisy training and measurements, repeated in float64 with the same noise.

Also networks of odd shapes: everything that a study may ask for and that pruning may leave.
"""

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pipeline_lib.engines import fast, plain
from pipeline_lib.engines.fast.compaction import compact
from pipeline_lib.engines.fast.noise import fill_normal
from pipeline_lib.model.network import Modulation, Network, dense
from pipeline_lib.model.task import Points, training_points
from tests.conftest import CENTRES, modulated
from tests.test_fast_engine import (
    MODULATIONS,
    NETWORKS,
    in_float64,
    parameters,
    shuffle_by,
)

POINTS = training_points(1, centres=CENTRES, sd=0.8, train=300)
TRAINING = {"epochs": 4, "lr": 1e-3, "batch_size": 128}


def is_acted_on(modulation, layer, count):
    """Tell for each unit of a hidden layer whether the modulation acts on it, (count,) bool."""
    acts = np.full(count, modulation.units is None)
    acts[[] if modulation.units is None else list(modulation.units[layer])] = True
    return acts


def acted_on(hidden, modulation):
    """The activity of modulated units, from the definition."""
    gain = min(modulation.gain, modulation.gain_cap or np.inf)
    return hidden * (modulation.damping * gain) - modulation.inhibition


def exact_logits(weights, biases, modulation, x, noise, bias=0.0):
    """The output in float64, from the definition; `noise` gives each hidden layer's, in order."""
    hidden = x
    for layer, (weight, shift) in enumerate(zip(weights[:-1], biases[:-1], strict=True)):
        level = weight @ hidden + shift[:, None]
        acts = is_acted_on(modulation, layer, len(shift))[:, None]
        tanh = acts & (modulation.activation == "tanh")
        value = np.where(tanh, np.tanh(level), np.maximum(level, 0)) + noise(layer)
        damped = value + bias * (1 - modulation.bias_damping)
        hidden = np.where(acts, acted_on(damped, modulation), value + bias)
    return weights[-1] @ hidden + biases[-1][:, None]


def drawn(lanes, rows, batch, sd):
    values = np.empty(rows * batch, np.float32)
    fill_normal(lanes, values, np.float32(sd))
    return values.reshape(rows, batch).astype(np.float64)


def replayed_fit(network, points, monkeypatch, lanes, orders, **options):
    """Train in float64 by the plain engine, with the orders and the noise of the fast one."""
    part = compact(network, noisy=max(options["noise"]) > 0)

    def forward(x, weights, biases, modulation, sigma, generator):
        hidden = x
        last = len(weights) - 1
        for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            level = F.linear(hidden, weight, bias)
            if layer == last:
                return level
            acts = torch.from_numpy(is_acted_on(modulation, layer, len(bias)))
            tanh = acts & (modulation.activation == "tanh")
            hidden = torch.where(tanh, torch.tanh(level), torch.relu(level))
            if sigma > 0:
                units = part.units[layer + 1]
                noise = np.zeros((len(x), len(bias)))
                noise[:, units] = drawn(lanes, units.size, len(x), sigma).T
                hidden = hidden + torch.from_numpy(noise)
            hidden = torch.where(acts, acted_on(hidden, modulation), hidden)

    def perturbed(x, sd, generator):
        noise = np.zeros(x.shape)
        if sd > 0:
            noise[:, part.units[0]] = drawn(lanes, part.units[0].size, len(x), sd).T
        return x + torch.from_numpy(noise)

    monkeypatch.setattr(plain, "forward", forward)
    monkeypatch.setattr(plain, "perturbed", perturbed)
    shuffle_by(orders, monkeypatch)
    return plain.fit(*in_float64(network, points), generator=torch.Generator(), **options)


def fit_and_replay(network, points, monkeypatch, seed, **options):
    """Train on the fast engine and again in float64; the order and the noise are the same."""
    generator, orders = fast.generator(seed, "x"), np.random.default_rng(seed)
    lanes = generator.lanes.copy()
    found, history = fast.fit(
        network, points, generator=generator._replace(orders=copy.deepcopy(orders)), **options
    )
    exact, expected = replayed_fit(network, points, monkeypatch, lanes, orders, **options)
    assert np.array_equal(lanes, generator.lanes)  # neither drew more than the other
    assert np.allclose([e.loss for e in history], [e.loss for e in expected], rtol=1e-3)
    assert [e.noise for e in history] == [e.noise for e in expected]
    assert found.modulation == exact.modulation
    error = np.sqrt(np.mean((parameters(found) - parameters(exact)) ** 2))
    return found, error


@pytest.mark.parametrize(
    "options",
    [
        {"noise": (0.5, 0.0)},
        {"noise": (0.0, 0.6), "input_noise": (0.7, 0.0)},
        {"noise": (0.4, 0.4)},
        {"noise": (0.0, 0.0), "input_noise": (0.0, 1.0)},
    ],
)
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_noisy_training_is_exact_training_under_the_noise_that_was_drawn(
    modulation, kind, options, monkeypatch
):
    network = modulated(NETWORKS[kind]([2, 40, 36, 24, 4]), modulation)
    found, error = fit_and_replay(network, POINTS, monkeypatch, 3, **TRAINING, **options)
    assert np.abs(parameters(found) - parameters(network)).max() > 0.005
    assert error < 2e-5  # 0.02 learning rates, for a ReLU's jumps


@pytest.mark.parametrize("noise", [(0.0, 0.0), (0.5, 0.0)])
@pytest.mark.parametrize("kind", NETWORKS)
def test_a_rising_gain_is_the_same_on_both_engines(kind, noise, monkeypatch):
    network = NETWORKS[kind]([2, 40, 36, 24, 4])
    options = TRAINING | {"noise": noise}
    found, error = fit_and_replay(network, POINTS, monkeypatch, 3, **options, gain=(1.0, 1.6))
    assert found.modulation == Modulation(gain=1.6)
    assert error < 2e-5


def exact_count(network, points, input_noise, internal_noise, lanes, internal_bias=0.0):
    """Count in float64, with every unit's noise drawn as the fast engine draws it."""
    (wide, points), correct = in_float64(network, points), 0
    for start in range(0, len(points), fast.TEST_BATCH):
        x = points.x[start : start + fast.TEST_BATCH].T
        batch = x.shape[1]

        def noise(layer, batch=batch, sd=internal_noise):
            return drawn(lanes, network.sizes[layer + 1], batch, sd) if sd > 0 else 0.0

        if input_noise > 0:
            x = x + drawn(lanes, len(x), batch, input_noise)
        logits = exact_logits(
            wide.weights, wide.biases, network.modulation, x, noise, internal_bias
        )
        correct += int((logits.argmax(axis=0) == points.labels[start : start + batch]).sum())
    return correct


@pytest.mark.parametrize(
    "noise",
    [
        *({"input_noise": x, "internal_noise": y} for x, y in ((1.0, 0.5), (0.0, 1.5), (0.7, 0.0))),
        {"input_noise": 0.0, "internal_noise": 1.0, "internal_bias": 0.4},
        {"input_noise": 0.0, "internal_noise": 0.0, "internal_bias": 0.4},
    ],
)
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_each_unit_gets_the_same_noise_and_bias_in_every_network(modulation, kind, noise):
    network = modulated(NETWORKS[kind]([2, 40, 36, 24, 4]), modulation)
    generator = fast.generator(3, "m")
    expected = exact_count(network, POINTS, lanes=generator.lanes.copy(), **noise)
    found = fast.count_correct(network, POINTS, generator=generator, **noise)
    assert abs(found - expected) <= 1  # a point on the boundary may fall on either side
    if max(noise["input_noise"], noise["internal_noise"]) == 0:
        other = plain.count_correct(network, POINTS, generator=plain.generator(0), **noise)
        assert abs(found - other) <= 1


def random_network(rng: np.random.Generator) -> Network:
    """A small network with any of its rows, columns or whole matrices pruned away."""
    sizes = [2, *rng.integers(1, 41, rng.integers(1, 5)), rng.integers(2, 30)]
    weights = [rng.normal(0, 1.5 / np.sqrt(a), (b, a)) for a, b in itertools.pairwise(sizes)]
    biases = [rng.normal(0, 0.3, b) for b in sizes[1:]]
    masks = []
    for weight in weights:
        mask = rng.random(weight.shape) < rng.choice([0.05, 0.3, 0.6, 1.0])
        mask[rng.random(len(mask)) < rng.choice([0.0, 0.3])] = False
        mask[:, rng.random(mask.shape[1]) < rng.choice([0.0, 0.3])] = False
        mask[rng.random(len(mask)) < rng.choice([0.0, 0.5])] = True
        masks.append(mask & (rng.random() > 0.05))
    network = dense(
        [np.where(m, w, 0).astype(np.float32) for w, m in zip(weights, masks, strict=True)],
        [bias.astype(np.float32) for bias in biases],
    )
    modulation = Modulation(
        rng.choice(["relu", "tanh"]),
        float(rng.choice([0.5, 1.0, 1.3])),
        inhibition=float(rng.choice([0.0, 0.2])),
    )
    if rng.random() < 0.5:
        halves = [tuple(np.flatnonzero(rng.random(count) < 0.5)) for count in sizes[1:-1]]
        modulation = replace(modulation, units=tuple(halves))
    return modulated(replace(network, masks=tuple(masks)), modulation)


@pytest.mark.parametrize("seed", range(15))
def test_training_and_measurement_of_any_network_match_the_plain_engine(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    network = random_network(rng)
    count = int(rng.integers(1, 200))
    points = Points(
        rng.normal(0, 2, (count, 2)).astype(np.float32),
        rng.integers(0, network.sizes[-1], count),
    )
    noise = [(0.0, 0.0), (0.3, 0.0), (0.0, 0.5)][seed % 3]
    batch_size = int(rng.choice([1, 7, 64, 500]))
    options = {"epochs": 2, "lr": 1e-4, "batch_size": batch_size, "noise": noise}
    found, error = fit_and_replay(network, points, monkeypatch, seed, **options)
    steps = 2 * -(-count // batch_size)
    assert error < 0.02 * 1e-4 * steps**0.5 + 1e-6
    for weight, mask in zip(found.weights, found.masks, strict=True):
        assert not weight[~mask].any()
    conditions = {"input_noise": 0.5, "internal_noise": noise[0]}
    generator = fast.generator(seed, "m")
    right = exact_count(network, points, lanes=generator.lanes.copy(), **conditions)
    found_right = fast.count_correct(network, points, generator=generator, **conditions)
    assert abs(found_right - right) <= 1
