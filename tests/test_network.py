"""PROTOCOL, the network: layers, initial weights, modulation and noise."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline_lib.engines import plain
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Modulation, Network
from pipeline_lib.model.randomness import initial_state
from pipeline_lib.study.validation import validate
from tests.conftest import modulated


def test_the_paper_has_395264_weights_and_396548_parameters(paper):
    study = validate(paper)
    network = initial_network(study.layer_sizes, study.network.init, plain.generator(0))
    assert network.sizes == (2, 512, 512, 256, 4)
    weights = sum(weight.size for weight in network.weights)
    assert weights == 395_264
    assert weights + sum(bias.size for bias in network.biases) == 396_548


@pytest.mark.parametrize("seed", [5, 2**32 - 1])
@pytest.mark.parametrize("kind", [torch.Generator().manual_seed, np.random.RandomState])
def test_initial_weights_equal_those_of_pytorch_linear_layers(kind, seed):
    torch.manual_seed(seed)
    sizes = [2, 7, 33, 512, 256, 3]
    layers = [torch.nn.Linear(*pair) for pair in itertools.pairwise(sizes)]
    network = initial_network(sizes, "torch", kind(seed))
    for layer, (weight, bias, mask) in zip(layers, network.layers(), strict=True):
        assert np.array_equal(layer.weight.detach().numpy(), weight)
        assert np.array_equal(layer.bias.detach().numpy(), bias)
        assert mask.all()
        assert abs(weight).max() <= 1 / math.sqrt(weight.shape[1])


@pytest.mark.parametrize("generator", [plain.generator(0), initial_state(0)])
def test_normal_initial_weights_have_their_sd_and_no_biases(generator):
    network = initial_network([2, 400, 300, 4], {"normal": 0.05}, generator)
    assert network.weights[1].std() == pytest.approx(0.05, rel=0.02)
    assert network.weights[1].mean() == pytest.approx(0, abs=0.001)
    assert all(not bias.any() for bias in network.biases)


def test_sparsity_counts_weights_and_never_biases(network):
    masks = [mask.copy() for mask in network.masks]
    masks[0][:] = False
    pruned = replace(network, masks=tuple(masks))
    assert pruned.sparsity == pytest.approx(48 / (48 + 384 + 64))
    assert network.sparsity == 0


def logits(network: Network, x: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    weights = [torch.tensor(weight) for weight in network.weights]
    biases = [torch.tensor(bias) for bias in network.biases]
    out = plain.forward(
        torch.tensor(x), weights, biases, network.modulation, sigma, plain.generator(seed)
    )
    return out.numpy()


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("gain", [1.0, 1.25])
@pytest.mark.parametrize("damping", [1.0, 0.7])
@pytest.mark.parametrize("sigma", [0.0, 0.5])
@pytest.mark.parametrize("inhibition", [0.0, 0.15])
def test_hidden_layers_activate_then_add_noise_then_damp_then_inhibit(
    network, points, activation, damping, gain, sigma, inhibition
):
    network = modulated(network, Modulation(activation, damping, gain, inhibition=inhibition))
    generator = plain.generator(0)
    hidden = points.x
    for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
        hidden = hidden @ weight.T + bias
        hidden = np.maximum(hidden, 0) if activation == "relu" else np.tanh(hidden)
        if sigma:
            hidden = hidden + sigma * torch.randn(hidden.shape, generator=generator).numpy()
        hidden = hidden * (damping * gain) - inhibition
    expected = hidden @ network.weights[-1].T + network.biases[-1]
    np.testing.assert_allclose(logits(network, points.x, sigma), expected, rtol=1e-4, atol=1e-5)
