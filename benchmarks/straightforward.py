"""The published protocol as a reader of the paper would write it in an afternoon.

Plain PyTorch: one module, a DataLoader, Adam over all parameters, and the masks multiplied into
the weights after every step. It shares no code with `pipeline_lib`, so it can serve twice: as
the yardstick of the project's speed, and as the independent check of its replay. For both it
draws random numbers as the published run did, all from torch's global generator.

    python -m benchmarks.straightforward --seed 0 [--study studies/smoke.yaml]

prints CPU-seconds by phase and how many values equal the published run's of this seed, where the
study names a file that has them.
"""

import argparse
import copy
import itertools
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

CONFIG = Path(__file__).parent.parent / "config.yaml"
TEST_BATCH = 1000
UNMODULATED = {"activation": "relu", "damping": 1.0, "gain": 1.0}

Row = tuple[int, str, str, str, float | None, int | None, float]


def draw_points(state: int, task: Mapping[str, Any], size: str, sd: float) -> TensorDataset:
    """Return task[size] labelled points of Gaussian clouds, one cloud per class."""
    random, centres = np.random.RandomState(state), np.array(task["centres"], dtype=np.float64)
    labels = random.randint(0, len(centres), task[size])
    x = centres[labels] + random.randn(task[size], 2) * sd
    return TensorDataset(torch.from_numpy(x.astype(np.float32)), torch.from_numpy(labels))


class Classifier(nn.Module):
    """A multilayer perceptron whose weights have masks: 1 where a weight survives, else 0."""

    def __init__(self, sizes: Sequence[int], init: str | Mapping[str, float]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(linear(a, b, init) for a, b in itertools.pairwise(sizes))
        for layer in self.layers:
            layer.register_buffer("mask", torch.ones_like(layer.weight))
        self.sigma = 0.0
        self.modulation = UNMODULATED

    def forward(self, x: Tensor) -> Tensor:
        """Return logits; hidden layers are activated, then noisy, then damped."""
        activation = {"relu": torch.relu, "tanh": torch.tanh}[self.modulation["activation"]]
        factor = self.modulation["damping"] * self.modulation["gain"]
        for layer in self.layers[:-1]:
            x = activation(layer(x))
            if self.sigma > 0:
                x = x + torch.randn_like(x) * self.sigma
            if factor != 1:
                x = x * factor
        return self.layers[-1](x)

    @torch.no_grad()
    def apply_masks(self) -> None:
        """Put pruned weights back to zero."""
        for layer in self.layers:
            layer.weight.mul_(layer.mask)

    def sparsity(self) -> float:
        """Return the fraction of weights that are pruned, biases not counted."""
        survivors = sum(int(layer.mask.count_nonzero()) for layer in self.layers)
        return 1 - survivors / sum(layer.mask.numel() for layer in self.layers)


def linear(fan_in: int, fan_out: int, init: str | Mapping[str, float]) -> nn.Linear:
    """Return a layer with PyTorch's default weights, or with {normal: sd} and zero biases."""
    if init == "torch":
        return nn.Linear(fan_in, fan_out)
    layer = nn.utils.skip_init(nn.Linear, fan_in, fan_out)  # draws no default weights first
    nn.init.normal_(layer.weight, std=init["normal"])
    nn.init.zeros_(layer.bias)
    return layer


@torch.no_grad()
def prune(model: Classifier, sparsity: float) -> None:
    """Cut the smallest weights of each matrix; what was cut before stays cut."""
    for layer in model.layers:
        magnitude = layer.weight.abs()
        layer.mask.mul_(magnitude >= torch.quantile(magnitude.flatten(), sparsity))
    model.apply_masks()


def prune_further(model: Classifier, fraction: float, cap: float = 1.0) -> None:
    """Cut this fraction of the surviving weights, up to a sparsity of `cap`."""
    sparsity = model.sparsity()
    prune(model, min(sparsity + fraction * (1 - sparsity), cap))


def regrow(model: Classifier, loader: DataLoader, fraction: float, batches: int, sd: float) -> None:
    """Regrow the fraction of each matrix's pruned weights where the loss is steepest."""
    scores = [torch.zeros_like(layer.weight) for layer in model.layers]
    for x, labels in itertools.islice(loader, batches):
        model.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        for score, layer in zip(scores, model.layers, strict=True):
            score += layer.weight.grad.abs()
    for score, layer in zip(scores, model.layers, strict=True):
        pruned = (layer.mask.flatten() == 0).nonzero().squeeze(1)
        steepest = torch.topk(score.flatten()[pruned], int(fraction * len(pruned))).indices
        sites = pruned[steepest]
        layer.weight.data.view(-1)[sites] = torch.randn(len(sites)) * sd
        layer.mask.view(-1)[sites] = 1


def train(
    model: Classifier,
    loader: DataLoader,
    epochs: int,
    lr: float,
    noise: Sequence[float] = (0, 0),
    gain: Sequence[float] = (),
) -> None:
    """Train the surviving weights; internal noise goes from noise[0] to noise[1], so does gain."""
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        done = epoch / max(epochs - 1, 1)
        model.sigma = noise[0] + done * (noise[1] - noise[0])
        if gain:
            model.modulation = model.modulation | {"gain": gain[0] + done * (gain[1] - gain[0])}
        for x, labels in loader:
            optimiser.zero_grad()
            loss = F.cross_entropy(model(x), labels)
            loss.backward()
            optimiser.step()
            model.apply_masks()
    model.sigma = 0.0


@torch.no_grad()
def accuracy(
    model: Classifier, loader: DataLoader, input_noise: float = 0.0, internal_noise: float = 0.0
) -> float:
    """Return the accuracy under noise of these sds, in per cent."""
    model.sigma = internal_noise
    correct = 0
    for x, labels in loader:
        if input_noise > 0:
            x = x + torch.randn_like(x) * input_noise
        correct += int((model(x).argmax(1) == labels).sum())
    model.sigma = 0.0
    return 100.0 * correct / len(loader.dataset)


class Experiment:
    """The protocol for one seed: `rows` has its values, `seconds` the CPU time of each phase.

    `study` has the keys of `config.yaml`, with every default filled in.
    """

    def __init__(self, seed: int, study: Mapping[str, Any]) -> None:
        self.seed, self.study = seed, study
        self.rows: list[Row] = []
        self.seconds: dict[str, float] = defaultdict(float)
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        task = study["task"]
        training = draw_points(1000 * seed + 100, task, "train", task["sd"])
        standard = draw_points(1000 * seed + 200, task, "test", task["sd"])
        clean = draw_points(1000 * seed + 300, task, "clean", 0.0)
        batch_size = study["training"]["batch_size"]
        self.training = DataLoader(training, batch_size=batch_size, shuffle=True)
        self.standard = DataLoader(standard, batch_size=TEST_BATCH)
        self.clean = DataLoader(clean, batch_size=TEST_BATCH)

    def run(self) -> list[Row]:
        """Train, prune, treat, evaluate, relapse in both ways; return the rows."""
        treatments = self.study["treatments"]
        with self.phase("baseline"):
            untreated = self.build()
            train(untreated, self.training, **self.study["baseline"])
        with self.phase("prune"):
            prune(untreated, **self.study["pruning"])
        self.evaluate("untreated", untreated)

        treated = {}
        for name, treatment in treatments.items():
            with self.phase(f"course of {name}"):
                treated[name] = self.build(untreated)
                self.run_steps(treated[name], treatment["course"])
            combined = self.evaluate(name, treated[name])
            if treatment.get("withdrawal"):
                self.evaluate_withdrawn(name, treated[name])
            with self.phase("acute relapse"):
                relapsed = copy.deepcopy(treated[name])
                prune_further(relapsed, self.study["acute"]["prune"], self.study["acute"]["cap"])
                self.record(name, "acute_drop", combined - self.combined(relapsed))

        for name in treatments:
            with self.phase(f"relapse of {name}"):
                treated[name] = self.build(treated[name])
                self.measure_cycle(name, 0, treated[name])
        for cycle in range(1, self.study["relapse"]["cycles"] + 1):
            # One generator serves all treatments, so they go through a cycle side by side.
            for name, treatment in treatments.items():
                with self.phase(f"relapse of {name}"):
                    prune_further(treated[name], self.study["relapse"]["prune"])
                    self.run_steps(treated[name], treatment["maintenance"], cycle)
            for name in treatments:
                with self.phase(f"relapse of {name}"):
                    self.measure_cycle(name, cycle, treated[name])
        return self.rows

    def build(self, like: Classifier | None = None) -> Classifier:
        """Return a new network, with the weights, masks and modulation of another if given."""
        centres, network = self.study["task"]["centres"], self.study["network"]
        model = Classifier([2, *network["hidden"], len(centres)], network["init"])
        if like is not None:
            model.load_state_dict(like.state_dict())
            model.modulation = like.modulation
        return model

    def run_steps(
        self, model: Classifier, steps: Sequence[Mapping[str, Any]], cycle: int = 0
    ) -> None:
        """Apply the steps of a course or of a cycle's maintenance."""
        for step in steps:
            if cycle % step.get("every", 1) != 0:
                continue
            ((kind, options),) = ((k, o) for k, o in step.items() if k != "every")
            if kind == "train":
                train(model, self.training, **options)
            elif kind == "regrow":
                regrow(model, self.training, **options)
            elif kind == "modulate" and options.keys() <= UNMODULATED.keys():
                model.modulation = model.modulation | options
            elif kind == "withdraw":
                model.modulation = UNMODULATED
            elif kind == "prune" and "sparsity" in options:
                prune(model, **options)
            elif kind == "prune":
                prune_further(model, **options)
            else:
                raise ValueError(f"the published run had no step {step}")

    def combined(self, model: Classifier) -> float:
        """Return the accuracy under combined stress."""
        return accuracy(model, self.standard, **self.study["evaluate"]["combined"])

    def evaluate(self, name: str, model: Classifier) -> float:
        """Record the first table and the sweep; return the accuracy under combined stress."""
        with self.phase("evaluation"):
            self.record(name, "sparsity", 100.0 * model.sparsity())
            self.record(name, "clean", accuracy(model, self.clean))
            self.record(name, "standard", accuracy(model, self.standard))
            combined = self.combined(model)
            self.record(name, "combined", combined)
            for sigma in self.study["evaluate"]["sweep"]:
                value = accuracy(model, self.standard, internal_noise=sigma)
                self.record(name, "internal", value, level=sigma)
        return combined

    def evaluate_withdrawn(self, name: str, model: Classifier) -> None:
        """Record accuracy under stress while the modulation is off."""
        with self.phase("evaluation"):
            off, sigma = copy.deepcopy(model), max(self.study["evaluate"]["sweep"])
            off.modulation = UNMODULATED
            self.record(name, "combined", self.combined(off), "off")
            value = accuracy(off, self.standard, internal_noise=sigma)
            self.record(name, "internal", value, "off", level=sigma)

    def measure_cycle(self, name: str, cycle: int, model: Classifier) -> None:
        """Record what is measured after a stress cycle."""
        self.record(name, "longitudinal_combined", self.combined(model), cycle=cycle)
        self.record(name, "longitudinal_sparsity", 100.0 * model.sparsity(), cycle=cycle)

    def record(
        self,
        name: str,
        number: str,
        value: float,
        modulation: str = "on",
        *,
        level: float | None = None,
        cycle: int | None = None,
    ) -> None:
        """Add a row."""
        self.rows.append((self.seed, name, number, modulation, level, cycle, value))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the CPU time of what is done inside to a phase."""
        start = time.process_time()
        yield
        self.seconds[name] += time.process_time() - start


def main() -> None:
    """Run one seed of a study and tell what it cost."""
    start_up = time.process_time()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--study", type=Path, default=CONFIG, help="overlay on config.yaml")
    arguments = parser.parse_args()

    # The study and the published run are read with the project's code; the experiment uses none.
    import yaml
    from snakemake.utils import update_config

    from pipeline_lib.analysis import digits, published
    from pipeline_lib.measures import Value
    from pipeline_lib.study import validation

    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    update_config(config, yaml.safe_load(arguments.study.read_text(encoding="utf-8")))
    study = validation.validate(config)
    experiment = Experiment(arguments.seed, study.model_dump(exclude_defaults=True))
    experiment.run()

    for name, seconds in {"start-up": start_up, **experiment.seconds}.items():
        print(f"{name:24}{seconds:10.2f} CPU-seconds")
    print(f"{'total':24}{start_up + sum(experiment.seconds.values()):10.2f} CPU-seconds")
    if runs := study.reproduction.runs:
        values = [Value(*row) for row in experiment.rows]
        comparison = digits.against_runs(values, published.read_runs(CONFIG.parent / runs))
        print(digits.runs_verdict(comparison))


if __name__ == "__main__":
    main()
