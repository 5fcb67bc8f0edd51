"""One optimiser step beside SparseProp, the published kernels for sparse backpropagation on CPUs.

    python -m benchmarks.sparseprop_comparison [--out FOLDER]

SparseProp (Nikdan et al., ICML 2023) is C++ with AVX2 behind PyTorch modules. It is no dependency
of the project: pip builds it here in a temporary environment that sees the project's libraries,
which needs a C++ compiler and the network. Both then train the same pruned network, without
noise, in one process and one thread, in turns.

SparseProp has its best settings: PyTorch's fused Adam; the middle matrices sparse and the small
first and last ones dense, or all sparse; and, as what no arrangement of it can beat, its kernels
alone on data that lie as they want them, without activation functions and without Adam.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sysconfig
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS, Table, machine, save
from benchmarks.step_cost import LR, cpu_time, medians, step_seconds
from benchmarks.turns import ROOT, environment

VERSION = "0.1.14"
BUILD = ("setuptools", "pybind11")
SIZES = (2, 512, 512, 256, 4)
BATCH = 128
SPARSITIES = (0.95, 0.98)
STEPS, BLOCKS = 10, 40
FAST = "fast engine"
MIDDLE, ALL, KERNELS = "middle layers sparse", "all layers sparse", "its kernels alone"


def build(folder: Path) -> Path:
    """Build SparseProp in an environment in `folder`; return that environment's Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    ours = sysconfig.get_path("purelib")
    own = next(folder.glob("lib/python*/site-packages"))
    (own / "project.pth").write_text(f"{ours}\n", encoding="utf-8")
    # Its setup.py calls whatever `pip` and `python3` come first on the path.
    path = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--ignore-installed", *BUILD], env=path, check=True)
    package = ["--no-deps", "--no-build-isolation", f"sparseprop=={VERSION}"]
    subprocess.run([*install, *package], env=path, check=True)
    return python


def measure() -> list[tuple[float, dict[str, float]]]:
    """Return microseconds per step by sparsity; for a process in that environment."""
    import torch

    from pipeline_lib import engines
    from pipeline_lib.model.initialisation import initial_network
    from pipeline_lib.model.pruning import prune
    from pipeline_lib.model.randomness import initial_state
    from pipeline_lib.model.task import training_points

    torch.set_num_threads(1)
    centres = [[-3, -3], [3, 3], [-3, 3], [3, -3]]
    points = training_points(0, centres=centres, sd=0.8, train=STEPS * BATCH)
    x, labels = torch.from_numpy(points.x[:BATCH]), torch.from_numpy(points.labels[:BATCH])
    fast = engines.load("fast")
    rows = []
    for sparsity in SPARSITIES:
        network = prune(initial_network(SIZES, "torch", initial_state(0)), sparsity)
        pieces = {
            name: training_step(modules(network, sparse), x, labels)
            for name, sparse in ((MIDDLE, (1, 2)), (ALL, (0, 1, 2, 3)))
        }
        pieces[KERNELS] = kernels(network)
        blocks = [
            {name: cpu_time(piece, STEPS) for name, piece in pieces.items()}
            | {FAST: step_seconds(fast, network, points, 0.0, BATCH)}
            for _ in range(BLOCKS + 2)
        ][2:]  # the first ones warm up
        rows.append((sparsity, medians(blocks)))
    return rows


def modules(network: Any, sparse: tuple[int, ...]) -> Any:
    """Return the network in PyTorch, with SparseProp's modules for these matrices."""
    import torch
    from sparseprop.modules import SparseLinear

    layers: list[Any] = []
    for index, (weight, bias, _) in enumerate(network.layers()):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))
        layers += [SparseLinear.from_dense(layer) if index in sparse else layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def training_step(model: Any, x: Any, labels: Any) -> Callable[[], None]:
    """Return a function that takes one step of Adam."""
    import torch

    optimiser = torch.optim.Adam(model.parameters(), lr=LR, fused=True)

    def step() -> None:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x), labels).backward()
        optimiser.step()

    return step


def kernels(network: Any) -> Callable[[], None]:
    """Return a function that calls SparseProp's kernels once for each matrix, both ways."""
    import torch
    from sparseprop import backend
    from sparseprop.modules.utils import to_csr_2d

    calls = []
    for weight in network.weights:
        units, features = weight.shape
        values, (starts, columns) = to_csr_2d(torch.from_numpy(weight))
        below, above = torch.rand(features, BATCH), torch.rand(units, BATCH)
        forward = below, starts, columns, values, torch.zeros(units, BATCH)
        gradients = torch.zeros(features, BATCH), torch.zeros_like(values)
        calls.append((forward, (below, starts, columns, values, above, *gradients)))

    def step() -> None:
        for forward, backward in calls:
            backend.sparse_linear_vectorized_forward(*forward)
            backend.sparse_linear_vectorized_backward(*backward)

    return step


def table(rows: list[tuple[float, dict[str, float]]]) -> Table:
    """Return microseconds per step, and how many times less the fast engine needs."""
    cells = []
    for sparsity, cost in rows:
        times = [cost[name] for name in (FAST, MIDDLE, ALL, KERNELS)]
        best = min(cost[MIDDLE], cost[ALL])
        cells.append([sparsity, *times, best / cost[FAST], cost[KERNELS] / cost[FAST]])
    ratios = ["best whole step / fast", "kernels alone / fast"]
    columns = ["sparsity", FAST, MIDDLE, ALL, KERNELS, *ratios]
    note = (
        f"Microseconds of CPU time per step, medians of {BLOCKS} blocks of {STEPS} steps in turns. "
        f"Network {'-'.join(map(str, SIZES))}, {BATCH} samples, no noise, one thread; "
        f"SparseProp {VERSION}. The fast engine also leaves out units that no output can see, and "
        "SparseProp does not: part of the ratio is that."
    )
    return Table("sparseprop", "One step beside SparseProp", columns, cells, note)


def main() -> None:
    """Build, measure in the environment that was built, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the table")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measure()))
        return
    before = machine()
    with tempfile.TemporaryDirectory() as temporary:
        python = build(Path(temporary))
        command = [str(python), "-m", "benchmarks.sparseprop_comparison", "--measure"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, check=True
        )
    rows = json.loads(done.stdout.splitlines()[-1])
    save(chosen.out, "sparseprop", "SparseProp", before, [table(rows)])


if __name__ == "__main__":
    main()
