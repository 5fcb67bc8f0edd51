"""Do results agree between settings of threads and of CPU features?

    python -m tests.trust.portability

Each setting is a process of its own. Data sets, initial weights, pruning, orders of points and
random bits must be equal to the bit; noise, gradients and an epoch within the bounds below. Ends
with 1 if a bound is broken.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from pipeline_lib import engines
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.pruning import magnitude_threshold, prune
from pipeline_lib.model.randomness import initial_state, shuffled, torch_generator
from pipeline_lib.model.task import clean_points, standard_points, training_points
from tests.conftest import CENTRES, ROOT

ENGINES = ("fast", "plain")
CLOUDS = {"centres": CENTRES, "sd": 0.8}
ONE = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
NUMPY = np._core._multiarray_umath
# Every library below what this CPU offers.
OLD_LIBRARIES = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(
        name for name in NUMPY.__cpu_dispatch__ if NUMPY.__cpu_features__[name]
    ),
    "OPENBLAS_CORETYPE": "Prescott",
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4",
}
OLD_KERNELS = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": ""}

# Another order of summation moves a gradient by some 1e-7 of its size, and each step of an epoch
# starts from where rounding left the last one. The bounds are 5 to 80 times what was measured.
BOUNDS = {
    "noise": 1e-5,  # the largest difference of a draw, in standard deviations
    "gradient": 1e-5,  # rms difference, as a share of the rms gradient
    "epoch": 1e-3,  # rms difference of weights, as a share of how far they went
    "loss": 1e-6,  # of the loss of that epoch
}


def settings():
    """Return the environment variables of each setting that is compared with one thread."""
    four = dict.fromkeys(ONE, "4")
    if platform.machine() not in ("x86_64", "AMD64"):
        return {"four threads": four}
    return {
        "four threads": four,
        "four threads, old libraries": four | OLD_LIBRARIES,
        # Its kernels are compiled, which takes most of the time.
        "old libraries and kernels": ONE | OLD_LIBRARIES | OLD_KERNELS,
    }


def probed(variables):
    """Return what a process computes under these environment variables."""
    known = ONE | OLD_LIBRARIES | OLD_KERNELS
    kept = {name: value for name, value in os.environ.items() if name not in known}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "found.npz")
        command = [sys.executable, "-m", "tests.trust.portability", "--probe", str(path)]
        subprocess.run(command, cwd=ROOT, env=kept | dict(variables), check=True)
        with np.load(path) as found:
            return dict(found)


def exact_things():
    """Yield what no setting may change by a bit."""
    for points in (
        training_points(0, **CLOUDS, train=12000),
        standard_points(0, **CLOUDS, test=4000),
        clean_points(0, centres=CENTRES, clean=2000),
    ):
        yield f"data set of {len(points)}", points.x
        yield f"labels of {len(points)}", points.labels
    for init in ("torch", {"normal": 0.05}):
        network = initial_network([2, 512, 512, 256, 4], init, initial_state(0))
        yield f"initial weights {init}", flat((*network.weights, *network.biases))
        yield f"masks {init}", flat(prune(network, 0.95).masks)
        thresholds = [magnitude_threshold(weight, 0.95) for weight in network.weights]
        yield f"thresholds {init}", np.array(thresholds)
    fast = engines.load("fast")
    source = fast.generator(0, "order")
    yield "order fast", source.orders.permutation(12000)
    yield "order plain", shuffled(12000, torch_generator(0, "order")).numpy()
    fast.normal(100_000, 1.0, source)
    yield "random bits fast", source.lanes


def moving_things(name):
    """Yield the noise of an engine, its gradients, and an epoch's loss and change of weights."""
    engine = engines.load(name)
    yield "noise", engine.normal(100_000, 1.0, engine.generator(0, "noise"))
    dense = initial_network([2, 512, 512, 256, 4], "torch", initial_state(0))
    points = training_points(0, **CLOUDS, train=12000)
    for kind, network in (("dense", dense), ("pruned", prune(dense, 0.95))):
        source, size = engine.generator(0, "probe"), {"batch_size": 128}
        found = engine.gradient_magnitudes(network, points, batches=1, **size, generator=source)
        yield f"gradient {kind}", flat(found)
        options = {"epochs": 1, "lr": 1e-3, "noise": (0.0, 0.0), **size}
        after, history = engine.fit(network, points, **options, generator=source)
        yield f"epoch {kind}", flat(after.weights) - flat(network.weights)
        yield f"loss {kind}", np.array([history[0].loss])


def flat(arrays):
    """Return the numbers of all arrays in one vector."""
    return np.concatenate([array.ravel() for array in arrays])


def compared(found, reference):
    """Return the largest difference of each kind, and what breaks its bound."""
    largest: dict[str, float] = {}
    broken = []
    for name, theirs in reference.items():
        ours = found[name]
        owner, _, what = name.partition(":")
        if owner == "exact":
            if ours.dtype != theirs.dtype or ours.tobytes() != theirs.tobytes():
                broken.append(name)
            continue
        kind = what.split()[0]
        off = ours.astype(float) - theirs
        size = np.abs(off).max() if kind == "noise" else rms(off) / rms(theirs)
        largest[f"{owner} {kind}"] = max(size, largest.get(f"{owner} {kind}", 0.0))
        if not size <= BOUNDS[kind]:
            broken.append(name)
    return dict(sorted(largest.items())), broken


def rms(values):
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def main():
    """Compare every setting with one thread on this CPU, and print the largest differences."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--probe", help=argparse.SUPPRESS)  # compute, and save to this file
    chosen = parser.parse_args()
    if chosen.probe:
        found = {f"exact:{name}": value for name, value in exact_things()}
        for engine in ENGINES:
            found |= {f"{engine}:{name}": value for name, value in moving_things(engine)}
        np.savez(chosen.probe, **found)
        return 0
    reference, wrong = probed(ONE), 0
    for name, variables in settings().items():
        largest, broken = compared(probed(variables), reference)
        print(f"{name}: " + ", ".join(f"{what} {size:.1e}" for what, size in largest.items()))
        print("".join(f"  broken: {what}\n" for what in broken), end="", flush=True)
        wrong += len(broken)
    print("every bound is kept" if not wrong else f"{wrong} bounds are broken")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
