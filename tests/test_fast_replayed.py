"""The fast engine's noisy training and measurements, repeated in float64 with the same noise.

Also networks of odd shapes: everything that a study may ask for and that pruning may leave.
"""

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
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.task import Points, standard_points, training_points
from tests.conftest import CENTRES, modulated
from tests.test_fast_engine import (
    MODULATIONS,
    NETWORKS,
    acted_on,
    dense_network,
    in_float64,
    is_acted_on,
    parameters,
)


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
    monkeypatch.setattr(plain, "shuffled", lambda n, _: torch.from_numpy(orders.permutation(n)))
    return plain.fit(*in_float64(network, points), generator=torch.Generator(), **options)


@pytest.mark.parametrize(
    ("noise", "input_noise"),
    [((0.5, 0.0), (0, 0)), ((0.0, 0.6), (0.7, 0.0)), ((0.4, 0.4), (0, 0)), ((0, 0), (0.0, 1.0))],
)
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_noisy_training_is_exact_training_under_the_noise_that_was_drawn(
    modulation, kind, noise, input_noise, monkeypatch
):
    points = training_points(1, centres=CENTRES, sd=0.8, train=300)
    network = modulated(NETWORKS[kind]([2, 40, 36, 24, 4]), modulation)
    options = {"epochs": 4, "lr": 1e-3, "batch_size": 128, "noise": noise}
    options["input_noise"] = input_noise
    generator = fast.generator(3, "x")
    lanes, orders = generator.lanes.copy(), np.random.default_rng(7)
    found, history = fast.fit(
        network, points, generator=generator._replace(orders=np.random.default_rng(7)), **options
    )
    exact, expected = replayed_fit(network, points, monkeypatch, lanes, orders, **options)
    assert np.array_equal(lanes, generator.lanes)  # neither drew more than the other
    assert np.allclose([e.loss for e in history], [e.loss for e in expected], rtol=1e-4)
    assert [e.noise for e in history] == [e.noise for e in expected]
    error = parameters(found) - parameters(exact)
    assert np.abs(parameters(exact) - parameters(network)).max() > 0.005
    assert np.sqrt(np.mean(error**2)) < 2e-5  # 0.02 learning rates, for a ReLU's jumps


def exact_count(network, points, input_noise, internal_noise, lanes, internal_bias=0.0):
    """Count in float64, with every unit's noise drawn as the fast engine draws it."""
    correct = 0
    for start in range(0, len(points), fast.TEST_BATCH):
        x = points.x[start : start + fast.TEST_BATCH].T.astype(np.float64)
        batch = x.shape[1]
        if input_noise > 0:
            x = x + drawn(lanes, len(x), batch, input_noise)
        hidden = x
        for layer, (weight, bias) in enumerate(
            zip(network.weights[:-1], network.biases[:-1], strict=True)
        ):
            level = weight.astype(np.float64) @ hidden + bias[:, None]
            acts = is_acted_on(network.modulation, layer, len(bias))[:, None]
            tanh = acts & (network.modulation.activation == "tanh")
            hidden = np.where(tanh, np.tanh(level), np.maximum(level, 0))
            if internal_noise > 0:
                hidden = hidden + drawn(lanes, len(bias), batch, internal_noise)
            mean = internal_bias * (1 - network.modulation.bias_damping)
            changed = acted_on(hidden + mean, network.modulation)
            hidden = np.where(acts, changed, hidden + internal_bias)
        logits = network.weights[-1].astype(np.float64) @ hidden + network.biases[-1][:, None]
        correct += int((logits.argmax(axis=0) == points.labels[start : start + batch]).sum())
    return correct


@pytest.mark.parametrize(("input_noise", "internal_noise"), [(1.0, 0.5), (0.0, 1.5), (0.7, 0.0)])
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_each_unit_gets_the_same_noise_in_every_network(
    modulation, kind, input_noise, internal_noise
):
    points = training_points(1, centres=CENTRES, sd=0.8, train=300)
    network = modulated(NETWORKS[kind]([2, 40, 36, 24, 4]), modulation)
    noise = {"input_noise": input_noise, "internal_noise": internal_noise}
    generator = fast.generator(3, "m")
    expected = exact_count(network, points, lanes=generator.lanes.copy(), **noise)
    found = fast.count_correct(network, points, generator=generator, **noise)
    assert abs(found - expected) <= 1  # a point on the boundary may fall on either side


@pytest.mark.parametrize("internal_noise", [1.0, 0.0])
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_biased_noise_has_its_mean_in_every_hidden_unit(modulation, kind, internal_noise):
    points = training_points(1, centres=CENTRES, sd=0.8, train=300)
    network = modulated(NETWORKS[kind]([2, 40, 36, 24, 4]), modulation)
    noise = {"input_noise": 0.0, "internal_noise": internal_noise, "internal_bias": 0.4}
    generator = fast.generator(3, "m")
    expected = exact_count(network, points, lanes=generator.lanes.copy(), **noise)
    found = fast.count_correct(network, points, generator=generator, **noise)
    assert abs(found - expected) <= 1
    if kind == "dense":  # where it changes decisions; in an emptier network it need not
        quiet = noise | {"internal_bias": 0.0}
        assert (
            fast.count_correct(network, points, generator=fast.generator(3, "m"), **quiet) != found
        )
    if internal_noise == 0:
        quiet = plain.count_correct(network, points, generator=plain.generator(0), **noise)
        assert abs(found - quiet) <= 1


def test_both_engines_draw_biased_noise_from_the_same_distribution(network):
    points = standard_points(0, centres=CENTRES, sd=0.8, test=20_000)
    noise = {"input_noise": 0.0, "internal_noise": 1.0, "internal_bias": 0.5}
    a, b = (
        engine.count_correct(network, points, generator=engine.generator(0, "m"), **noise)
        for engine in (fast, plain)
    )
    # Two counts of 20 000 draws: within five standard errors of their difference.
    share = (a + b) / 40_000
    assert abs(a - b) / 20_000 < 5 * np.sqrt(2 * share * (1 - share) / 20_000)


@pytest.mark.parametrize("noise", [(0.0, 0.0), (0.5, 0.0)])
@pytest.mark.parametrize("kind", NETWORKS)
def test_a_rising_gain_is_the_same_on_both_engines(kind, noise, monkeypatch):
    points = training_points(1, centres=CENTRES, sd=0.8, train=300)
    network = NETWORKS[kind]([2, 40, 36, 24, 4])
    options = {"epochs": 4, "lr": 1e-3, "batch_size": 128, "noise": noise, "gain": (1.0, 1.6)}
    generator = fast.generator(3, "x")
    lanes, orders = generator.lanes.copy(), np.random.default_rng(7)
    found, history = fast.fit(
        network, points, generator=generator._replace(orders=np.random.default_rng(7)), **options
    )
    exact, expected = replayed_fit(network, points, monkeypatch, lanes, orders, **options)
    assert found.modulation == exact.modulation == Modulation(gain=1.6)
    assert np.allclose([e.loss for e in history], [e.loss for e in expected], rtol=1e-4)
    assert np.sqrt(np.mean((parameters(found) - parameters(exact)) ** 2)) < 2e-5
    flat, _ = fast.fit(
        network,
        points,
        generator=generator._replace(orders=np.random.default_rng(7)),
        **(options | {"gain": None}),
    )
    assert np.abs(parameters(flat) - parameters(found)).max() > 1e-4


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
    options = {
        "epochs": 2, "lr": 1e-4, "batch_size": int(rng.choice([1, 7, 64, 500])), "noise": noise,
    }  # fmt: skip
    generator = fast.generator(seed, "x")
    lanes, orders = generator.lanes.copy(), np.random.default_rng(seed)
    found, history = fast.fit(
        network, points, generator=generator._replace(orders=np.random.default_rng(seed)), **options
    )
    exact, expected = replayed_fit(network, points, monkeypatch, lanes, orders, **options)
    assert np.allclose([e.loss for e in history], [e.loss for e in expected], rtol=1e-3)
    steps = options["epochs"] * -(-count // options["batch_size"])
    error = np.sqrt(np.mean((parameters(found) - parameters(exact)) ** 2))
    assert error < 0.02 * 1e-4 * steps**0.5 + 1e-6
    for weight, mask in zip(found.weights, found.masks, strict=True):
        assert not weight[~mask].any()
    conditions = {"input_noise": 0.5, "internal_noise": noise[0]}
    generator = fast.generator(seed, "m")
    right = exact_count(network, points, lanes=generator.lanes.copy(), **conditions)
    found_right = fast.count_correct(network, points, generator=generator, **conditions)
    assert abs(found_right - right) <= 1


def test_classes_keep_their_order_when_some_outputs_are_dense_and_others_sparse():
    network = prune(dense_network([2, 128, 128, 64, 20]), 0.56)
    rng = np.random.default_rng(0)
    points = Points(rng.normal(0, 3, (2000, 2)).astype(np.float32), rng.integers(0, 20, 2000))
    assert (compact(network, noisy=False).units[-1] == np.arange(20)).all()
    quiet = {"input_noise": 0.0, "internal_noise": 0.0}
    assert fast.count_correct(
        network, points, generator=fast.generator(0, "m"), **quiet
    ) == plain.count_correct(network, points, generator=plain.generator(0, "m"), **quiet)
