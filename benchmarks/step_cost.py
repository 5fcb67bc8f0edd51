"""One optimiser step by sparsity, on both engines, and the rates that bound it.

    python -m benchmarks.step_cost

reads a request, one line of JSON, from standard input: `sizes`, `batch_size`, `sparsities`,
`sigmas`, `steps` per block and `blocks`. It writes its result as one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

PRODUCT = (512, 512, 128)  # the network's largest matrix, times one mini-batch
DRAWS = 65_536  # a layer of 512 units, times one mini-batch
LR = 1e-5


def cpu_time(function: Callable[[], Any], repeats: int) -> float:
    """Return the CPU-seconds of one call, out of so many."""
    began = time.process_time()
    for _ in range(repeats):
        function()
    return (time.process_time() - began) / repeats


def step_seconds(engine: Any, network: Any, points: Any, sigma: float, batch_size: int) -> float:
    """Return the CPU-seconds of a step of training on `engine`, its preparation left out."""

    def fit(epochs: int) -> float:
        options = {"epochs": epochs, "lr": LR, "batch_size": batch_size, "noise": (sigma, sigma)}
        generator = engine.generator(0, "steps")
        return cpu_time(lambda: engine.fit(network, points, generator=generator, **options), 1)

    # What is done once per training is in both.
    return (fit(3) - fit(1)) / 2 / -(-len(points) // batch_size)


def by_sparsity(request: Mapping[str, Any]) -> list[tuple[float, float, dict[str, float]]]:
    """Return (sparsity, σ, microseconds of a step by engine), medians over blocks in turns."""
    from pipeline_lib import engines
    from pipeline_lib.model.initialisation import initial_network
    from pipeline_lib.model.pruning import prune
    from pipeline_lib.model.randomness import initial_state
    from pipeline_lib.model.task import training_points

    loaded = {name: engines.load(name) for name in ("fast", "plain")}
    healthy = initial_network(request["sizes"], "torch", initial_state(0))
    centres = [[-3, -3], [3, 3], [-3, 3], [3, -3]]
    count = request["steps"] * request["batch_size"]
    points = training_points(0, centres=centres, sd=0.8, train=count)
    rows = []
    for sparsity in request["sparsities"]:
        network = prune(healthy, sparsity) if sparsity else healthy
        for sigma in request["sigmas"]:
            blocks = [
                {
                    name: step_seconds(engine, network, points, sigma, request["batch_size"])
                    for name, engine in loaded.items()
                }
                for _ in range(request["blocks"] + 1)
            ][1:]  # the first one warms up
            rows.append((sparsity, sigma, medians(blocks)))
    return rows


def medians(blocks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median over the blocks, in microseconds, for each name."""
    return {name: 1e6 * statistics.median(block[name] for block in blocks) for name in blocks[0]}


def rates(blocks: int) -> dict[str, float]:
    """Return GFLOP/s of a float32 matrix product in two libraries, and nanoseconds per draw."""
    import torch

    from pipeline_lib.engines.fast.noise import fill_normal, seeded_lanes

    torch.set_num_threads(1)
    rows, inner, columns = PRODUCT
    a = np.random.default_rng(0).standard_normal((rows, inner), np.float32)
    b = np.random.default_rng(1).standard_normal((inner, columns), np.float32)
    c = np.empty((rows, columns), np.float32)
    left, right, out = torch.from_numpy(a), torch.from_numpy(b), torch.from_numpy(c)
    lanes, noise = seeded_lanes(np.random.default_rng(2)), np.empty(DRAWS, np.float32)
    pieces: dict[str, Callable[[], Any]] = {
        "numpy": lambda: np.matmul(a, b, out=c),
        "torch": lambda: torch.mm(left, right, out=out),
        "draw": lambda: fill_normal(lanes, noise, np.float32(0.5)),
    }
    costs = [
        {name: cpu_time(piece, 20) for name, piece in pieces.items()} for _ in range(blocks + 1)
    ][1:]
    cost = medians(costs)
    gflop = 2e-9 * rows * inner * columns
    return {
        "numpy": gflop / (1e-6 * cost["numpy"]),
        "torch": gflop / (1e-6 * cost["torch"]),
        "draw": 1e3 * cost["draw"] / DRAWS,
    }


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.readline())
    result = {"rates": rates(5 * request["blocks"]), "steps": by_sparsity(request)}
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
