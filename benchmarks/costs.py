"""The cost of a command in a folder of its own, and tables of costs, printed and saved."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

ROOT = Path(__file__).parent.parent
RESULTS = Path("results/benchmarks/performance")


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, CPU-seconds of all processes, MB of the largest, what was printed."""

    wall: float
    cpu: float
    memory: float
    output: str


def cost(arguments: Sequence[str], folder: Path) -> Cost:
    """Run Python in a folder, where its kernels are kept, too, so that the first run compiles them.

    Raises SystemExit with what it printed if it fails.
    """
    start = time.perf_counter()
    here = {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder / "kernels")}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=os.environ | here,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        output = printed.read()
    if process.returncode:
        sys.exit(output)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(time.perf_counter() - start, cpu, usage.ru_maxrss / 1024, output)


def overlay(folder: Path, name: str, study: Mapping[str, Any]) -> str:
    """Write a study, an overlay on config.yaml whose results are `results/<name>`."""
    text = yaml.safe_dump({**study, "results": f"results/{name}"})
    Path(folder, f"{name}.yaml").write_text(text, encoding="utf-8")
    return f"{name}.yaml"


def snakemake(folder: Path, name: str, study: Mapping[str, Any], *options: str) -> Cost:
    """Run Snakemake on a study, whose results are in this folder."""
    files = ["-s", str(ROOT / "Snakefile"), "--configfile", overlay(folder, name, study)]
    return cost(["-m", "snakemake", *options, *files], folder)


def machine() -> str:
    """Return a line about the machine and the libraries, since times mean nothing without."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "numba"))
    return (
        f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}; Python {platform.python_version()}, {libraries}."
    )


def show(title: str, note: str, table: pd.DataFrame, path: Path) -> None:
    """Print a table, and save it as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, float_format="%.6g")
    print(f"\n{title}\n{note}\n\n{table.to_string(float_format='{:,.2f}'.format, na_rep='–')}\n")
