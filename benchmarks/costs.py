"""The cost of a command in a copy of the project, and tables of costs, printed and saved."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

ROOT = Path(__file__).parent.parent
RESULTS = Path("results/benchmarks/performance")

PARTS = (
    *("Snakefile", "config.yaml", "rules", "workflow_scripts", "pipeline_lib", "profiles"),
    *("report", "docs", "reference", "benchmarks", "CITATION.cff"),
)


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, CPU-seconds of all processes, MB of the largest, what was printed."""

    wall: float
    cpu: float
    memory: float
    output: str


@contextmanager
def project() -> Iterator[Path]:
    """Make a copy of what a study needs, without what earlier runs left, and remove it again."""
    with tempfile.TemporaryDirectory() as temporary:
        for part in PARTS:
            source, copy = ROOT / part, Path(temporary, part)
            if source.is_dir():
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy)
        yield Path(temporary)


def cost(arguments: Sequence[str], folder: Path) -> Cost:
    """Run Python in a copy of the project. Raises SystemExit with what it printed if it fails."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
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
    """Run Snakemake on a study in a copy of the project."""
    file = overlay(folder, name, study)
    return cost(["-m", "snakemake", *options, "--configfile", file], folder)


def machine() -> str:
    """Return a line about the machine and the libraries, since times mean nothing without."""
    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.exists() else ""
    model = re.search(r"model name\s*: (.*)", text)
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
