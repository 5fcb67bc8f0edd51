"""The plain engine: the published Methods, line by line, in single-thread float32 PyTorch.

It draws random numbers in the same order as the published run. Given the published generator, it
therefore repeats the published run to the last digit (see `replay`).
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from pipeline_lib.engines import no_answer
from pipeline_lib.engines.training import BETA_1, BETA_2, EPSILON, Epoch, end_epoch, ramp, trained
from pipeline_lib.model.network import Modulation, Network
from pipeline_lib.model.randomness import shuffled, skip_draw
from pipeline_lib.model.randomness import torch_generator as generator
from pipeline_lib.model.task import Points

__all__ = ["count_correct", "fit", "generator", "gradient_magnitudes", "highest", "normal"]

TEST_BATCH = 1000  # points; batches of a different size would be rounded differently

# The workflow takes care of parallelism, and more threads would round differently.
torch.set_num_threads(1)


def forward(
    x: Tensor,
    weights: list[Tensor],
    biases: list[Tensor],
    modulation: Modulation,
    sigma: float,
    generator: torch.Generator,
    *,
    bias_of_noise: float = 0.0,
) -> Tensor:
    """Return the logits (n, classes) of points (n, features).

    Each hidden layer applies the activation, adds noise N(bias_of_noise, sigma²), multiplies by
    damping and gain, and subtracts the inhibition. The modulation damps the mean of the noise.
    Units that it does not act on have ReLU and the whole noise only.
    """
    activation = getattr(torch, modulation.activation)
    mean: float | Tensor
    mean = damped = bias_of_noise * (1 - modulation.bias_damping)
    hidden = x
    for layer, (weight, bias) in enumerate(zip(weights[:-1], biases[:-1], strict=True)):
        level = F.linear(hidden, weight, bias)
        hidden = activation(level)
        if modulation.units is not None:
            acts = torch.from_numpy(modulation.acts_on(layer, len(bias)))
            hidden = torch.where(acts, hidden, torch.relu(level))
            mean = torch.where(acts, damped, bias_of_noise)
        # As in the published programs, a mean is added to the noise first, and damping and gain are
        # two multiplications. Any other order would round differently.
        if sigma > 0:
            noise = torch.randn(hidden.shape, generator=generator) * sigma
            hidden = hidden + (noise + mean if bias_of_noise != 0 else noise)
        elif bias_of_noise != 0:
            hidden = hidden + mean
        changed = hidden
        for factor in (modulation.damping, modulation.effective_gain):
            if factor != 1:
                changed = changed * factor
        if modulation.inhibition != 0:
            changed = changed - modulation.inhibition
        hidden = changed if modulation.units is None else torch.where(acts, changed, hidden)
    return F.linear(hidden, weights[-1], biases[-1])


def perturbed(x: Tensor, sd: float, generator: torch.Generator) -> Tensor:
    """Return the points (n, features) under noise N(0, sd²)."""
    return x + torch.randn(x.shape, generator=generator) * sd if sd > 0 else x


def normal(count: int, sd: float, generator: torch.Generator) -> np.ndarray:
    """See `Engine.normal`."""
    return (torch.randn(count, generator=generator) * sd).numpy()


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
    generator: torch.Generator,
    leftover: list[Tensor] | None = None,
    losses: list[float] | None = None,
) -> tuple[Network, list[Epoch]]:
    """See `Engine.fit`.

    A list that is given as `leftover` takes the last mini-batch's gradient of each weight matrix,
    and one that is given as `losses` the mean loss of every mini-batch.
    """
    modulation = network.modulation
    weights, biases = _tensors(network.weights), _tensors(network.biases)
    optimiser = _SurvivorAdam(weights, biases, _tensors(network.masks), lr)
    x, labels = torch.from_numpy(points.x), torch.from_numpy(points.labels)
    history = []
    for epoch in range(stop or epochs):
        sigma = ramp(epoch, epochs, noise)
        if gain:
            modulation = replace(modulation, gain=ramp(epoch, epochs, gain))
        input_sd = ramp(epoch, epochs, input_noise)
        total = 0.0
        for batch in torch.split(shuffled(len(points), generator), batch_size):
            inputs = perturbed(x[batch], input_sd, generator)
            logits = forward(inputs, weights, biases, modulation, sigma, generator)
            loss = F.cross_entropy(logits, labels[batch])
            gradients = optimiser.step(loss)
            total += loss.item() * len(batch)
            if losses is not None:
                losses.append(loss.item())
        history.append(Epoch(epoch, sigma, total / len(points)))
        end_epoch(history[-1], epochs, lr)
    if leftover is not None:
        leftover[:] = gradients[: len(weights)]
    result = replace(network, weights=_arrays(weights), biases=_arrays(biases))
    return trained(replace(result, modulation=modulation), lr), history


class _SurvivorAdam:
    """Adam on the surviving weights and the biases alone.

    Adam is element-wise, so this is bit-identical to Adam on all weights with the mask multiplied
    in after each step, at a fraction of the work. The operations and their order are those of
    `torch.optim.Adam`, which would take a job more than a second to import.
    """

    def __init__(
        self, weights: list[Tensor], biases: list[Tensor], masks: list[Tensor], lr: float
    ) -> None:
        self.parameters = [*weights, *biases]
        self.all = parameters_to_vector(self.parameters)
        vector_to_parameters(self.all, self.parameters)  # a change to `all` now changes them
        for parameter in self.parameters:
            parameter.requires_grad_()
        survive = [*masks, *(torch.ones_like(bias, dtype=torch.bool) for bias in biases)]
        self.sites = parameters_to_vector(survive).nonzero().squeeze(1)
        self.pruned = len(self.sites) < len(self.all)
        self.values = self.all[self.sites] if self.pruned else self.all
        self.mean = torch.zeros_like(self.values)
        self.square = torch.zeros_like(self.values)
        self.lr = lr
        self.steps = 0

    @torch.no_grad()
    def step(self, loss: Tensor) -> tuple[Tensor, ...]:
        """Take a step, and return the gradients of all parameters before it."""
        gradients = torch.autograd.grad(loss, self.parameters)
        gradient = torch.cat([each.flatten() for each in gradients])
        if self.pruned:
            gradient = gradient.index_select(0, self.sites)
        self.steps += 1
        self.mean.lerp_(gradient, 1 - BETA_1)
        self.square.mul_(BETA_2).addcmul_(gradient, gradient, value=1 - BETA_2)
        step_size = self.lr / (1 - BETA_1**self.steps)
        root = (self.square.sqrt() / (1 - BETA_2**self.steps) ** 0.5).add_(EPSILON)
        self.values.addcdiv_(self.mean, root, value=-step_size)
        if self.pruned:
            self.all.index_copy_(0, self.sites, self.values)
        return gradients


def gradient_magnitudes(
    network: Network,
    points: Points,
    *,
    batches: int,
    batch_size: int,
    generator: torch.Generator,
    leftover: Iterable[Tensor] = (),
) -> tuple[np.ndarray, ...]:
    """See `Engine.gradient_magnitudes`.

    The gradients in `leftover`, one for each weight matrix, are added to those of the first batch.
    """
    weights, biases = _tensors(network.weights), _tensors(network.biases)
    for weight in weights:
        weight.requires_grad_()
    x, labels = torch.from_numpy(points.x), torch.from_numpy(points.labels)
    sums = [torch.zeros_like(weight) for weight in weights]
    for batch in torch.split(shuffled(len(points), generator), batch_size)[:batches]:
        logits = forward(x[batch], weights, biases, network.modulation, 0.0, generator)
        loss = F.cross_entropy(logits, labels[batch])
        gradients = torch.autograd.grad(loss, weights)
        for gradient, before in zip(gradients, leftover, strict=False):
            gradient += before
        leftover = ()
        for total, gradient in zip(sums, gradients, strict=True):
            total += gradient.abs()
    return _arrays(sums)


def highest(scores: np.ndarray, count: int) -> np.ndarray:
    """See `Engine.highest`."""
    return torch.topk(torch.from_numpy(scores), count).indices.numpy()


@torch.no_grad()
def count_correct(
    network: Network,
    points: Points,
    *,
    input_noise: float,
    internal_noise: float,
    internal_bias: float = 0.0,
    generator: torch.Generator,
) -> int:
    """See `Engine.count_correct`."""
    weights, biases = _tensors(network.weights), _tensors(network.biases)
    x, labels = torch.from_numpy(points.x), torch.from_numpy(points.labels)
    skip_draw(generator)
    correct = 0
    batches = (torch.split(part, TEST_BATCH) for part in (x, labels))
    for batch, truth in zip(*batches, strict=True):
        inputs = perturbed(batch, input_noise, generator)
        layers = (weights, biases, network.modulation)
        logits = forward(inputs, *layers, internal_noise, generator, bias_of_noise=internal_bias)
        if not torch.isfinite(logits).all():
            raise no_answer(input_noise, internal_noise, internal_bias)
        correct += int((logits.argmax(1) == truth).sum())
    return correct


def _tensors(arrays: Iterable[np.ndarray]) -> list[Tensor]:
    # These are copies, because training works in place and must not change the given network.
    return [torch.tensor(array) for array in arrays]


def _arrays(tensors: Iterable[Tensor]) -> tuple[np.ndarray, ...]:
    return tuple(tensor.detach().numpy() for tensor in tensors)
