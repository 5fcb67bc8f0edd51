"""The fast engine against the plain one, which repeats it in float64 with the same noise.

Also networks of odd shapes: everything that a study may ask for and that pruning may leave.
"""

import itertools
import platform
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pipeline_lib.engines import fast, plain
from pipeline_lib.engines.fast.activation import Response, respond_once, tanh
from pipeline_lib.engines.fast.compaction import compact
from pipeline_lib.engines.fast.denormals import flushed
from pipeline_lib.engines.fast.noise import fill_normal
from pipeline_lib.errors import PipelineError
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Modulation, Network, dense
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import torch_generator
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.model.task import Points, clouds
from tests.conftest import CENTRES, modulated, same_bytes

HALF = ((0, 2, 3, 7, 9, 15), (1, 5, 8, 11), tuple(range(16)), ())
MODULATIONS = [
    Modulation("relu", 1.0),
    Modulation("relu", 0.6),
    Modulation("tanh", 0.7),
    Modulation("relu", 0.9, gain=1.25),
    Modulation("tanh", 0.7, units=HALF),
    Modulation("relu", 0.9, 1.25, inhibition=0.15, gain_cap=1.05, bias_damping=0.3),
    Modulation("relu", inhibition=0.15, bias_damping=0.3, units=HALF),
]


def dense_network(sizes):
    return initial_network(sizes, "torch", torch_generator(3, "initial weights"))


def regrown_network(sizes):
    """A pruned network in which half of the rows regrew: dense, sparse and flat units."""
    pruned = prune(dense_network(sizes), 0.9)
    rng = np.random.default_rng(0)
    scores = [
        rng.random(weight.shape, dtype=np.float32) + (np.arange(len(weight)) % 2)[:, None]
        for weight in pruned.weights
    ]
    options = {"highest": plain.highest, "draw": lambda n: rng.normal(0, 0.3, n)}
    return regrow(pruned, scores, fraction=0.45, **options)


NETWORKS = {
    "dense": dense_network,
    "50 %": lambda sizes: prune(dense_network(sizes), 0.5),
    "90 %": lambda sizes: prune(dense_network(sizes), 0.9),
    "97 %": lambda sizes: prune(dense_network(sizes), 0.97),
    "regrown": regrown_network,
}


def parameters(network):
    return np.concatenate([p.ravel() for p in (*network.weights, *network.biases)])


def in_float64(network, points):
    wide = replace(
        network,
        weights=tuple(w.astype(np.float64) for w in network.weights),
        biases=tuple(b.astype(np.float64) for b in network.biases),
    )
    return wide, replace(points, x=points.x.astype(np.float64))


def same_orders(monkeypatch, seed):
    """The fast engine's generator of orders, of which the plain engine has the same."""
    ours, theirs = np.random.default_rng(seed), np.random.default_rng(seed)
    monkeypatch.setattr(plain, "shuffled", lambda n, _: torch.from_numpy(theirs.permutation(n)))
    return ours


def follow(monkeypatch, units, lanes):
    """Have the plain engine act by the definition, with the noise that the fast one draws.

    `units` are those of each layer, from the inputs on, that draw noise.
    """

    def noisy(values, layer, sd):
        noise = np.zeros(values.shape)
        if sd > 0:
            drawn = np.empty((len(units[layer]), len(values)), np.float32)
            fill_normal(lanes, drawn.reshape(-1), np.float32(sd))
            noise[:, units[layer]] = drawn.T
        return values + torch.from_numpy(noise)

    def forward(x, weights, biases, modulation, sigma, generator, bias_of_noise=0.0):
        hidden, gain = x, min(modulation.gain, modulation.gain_cap or np.inf)
        mean = bias_of_noise * (1 - modulation.bias_damping)
        for layer, (weight, bias) in enumerate(zip(weights[:-1], biases[:-1], strict=True)):
            level = F.linear(hidden, weight, bias)
            acts = torch.zeros(len(bias), dtype=torch.bool)
            acts[slice(None) if modulation.units is None else list(modulation.units[layer])] = True
            tanh = acts & (modulation.activation == "tanh")
            hidden = torch.where(tanh, torch.tanh(level), torch.relu(level))
            hidden = noisy(hidden, layer + 1, sigma)
            changed = (hidden + mean) * (modulation.damping * gain) - modulation.inhibition
            hidden = torch.where(acts, changed, hidden + bias_of_noise)
        return F.linear(hidden, weights[-1], biases[-1])

    monkeypatch.setattr(plain, "forward", forward)
    monkeypatch.setattr(plain, "perturbed", lambda x, sd, _: noisy(x, 0, sd))
    monkeypatch.setattr(plain, "TEST_BATCH", fast.TEST_BATCH)


def trained_by_both(network, points, monkeypatch, seed, **options):
    """Train on the fast engine, and again in float64 with the orders and the noise that it drew."""
    generator = fast.generator(seed, "x")._replace(orders=same_orders(monkeypatch, seed))
    lanes = generator.lanes.copy()
    found, history = fast.fit(network, points, generator=generator, **options)
    noisy = max(options["noise"]) > 0
    if noisy or "input_noise" in options:
        follow(monkeypatch, compact(network, noisy=noisy).units, lanes)
    wide = in_float64(network, points)
    exact, expected = plain.fit(*wide, generator=torch.Generator(), **options)
    assert np.array_equal(lanes, generator.lanes)  # neither drew more than the other
    assert [e.noise for e in history] == [e.noise for e in expected]
    assert np.allclose([e.loss for e in history], [e.loss for e in expected], rtol=1e-3)
    assert found.modulation == exact.modulation
    return found, exact, np.sqrt(np.mean((parameters(found) - parameters(exact)) ** 2))


def counted_by_both(network, points, monkeypatch, seed, **noise):
    """Count on the fast engine, and again in float64, where every unit has the noise that it drew.

    A point on the boundary may fall on either side.
    """
    generator = fast.generator(seed, "m")
    follow(monkeypatch, [np.arange(count) for count in network.sizes], generator.lanes.copy())
    found = fast.count_correct(network, points, generator=generator, **noise)
    wide = in_float64(network, points)
    assert abs(found - plain.count_correct(*wide, generator=torch.Generator(), **noise)) <= 1
    return found


@pytest.mark.parametrize(
    "options",
    [
        {"noise": (0.0, 0.0), "epochs": 60},
        {"noise": (0.5, 0.0)},
        {"noise": (0.0, 0.6), "input_noise": (0.7, 0.0)},
        {"noise": (0.4, 0.4)},
        {"noise": (0.0, 0.0), "input_noise": (0.0, 1.0)},
        {"noise": (0.0, 0.0), "gain": (1.0, 1.6)},
        {"noise": (0.5, 0.0), "gain": (1.0, 1.6)},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_training_is_exact_training_under_the_noise_that_was_drawn(
    modulation, kind, options, points, monkeypatch
):
    network = modulated(NETWORKS[kind]([2, 40, 36, 24, 4]), modulation)
    options = {"epochs": 4, "lr": 1e-3, "batch_size": 128} | options
    _, exact, error = trained_by_both(network, points, monkeypatch, 3, **options)
    assert np.abs(parameters(exact) - parameters(network)).max() > 0.005
    # A ReLU jumps where rounding puts a pre-activation on the other side of zero: in twelve steps
    # that is less than 0.02 learning rates, in 180 less than 0.2.
    assert error < (2e-5 if options["epochs"] == 4 else 2e-4)


@pytest.mark.parametrize(
    ("input_noise", "internal_noise", "internal_bias"),
    [(1.0, 0.5, 0), (0, 1.5, 0), (0.7, 0, 0), (0, 1.0, 0.4), (0, 0, 0.4), (0, 0, 0)],
)
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_each_unit_gets_the_same_noise_and_its_mean_in_every_network(
    modulation, kind, input_noise, internal_noise, internal_bias, points, monkeypatch
):
    network = modulated(NETWORKS[kind]([2, 40, 36, 24, 4]), modulation)
    noise = {"input_noise": input_noise, "internal_noise": internal_noise}
    noise["internal_bias"] = internal_bias
    theirs = plain.count_correct(network, points, generator=plain.generator(0), **noise)
    found = counted_by_both(network, points, monkeypatch, 3, **noise)
    if input_noise == internal_noise == 0:
        assert abs(found - theirs) <= 1


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
    x, labels = rng.normal(0, 2, (count, 2)), rng.integers(0, network.sizes[-1], count)
    points = Points(x.astype(np.float32), labels)
    noise = [(0.0, 0.0), (0.3, 0.0), (0.0, 0.5)][seed % 3]
    size = int(rng.choice([1, 7, 64, 500]))
    options = {"epochs": 2, "lr": 1e-4, "batch_size": size, "noise": noise}
    found, _, error = trained_by_both(network, points, monkeypatch, seed, **options)
    assert error < 0.02 * 1e-4 * (2 * -(-count // size)) ** 0.5 + 1e-6
    for weight, mask in zip(found.weights, found.masks, strict=True):
        assert not weight[~mask].any()
    counted_by_both(network, points, monkeypatch, seed, input_noise=0.5, internal_noise=noise[0])


def test_classes_keep_their_order_when_some_outputs_are_dense_and_others_sparse():
    network = prune(dense_network([2, 128, 128, 64, 20]), 0.56)
    rng = np.random.default_rng(0)
    points = Points(rng.normal(0, 3, (2000, 2)).astype(np.float32), rng.integers(0, 20, 2000))
    assert (compact(network, noisy=False).units[-1] == np.arange(20)).all()
    quiet = {"input_noise": 0.0, "internal_noise": 0.0}
    assert fast.count_correct(
        network, points, generator=fast.generator(0, "m"), **quiet
    ) == plain.count_correct(network, points, generator=plain.generator(0, "m"), **quiet)


@pytest.mark.parametrize("batches", [1, 2, 99])
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_gradient_magnitudes_of_the_first_batches_equal_the_plain_engines(
    modulation, batches, network, points, monkeypatch
):
    changed, orders = modulated(prune(network, 0.6), modulation), same_orders(monkeypatch, 3)
    options = {"batches": batches, "batch_size": 128}
    generator = fast.generator(3, "g")._replace(orders=orders)
    ours = fast.gradient_magnitudes(changed, points, generator=generator, **options)
    theirs = plain.gradient_magnitudes(changed, points, generator=torch.Generator(), **options)
    for x, y in zip(theirs, ours, strict=True):
        assert np.allclose(x, y, rtol=1e-4, atol=1e-7)
        assert np.array_equal(x == 0, y == 0)


@pytest.mark.parametrize("sparsity", [0.0, 0.5])
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_a_loss_that_is_not_a_number_is_not_hidden(modulation, sparsity, network, points):
    broken = modulated(prune(network, sparsity), modulation)
    broken.masks[0][3, 1] = broken.masks[1][0, 3] = broken.masks[2][0, 0] = True
    broken.weights[0][3, 1] = np.nan
    options = {"epochs": 1, "lr": 1e-3, "batch_size": 128, "noise": (0.0, 0.0)}
    with pytest.raises(PipelineError, match="the loss of epoch 1 of 1 is nan"):
        fast.fit(broken, points, generator=fast.generator(0, "x"), **options)


def test_tanh_is_accurate_everywhere():
    x = np.concatenate([np.linspace(-12, 12, 20001), np.logspace(-12, 0, 200)]).astype(np.float32)
    found = np.array([tanh(value) for value in x])
    assert np.abs(found - np.tanh(x.astype(np.float64))).max() < 3e-7
    small = np.abs(x) < 1e-3
    assert np.allclose(found[small], x[small], rtol=1e-6)
    assert np.isnan(tanh(np.float32(np.nan)))
    response = Response(True, np.float32(1), np.float32(0), np.float32(0))
    for saturated in (9.1, 1e30, np.inf):
        assert respond_once(np.float32(-saturated), response) == (-1, 0)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors keep denormals")
def test_denormals_are_taken_for_0_in_training_alone():
    small, half = np.full(1, 1.2e-38, np.float32), np.float32(0.5)
    with flushed():
        assert small * half == 0
    assert small * half > 0


def test_to_take_denormals_for_0_changes_no_weight(network, monkeypatch):
    certain = clouds("training", 0, centres=CENTRES, sd=0.05, train=300)
    training = {"epochs": 100, "lr": 0.1, "batch_size": 64, "noise": (0.0, 0.0)}

    def trained():
        return fast.fit(network, certain, **training, generator=fast.generator(0, "training"))[0]

    ours = trained()
    gradients = fast.gradient_magnitudes(
        ours, certain, batches=1, batch_size=64, generator=fast.generator(0, "gradients")
    )
    sizes = np.concatenate([gradient.ravel() for gradient in gradients])
    assert np.count_nonzero((sizes > 0) & (sizes < 1e-19)) > 100  # their squares are denormal
    monkeypatch.setattr(fast, "flushed", nullcontext)
    theirs = trained()
    assert same_bytes(ours, theirs)
