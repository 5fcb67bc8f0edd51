"""PROTOCOL, stages: Adam under a mask, batches, and the noise schedule."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pipeline_lib.engines import fast, plain
from pipeline_lib.engines.training import ramp
from pipeline_lib.model.network import Modulation
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import shuffled
from pipeline_lib.model.task import Points
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import modulated

ADAM = {"epochs": 2, "lr": 1e-3, "batch_size": 128, "noise": (0.0, 0.0)}


def test_the_papers_stages(paper):
    study = validate(paper)
    assert slices.baseline(study)["steps"] == [{"train": {"epochs": 20, "lr": 1e-3}}]
    assert study.training.batch_size == 128

    def steps(name, part):
        return [
            step.model_dump(exclude_none=True) for step in getattr(study.treatments[name], part)
        ]

    assert list(study.treatments) == ["ketamine", "ssri", "neurosteroid"]
    assert steps("ketamine", "course")[1] == {"train": {"epochs": 15, "lr": 5e-4}}
    assert steps("ketamine", "maintenance") == [{"train": {"epochs": 5, "lr": 5e-4}}]
    assert steps("ssri", "course") == [{"train": {"epochs": 100, "lr": 1e-5, "noise": [0.5, 0.0]}}]
    assert steps("ssri", "maintenance") == [
        {"train": {"epochs": 20, "lr": 1e-5, "noise": [0.3, 0.0]}}
    ]
    assert steps("neurosteroid", "course") == [
        {"modulate": {"activation": "tanh", "damping": 0.7}},
        {"train": {"epochs": 10, "lr": 5e-4}},
    ]
    assert steps("neurosteroid", "maintenance") == [{"train": {"epochs": 10, "lr": 5e-4}}]


def test_noise_runs_linearly_from_its_start_to_exactly_its_end():
    sigmas = [ramp(epoch, 100, (0.5, 0.0)) for epoch in range(100)]
    assert sigmas[0] == 0.5
    assert sigmas[-1] == 0.0
    assert np.allclose(np.diff(sigmas), -0.5 / 99)


def test_gain_runs_linearly_in_step_with_the_noise_and_stays(network, points):
    seen = []
    forward = plain.forward

    def spy(x, weights, biases, modulation, sigma, generator, **options):
        seen.append((round(sigma, 9), round(modulation.gain, 9)))
        return forward(x, weights, biases, modulation, sigma, generator, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "forward", spy)
        trained, _ = plain.fit(
            network,
            points,
            epochs=4,
            lr=1e-3,
            batch_size=10**6,
            noise=(0.6, 0.0),
            gain=(1.0, 1.6),
            generator=plain.generator(0),
        )
    assert seen == [(0.6, 1.0), (0.4, 1.2), (0.2, 1.4), (0.0, 1.6)]
    assert trained.modulation.gain == 1.6


@pytest.mark.parametrize("engine", [fast, plain], ids=["fast", "plain"])
def test_training_that_is_stopped_is_the_beginning_of_the_whole(engine, network, points):
    options = {"epochs": 5, "lr": 1e-2, "batch_size": 16, "noise": (0.6, 0.1)}
    whole, all_epochs = engine.fit(network, points, **options, generator=engine.generator(0))
    part, epochs = engine.fit(network, points, **options, stop=2, generator=engine.generator(0))
    assert epochs == all_epochs[:2]
    assert not np.array_equal(part.weights[0], whole.weights[0])


@pytest.mark.parametrize("engine", [fast, plain], ids=["fast", "plain"])
def test_noise_on_inputs_is_new_in_each_epoch_and_has_its_sd(engine, network):
    # One point, many times over: the mean loss of an epoch is that of its noise. At a learning
    # rate of nearly nothing it tells the spread of the logits, and so the SD of the noise.
    many = Points(np.zeros((40_000, 2), np.float32), np.zeros(40_000, np.int64))
    options = ADAM | {"epochs": 3, "lr": 1e-30, "batch_size": 40_000}

    def losses(sd):
        noise = {"input_noise": (sd, 0.0)}
        history = engine.fit(network, many, **options | noise, generator=engine.generator(1))[1]
        return [epoch.loss for epoch in history]

    x = torch.from_numpy(np.random.default_rng(0).normal(0, 1.0, (400_000, 2)).astype(np.float32))
    for sd in (3.0, 1.5):
        found = losses(sd)
        for at, share in enumerate((1.0, 0.5, 0.0)):
            logits = plain.forward(
                x * sd * share,
                [torch.from_numpy(w) for w in network.weights],
                [torch.from_numpy(b) for b in network.biases],
                network.modulation,
                0.0,
                torch.Generator(),
            )
            each = -torch.log_softmax(logits, 1)[:, 0]
            error = each.std().item() / 200 + 1e-6
            assert found[at] == pytest.approx(each.mean().item(), abs=5 * error)


def test_a_single_epoch_has_the_noise_of_the_start():
    assert ramp(0, 1, (0.3, 0.0)) == 0.3


def torch_training(network, points, order_generator, epochs, lr, noise, batch_size=128):
    """The same with torch.optim.Adam on all weights, the mask multiplied in after each step."""
    weights = [torch.tensor(weight).requires_grad_() for weight in network.weights]
    biases = [torch.tensor(bias).requires_grad_() for bias in network.biases]
    masks = [torch.tensor(mask) for mask in network.masks]
    optimiser = torch.optim.Adam([*weights, *biases], lr=lr)
    x, labels = torch.tensor(points.x), torch.tensor(points.labels)
    for epoch in range(epochs):
        sigma = noise[0] + epoch / max(epochs - 1, 1) * (noise[1] - noise[0])
        for batch in shuffled(len(points), order_generator).split(batch_size):
            optimiser.zero_grad()
            out = plain.forward(
                x[batch], weights, biases, network.modulation, sigma, order_generator
            )
            F.cross_entropy(out, labels[batch]).backward()
            optimiser.step()
            with torch.no_grad():
                for weight, mask in zip(weights, masks, strict=True):
                    weight.mul_(mask)
    return [p.detach().numpy() for p in (*weights, *biases)]


@pytest.mark.parametrize("sparsity", [None, 0.5, 0.95])
@pytest.mark.parametrize("modulation", [Modulation("relu", 1.0), Modulation("tanh", 0.7)])
@pytest.mark.parametrize("noise", [(0.0, 0.0), (0.5, 0.0)])
def test_training_the_survivors_is_bit_identical_to_masked_torch_adam(
    network, points, sparsity, modulation, noise
):
    network = modulated(prune(network, sparsity) if sparsity else network, modulation)
    trained, _ = plain.fit(network, points, **ADAM | {"noise": noise}, generator=plain.generator(0))
    expected = torch_training(network, points, plain.generator(0), 2, 1e-3, noise)
    for mine, theirs in zip((*trained.weights, *trained.biases), expected, strict=True):
        assert np.array_equal(mine, theirs)


def test_an_epoch_goes_once_through_all_points_reshuffled_and_the_last_batch_is_short(
    network, points, monkeypatch
):
    seen = []
    forward = plain.forward

    def spy(x, *rest):
        seen.append(x.numpy().copy())
        return forward(x, *rest)

    monkeypatch.setattr(plain, "forward", spy)
    plain.fit(network, points, **ADAM, generator=plain.generator(0))
    assert [len(batch) for batch in seen] == [128, 128, 44] * 2
    epochs = [np.concatenate(seen[:3]), np.concatenate(seen[3:])]
    for epoch in epochs:
        assert np.array_equal(np.sort(epoch, axis=0), np.sort(points.x, axis=0))
    assert not np.array_equal(*epochs)


def test_the_paper_has_94_batches_per_epoch(paper):
    study = validate(paper)
    assert len(torch.arange(study.task.train).split(study.training.batch_size)) == 94


def test_shuffling_draws_what_a_data_loader_draws():
    data = torch.utils.data.TensorDataset(torch.arange(300))
    torch.manual_seed(11)
    loader = torch.utils.data.DataLoader(data, batch_size=128, shuffle=True)
    published = [torch.cat([batch for (batch,) in loader]) for _ in range(2)]
    generator = torch.Generator().manual_seed(11)
    for order in published:
        assert torch.equal(shuffled(300, generator), order)
    assert torch.equal(generator.get_state(), torch.get_rng_state())


def test_history_has_the_loss_and_noise_of_each_epoch(network, points):
    _, history = plain.fit(
        network,
        points,
        **ADAM | {"epochs": 5, "lr": 1e-2, "noise": (0.4, 0.0)},
        generator=plain.generator(0),
    )
    assert [epoch.epoch for epoch in history] == [0, 1, 2, 3, 4]
    assert [epoch.noise for epoch in history] == pytest.approx([0.4, 0.3, 0.2, 0.1, 0.0])
    assert history[-1].loss < history[0].loss
    assert history[0].loss == pytest.approx(np.log(4), abs=0.8)


def test_a_long_training_logs_about_ten_lines(network, points, caplog):
    caplog.set_level(logging.INFO, logger="pipeline_lib")
    few = replace(points, x=points.x[:8], labels=points.labels[:8])
    plain.fit(network, few, **ADAM | {"epochs": 45}, generator=plain.generator(0))
    assert 9 <= len(caplog.records) <= 10
    assert "epoch 45 of 45: loss" in caplog.text
