"""The fast engine against the plain one, and against float64 finite differences."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline_lib.engines import fast, plain
from pipeline_lib.engines.fast.backward import backward, cross_entropy
from pipeline_lib.engines.fast.compaction import compact, responses
from pipeline_lib.engines.fast.forward import buffers, forward
from pipeline_lib.engines.fast.noise import fill_normal
from pipeline_lib.engines.fast.products import rows_of
from pipeline_lib.errors import PipelineError
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Modulation
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import torch_generator
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.model.task import training_points
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
SIZES = {
    "one hidden layer": [2, 40, 4],
    "three": [2, 64, 48, 32, 4],
    "four": [2, 32, 32, 32, 16, 4],
}


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
    return regrow(
        pruned, scores, fraction=0.45, draw=lambda n: rng.normal(0, 0.3, n).astype(np.float32)
    )


NETWORKS = {
    "dense": dense_network,
    "50 %": lambda sizes: prune(dense_network(sizes), 0.5),
    "90 %": lambda sizes: prune(dense_network(sizes), 0.9),
    "97 %": lambda sizes: prune(dense_network(sizes), 0.97),
    "regrown": regrown_network,
}


@pytest.fixture
def many_points():
    """600 points: four batches of 128 and a short one."""
    return training_points(1, centres=CENTRES, sd=0.8, train=600)


def parameters(network):
    return np.concatenate([p.ravel() for p in (*network.weights, *network.biases)])


def in_float64(network, points):
    wide = replace(
        network,
        weights=tuple(w.astype(np.float64) for w in network.weights),
        biases=tuple(b.astype(np.float64) for b in network.biases),
    )
    return wide, replace(points, x=points.x.astype(np.float64))


def fit_in_the_same_order(engine, network, points, monkeypatch, **options):
    orders = np.random.default_rng(7)
    if engine is plain:
        monkeypatch.setattr(plain, "shuffled", lambda n, _: torch.from_numpy(orders.permutation(n)))
        generator = torch.Generator()
    else:
        generator = fast.generator(0, "lanes")._replace(orders=orders)
    return engine.fit(network, points, noise=(0.0, 0.0), generator=generator, **options)


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_after_200_steps_fast_is_as_close_to_exact_arithmetic_as_plain(
    modulation, kind, sizes, many_points, monkeypatch
):
    """Rounding differs between engines and grows as training goes on.

    Training in float64 tells how far: the plain engine's distance from it, in float32, is that
    growth, and the fast engine may be no more than a few times further away. With ReLU the
    growth has jumps: where rounding puts a pre-activation on the other side of zero for one
    sample of 128, a gradient changes by about 1/128 of itself. A few of those in 200 steps move
    the weights by a part of one learning rate, 1e-3 (the plain engine's own largest is 0.2).
    """
    network = modulated(NETWORKS[kind](sizes), modulation)
    options = {"epochs": 40, "lr": 1e-3, "batch_size": 128}

    def fit(engine, network, points):
        return fit_in_the_same_order(engine, network, points, monkeypatch, **options)

    expected, losses = fit(plain, network, many_points)
    found, fast_losses = fit(fast, network, many_points)
    exact, _ = fit(plain, *in_float64(network, many_points))

    moved = np.abs(parameters(exact) - parameters(network)).max()
    assert moved > 0.01
    plain_error = parameters(expected) - parameters(exact)
    fast_error = parameters(found) - parameters(exact)
    growth = 4 * np.sqrt(np.mean(plain_error**2)) + 1e-8
    jumps = 0.2 * 1e-3 if modulation.activation == "relu" else 0.0
    assert np.sqrt(np.mean(fast_error**2)) < max(growth, jumps)
    assert np.allclose([e.loss for e in losses], [e.loss for e in fast_losses], rtol=1e-3)
    for weight, mask in zip(found.weights, found.masks, strict=True):
        assert not weight[~mask].any()


def kernel_gradient(network, x, labels, sigma, lanes):
    """Return the fast engine's gradient of the mean loss, shaped like the network, and loss."""
    part = compact(network, noisy=sigma > 0)
    plan, theta, batch = part.plan, part.parameters, len(labels)
    room = buffers(plan, theta.size, batch)
    room.activity[: plan.rows[0] * batch] = x.T[plan.units[: plan.rows[0]]].ravel()
    forward(plan, theta, responses(network, part.units, sigma), lanes, False, batch, room)
    last = len(plan.full) - 1
    loss = cross_entropy(
        rows_of(room.activity, plan.row_start[last], plan.rows[last], batch), labels
    )
    backward(plan, theta, batch, room)
    nothing = replace(
        network,
        weights=tuple(np.zeros_like(w) for w in network.weights),
        biases=tuple(np.zeros_like(b) for b in network.biases),
    )
    return part.restored(nothing, room.gradient * part.survives), loss / batch


def drawn_noise(network, batch, sigma, lanes):
    """Return each hidden layer's noise, (units, batch), as the fast engine draws it."""
    part = compact(network, noisy=sigma > 0)
    noise = []
    for layer in range(1, len(network.sizes) - 1):
        values = np.zeros((network.sizes[layer], batch))
        if sigma > 0:
            drawn = np.empty(part.plan.rows[layer] * batch, np.float32)
            fill_normal(lanes, drawn, np.float32(sigma))
            values[part.units[layer]] = drawn.reshape(-1, batch)
        noise.append(values)
    return noise


def is_acted_on(modulation, layer, count):
    """Tell for each unit of a hidden layer whether the modulation acts on it, (count,) bool."""
    acts = np.full(count, modulation.units is None)
    acts[[] if modulation.units is None else list(modulation.units[layer])] = True
    return acts


def acted_on(hidden, modulation):
    """The activity of modulated units, from the definition."""
    gain = min(modulation.gain, modulation.gain_cap or np.inf)
    return hidden * (modulation.damping * gain) - modulation.inhibition


def exact_loss(weights, biases, modulation, x, labels, noise):
    """The mean cross-entropy in float64, from the definition."""
    hidden = x.T.astype(np.float64)
    for layer, (weight, bias, more) in enumerate(
        zip(weights[:-1], biases[:-1], noise, strict=True)
    ):
        level = weight @ hidden + bias[:, None]
        acts = is_acted_on(modulation, layer, len(bias))[:, None]
        tanh = acts & (modulation.activation == "tanh")
        value = np.where(tanh, np.tanh(level), np.maximum(level, 0))
        hidden = np.where(acts, acted_on(value + more, modulation), value + more)
    logits = weights[-1] @ hidden + biases[-1][:, None]
    top = logits.max(axis=0)
    chosen = logits[labels, np.arange(len(labels))]
    return np.mean(np.log(np.exp(logits - top).sum(axis=0)) + top - chosen)


@pytest.mark.parametrize("sigma", [0.0, 0.8])
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_gradients_agree_with_finite_differences(modulation, kind, sigma):
    network = modulated(NETWORKS[kind]([2, 40, 36, 24, 4]), modulation)
    points = training_points(2, centres=CENTRES, sd=0.8, train=50)
    lanes = fast.generator(5, "noise").lanes
    noise = drawn_noise(network, 50, sigma, lanes.copy())
    gradient, loss = kernel_gradient(network, points.x, points.labels, sigma, lanes)
    weights = [w.astype(np.float64) for w in network.weights]
    biases = [b.astype(np.float64) for b in network.biases]

    def exact():
        return exact_loss(weights, biases, modulation, points.x, points.labels, noise)

    assert loss == pytest.approx(exact(), rel=1e-5)
    rng = np.random.default_rng(1)
    step = 1e-6
    for layer, mask in enumerate(network.masks):
        sites = rng.permutation(np.flatnonzero(mask))[:30]
        pairs = [(weights[layer], gradient.weights[layer], i) for i in sites]
        pairs += [(biases[layer], gradient.biases[layer], i) for i in range(len(biases[layer]))]
        for values, found, i in pairs:
            kept = values.flat[i]
            values.flat[i] = kept + step
            above = exact()
            values.flat[i] = kept - step
            below = exact()
            values.flat[i] = kept
            assert found.flat[i] == pytest.approx((above - below) / (2 * step), rel=2e-4, abs=2e-7)


@pytest.mark.parametrize("modulation", MODULATIONS)
def test_dropped_and_flat_units_match_their_definitions(modulation):
    network = modulated(prune(dense_network([2, 64, 48, 32, 4]), 0.95), modulation)
    part = compact(network, noisy=False)
    assert sum(u.size for u in part.units) < sum(network.sizes)
    assert part.plan.flat.sum() > 0
    assert part.restored(network, part.parameters).sparsity == network.sparsity
    assert same_bytes(part.restored(network, part.parameters), network)


def test_regrown_networks_have_dense_and_sparse_rows():
    part = compact(regrown_network([2, 64, 48, 32, 4]), noisy=False)
    assert part.plan.dense.any()
    assert (part.plan.dense < part.plan.full).any()
    assert (part.survives == 0).any()


def test_gradient_magnitudes_equal_the_plain_engines(network, many_points):
    pruned = prune(network, 0.6)
    for modulation in MODULATIONS:
        changed = modulated(pruned, modulation)
        # All batches are used, so that the order of points changes sums by their batches alone;
        # one batch with all points makes both engines' sums the same.
        options = {"batches": 1, "batch_size": 600}
        a = plain.gradient_magnitudes(
            changed, many_points, generator=plain.generator(0, "g"), **options
        )
        b = fast.gradient_magnitudes(
            changed, many_points, generator=fast.generator(0, "g"), **options
        )
        for x, y in zip(a, b, strict=True):
            assert np.allclose(x, y, rtol=1e-4, atol=1e-7)
            assert np.array_equal(x == 0, y == 0)


def test_gradient_magnitudes_sum_the_first_batches(network, many_points):
    options = {"batch_size": 100, "generator": fast.generator(0, "g")}
    many = fast.gradient_magnitudes(network, many_points, batches=99, **options)
    options["generator"] = fast.generator(0, "g")
    all_six = fast.gradient_magnitudes(network, many_points, batches=6, **options)
    options["generator"] = fast.generator(0, "g")
    five = fast.gradient_magnitudes(network, many_points, batches=5, **options)
    assert all(np.array_equal(x, y) for x, y in zip(many, all_six, strict=True))
    assert all((x >= y).all() for x, y in zip(all_six, five, strict=True))
    assert any((x > y).any() for x, y in zip(all_six, five, strict=True))


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("modulation", MODULATIONS)
def test_without_noise_both_engines_count_the_same_points(modulation, kind, many_points):
    network = modulated(NETWORKS[kind]([2, 40, 36, 4]), modulation)
    quiet = {"input_noise": 0.0, "internal_noise": 0.0}
    assert fast.count_correct(
        network, many_points, generator=fast.generator(0, "m"), **quiet
    ) == plain.count_correct(network, many_points, generator=plain.generator(0, "m"), **quiet)


@pytest.mark.parametrize("noise", [(0.0, 0.0), (0.5, 0.1)])
def test_the_same_generator_gives_the_same_bytes(noise, many_points):
    network = regrown_network([2, 40, 36, 4])
    options = {"epochs": 3, "lr": 1e-3, "batch_size": 128, "noise": noise}
    runs = [
        fast.fit(network, many_points, generator=fast.generator(4, "x"), **options)[0]
        for _ in range(2)
    ]
    other = fast.fit(network, many_points, generator=fast.generator(5, "x"), **options)[0]
    assert same_bytes(*runs)
    assert not same_bytes(runs[0], other)


def test_a_loss_that_is_not_a_number_is_not_hidden(network, many_points):
    weights = [weight.copy() for weight in network.weights]
    weights[0][3, 1] = np.nan
    for sparsity in (None, 0.5):
        broken = replace(network, weights=tuple(weights))
        if sparsity:
            broken = replace(broken, masks=prune(network, sparsity).masks)
            broken.masks[0][3, 1] = broken.masks[1][0, 3] = broken.masks[2][0, 0] = True
        for modulation in MODULATIONS:
            with pytest.raises(PipelineError, match="the loss of epoch 1 of 1 is nan"):
                fast.fit(
                    modulated(broken, modulation),
                    many_points,
                    epochs=1,
                    lr=1e-3,
                    batch_size=128,
                    noise=(0.0, 0.0),
                    generator=fast.generator(0, "x"),
                )
