"""Do results agree between settings of threads and of CPU features, and within what bounds?

    python -m tests.trust.portability           # all settings; kernels are compiled for each CPU
    python -m tests.trust.portability --quick   # two settings, no compilation

Each setting is a process of its own (tests/trust/probe.py). Ends with 1 if a bound is broken.
docs/reliability.md explains the bounds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy import stats

from tests.conftest import ROOT
from tests.trust import settings
from tests.trust.probe import ENGINES, LR, batch, flat, networks
from tests.trust.rounding import LIMIT, U, first_step, gradients

Results = Mapping[str, np.ndarray]

# Of a draw r·cos(a): sixteen roundings of a radius of 6.7 sd at the most, on each side.
NOISE = 2 * 16 * U * 6.7
# An epoch is 94 steps, each of which starts where rounding left the last one, and no useful bound
# follows from rounding alone any more. These are some fifty times what was measured, since which
# ReLU falls on the other side of zero is another one on every kind of machine.
EPOCH_WEIGHTS = 1e-3  # rms difference of weights, as a share of the rms distance they went
EPOCH_LOSS = 1e-6  # of the loss
# A finished study is another draw of the same chaos: no seed need agree, but the means must,
# within their own scatter, and so must the distributions.
STANDARD_ERRORS = 4.0
POINTS = 0.5  # added, since twelve seeds know their own scatter badly
SMALLEST_P = 1e-3


def probed(variables: Mapping[str, str], seeds: int) -> dict[str, np.ndarray]:
    """Return what a process computes under these environment variables."""
    kept = {k: v for k, v in os.environ.items() if k not in settings.ALL}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "found.npz")
        command = [sys.executable, "-m", "tests.trust.probe", str(path), "--seeds", str(seeds)]
        subprocess.run(command, cwd=ROOT, env=kept | dict(variables), check=True)
        with np.load(path) as found:
            return {name.replace("|", "/"): found[name] for name in found.files}


class Bounds:
    """How far from exact arithmetic a step may be, for the two networks."""

    def __init__(self) -> None:
        points = batch()
        self.exact: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name, network in networks().items():
            found = gradients(network, points.x, points.labels)
            steps = [
                first_step(gradient, weight, LR)
                for gradient, weight in zip(found, network.weights, strict=True)
            ]
            alive = flat(network.masks)
            after, bound = (flat(parts) for parts in zip(*steps, strict=True))
            self.exact[f"step, {name}"] = (np.where(alive, after, 0), np.where(alive, bound, 0))
            self.exact[f"gradient, {name}"] = (
                np.abs(flat([gradient.value for gradient in found])),
                LIMIT * flat([gradient.sd for gradient in found]),
            )

    def share(self, what: str, found: np.ndarray) -> float:
        """Return the largest share of its bound that any number's error takes."""
        value, bound = self.exact[what]
        off = np.abs(found - value)
        shares = np.divide(off, bound, out=np.where(off > 0, np.inf, 0.0), where=bound > 0)
        return float(shares.max())


def compared(found: Results, reference: Results, bounds: Bounds) -> tuple[list[str], list[str]]:
    """Return the cells of a setting's row, and what of it breaks a bound."""
    cells, broken = [], []

    def judge(cell: str, good: bool) -> None:
        cells.append(cell if good else f"**{cell}**")
        if not good:
            broken.append(cell)

    exact = [name for name in found if name.startswith("exact/")]
    moved = [name for name in exact if not _same(found[name], reference[name])]
    judge(", ".join(name.removeprefix("exact/") for name in moved) or "same", not moved)
    for engine in ENGINES:
        ours = {k.removeprefix(f"{engine}/"): v for k, v in found.items()}
        theirs = {k.removeprefix(f"{engine}/"): v for k, v in reference.items()}
        noise = np.abs(ours["noise"] - theirs["noise"]).max()
        judge(_number(noise), noise <= NOISE)
        shares = [bounds.share(what, ours[what]) for what in bounds.exact]
        step = max(np.abs(ours[f"step, {n}"] - theirs[f"step, {n}"]).max() for n in networks())
        judge(f"{_number(step)} ({max(shares):.2f})", max(shares) <= 1)
        weights, losses = [], []
        for name, network in networks().items():
            went = _rms(theirs[f"epoch, {name}"] - flat(network.weights))
            weights.append(_rms(ours[f"epoch, {name}"] - theirs[f"epoch, {name}"]) / went)
            loss, other = (r[f"loss of the epoch, {name}"][0] for r in (ours, theirs))
            losses.append(abs(loss - other) / other)
        judge(_number(max(weights)), max(weights) <= EPOCH_WEIGHTS)
        judge(_number(max(losses)), max(losses) <= EPOCH_LOSS)
        if "small study" in ours:
            judge(*_study(ours["small study"], theirs["small study"]))
    return cells, broken


def _study(ours: np.ndarray, theirs: np.ndarray) -> tuple[str, bool]:
    """Return the largest difference of a seed and of a mean, in points, and whether it may be."""
    differences = ours - theirs
    means = differences.mean(axis=0)
    allowed = POINTS + STANDARD_ERRORS * differences.std(axis=0) / np.sqrt(len(ours))
    likely = [
        stats.ks_2samp(a, b).pvalue > SMALLEST_P for a, b in zip(ours.T, theirs.T, strict=True)
    ]
    good = bool((np.abs(means) <= allowed).all() and all(likely))
    return f"{np.abs(differences).max():.2f}; {np.abs(means).max():.2f}", good


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def _number(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"


def header(seeds: int) -> list[str]:
    """Return the columns of the table."""
    each = ["noise", "a step (share of its bound)", "an epoch, weights", "its loss"]
    each += ["accuracy, a seed; the mean"] if seeds else []
    return ["setting", "exact", *(f"{name}: {what}" for name in ENGINES for what in each)]


def main(arguments: list[str] | None = None) -> int:
    """Run every setting, print the table, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two settings, no small study")
    parser.add_argument("--seeds", type=int, default=12, help="of the small study (12)")
    chosen = parser.parse_args(arguments)
    seeds = 0 if chosen.quick else chosen.seeds
    others = settings.quick() if chosen.quick else settings.threads() | settings.cpus()
    reference, bounds = probed(settings.reference(), seeds), Bounds()
    columns = header(seeds)
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    broken = []
    # The first row is the reference itself: what differs from exact arithmetic, not from others.
    for name, variables in {"one thread, this CPU": None, **others}.items():
        found = reference if variables is None else probed(variables, seeds)
        cells, bad = compared(found, reference, bounds)
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
        broken += [f"{name}: {cell}" for cell in bad]
    print("\n".join(f"broken: {line}" for line in broken) or "every bound is kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
