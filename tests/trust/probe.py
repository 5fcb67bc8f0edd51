"""What one process computes under its setting: exact things, a step, an epoch, a small study.

python -m tests.trust.probe FILE.npz [--seeds 12]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

import numpy as np

from pipeline_lib import engines
from pipeline_lib.engines import Engine
from pipeline_lib.engines.fast import generator as fast_generator
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Network
from pipeline_lib.model.pruning import magnitude_threshold, prune
from pipeline_lib.model.randomness import initial_state, shuffled, torch_generator
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.model.task import Points, clean_points, standard_points, training_points

PAPER = [2, 512, 512, 256, 4]
SMALL = [2, 96, 96, 64, 4]
CLOUDS = {"centres": [[-3, -3], [3, 3], [-3, 3], [3, -3]], "sd": 0.8}
LR = 1e-3
ENGINES = ("fast", "plain")


def batch() -> Points:
    """Return one mini-batch of the paper's task."""
    return training_points(0, **CLOUDS, train=128)


def networks() -> dict[str, Network]:
    """Return the networks that one step is taken from."""
    dense = initial_network(PAPER, "torch", initial_state(0))
    return {"dense": dense, "pruned": prune(dense, 0.95)}


def flat(arrays: Iterable[np.ndarray]) -> np.ndarray:
    """Return the numbers of all arrays in one vector."""
    return np.concatenate([array.ravel() for array in arrays])


def exact_things() -> Iterator[tuple[str, np.ndarray]]:
    """Yield what no setting may change by a bit."""
    train = training_points(0, **CLOUDS, train=12000)
    test = standard_points(0, **CLOUDS, test=4000)
    clean = clean_points(0, centres=CLOUDS["centres"], clean=2000)
    for name, points in (("train", train), ("standard", test), ("clean", clean)):
        yield f"data sets/{name}", points.x
        yield f"data sets/{name}, labels", points.labels
    for init in ("torch", {"normal": 0.05}):
        network = initial_network(PAPER, init, initial_state(0))
        yield f"initial weights/{init}", flat((*network.weights, *network.biases))
    thresholds = [
        magnitude_threshold(w, q)
        for w in networks()["dense"].weights
        for q in (0.1, 0.5, 0.95, 0.9575)
    ]
    yield "pruning/thresholds", np.array(thresholds)
    yield "pruning/masks", flat(networks()["pruned"].masks)
    source = fast_generator(0, "order")
    yield "orders of points/fast", source.orders.permutation(12000)
    yield "orders of points/plain", shuffled(12000, torch_generator(0, "order")).numpy()
    engines.load("fast").normal(100_000, 1.0, source)
    yield "random bits of noise/fast", source.lanes


def moving_things(engine: Engine) -> Iterator[tuple[str, np.ndarray]]:
    """Yield noise, gradients, weights after a step and after an epoch."""
    yield "noise", engine.normal(100_000, 1.0, engine.generator(0, "noise"))
    options = {"batch_size": 128, "noise": (0.0, 0.0), "lr": LR, "epochs": 1}
    for name, network in networks().items():
        found = engine.gradient_magnitudes(
            network, batch(), batches=1, batch_size=128, generator=engine.generator(0, "g")
        )
        yield f"gradient, {name}", flat(found)
        after, _ = engine.fit(network, batch(), **options, generator=engine.generator(0, "step"))
        yield f"step, {name}", flat(after.weights)
        points = training_points(0, **CLOUDS, train=12000)
        after, history = engine.fit(network, points, **options, generator=engine.generator(0, "e"))
        yield f"epoch, {name}", flat(after.weights)
        yield f"loss of the epoch, {name}", np.array([history[0].loss])


def small_study(engine: Engine, seed: int) -> np.ndarray:
    """Return three accuracies in per cent of the healthy, the pruned and the treated network."""
    points = training_points(seed, **CLOUDS, train=1500)
    test = standard_points(seed, **CLOUDS, test=2000)
    healthy = initial_network(SMALL, "torch", initial_state(seed))
    options = {"batch_size": 128, "epochs": 4}
    source = engine.generator(seed, "baseline")
    healthy, _ = engine.fit(healthy, points, **options, lr=1e-3, noise=(0, 0), generator=source)
    pruned = prune(healthy, 0.95)
    source = engine.generator(seed, "course")
    scores = engine.gradient_magnitudes(pruned, points, batches=8, batch_size=128, generator=source)
    treated = regrow(
        pruned, scores, fraction=0.5, draw=lambda count: engine.normal(count, 0.03, source)
    )
    treated, _ = engine.fit(treated, points, **options, lr=5e-4, noise=(0.5, 0), generator=source)
    correct = [
        engine.count_correct(
            network,
            test,
            input_noise=1.0,
            internal_noise=0.5,
            generator=engine.generator(seed, "combined"),
        )
        for network in (healthy, pruned, treated)
    ]
    return 100 * np.array(correct) / len(test)


def main() -> None:
    """Compute everything and save it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--seeds", type=int, default=12, help="of the small study (12)")
    arguments = parser.parse_args()
    found = {f"exact/{name}": value for name, value in exact_things()}
    for name in ENGINES:
        engine = engines.load(name)
        found |= {f"{name}/{what}": value for what, value in moving_things(engine)}
        if arguments.seeds:
            study = [small_study(engine, seed) for seed in range(arguments.seeds)]
            found[f"{name}/small study"] = np.array(study)
    np.savez(arguments.file, **{key.replace("/", "|"): value for key, value in found.items()})


if __name__ == "__main__":
    main()
