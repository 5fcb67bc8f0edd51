"""The cost of a seed on each engine and in the straightforward program, and of more seeds.

    python -m benchmarks.speed [--seeds 4 16] [--quick]
    python -m benchmarks.speed --planning 10 100 1000

The second command measures what `snakemake -n` costs for so many seeds.

The engines are measured as the workflow runs them, by the CPU time that each job writes into its
log. The same jobs on a network of a few units show how much of a job is not arithmetic: imports,
kernels read from their cache, files read and written.
"""

import argparse
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
YARDSTICK, ENGINES = "straightforward", ("plain", "fast")

# All jobs with next to no arithmetic: one mini-batch an epoch, on a network of a few units.
MINIATURE = {
    "seeds": 1,
    "task": {"train": 64, "test": 64, "clean": 8},
    "network": {"hidden": [16, 16, 16]},
    "pruning": {"sparsity": 0.5},
}
QUICK_POINTS = 1200  # training points, a tenth of the paper's

DONE = re.compile(r"done in .* \(CPU ([\d.]+) s since the process began.*; (\d+) MB\)")
PHASE = re.compile(r"^(.+?) +([\d.]+) CPU-seconds$", re.MULTILINE)  # the yardstick's lines


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
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, cwd=folder, env=os.environ | here, **pipes) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
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


def show(title: str, note: str, table: pd.DataFrame, name: str) -> None:
    """Print a table, and save it as CSV."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    table.to_csv(RESULTS / name, float_format="%.6g")
    print(f"\n{title}\n{note}\n\n{table.to_string(float_format='{:,.2f}'.format, na_rep='–')}\n")


def phase(job: str) -> str:
    """Return the phase of the yardstick that a job is, or else the job's rule."""
    rule, _, rest = job.partition("/")
    state = rest.partition("_")[2]
    phases = {"treat": f"course of {state}", "relapse": f"relapse of {state}"}
    phases |= {"evaluate": "evaluation", "acute": "acute relapse"}
    return phases.get(rule, rule)


def jobs(results: Path) -> pd.DataFrame:
    """Return CPU-seconds and MB of a study's jobs, from their logs."""
    rows = []
    for path in sorted((results / "logs").rglob("*.log")):
        job = path.relative_to(results / "logs").with_suffix("")
        found = DONE.search(path.read_text(encoding="utf-8"))
        assert found, f"{job}: the log does not tell its CPU time"
        rows.append((phase(job.as_posix()), float(found[1]), float(found[2])))
    return pd.DataFrame(rows, columns=["phase", "cpu", "memory"])


def seed_table(
    yardstick: Mapping[str, float], engines: Mapping[str, pd.DataFrame], miniature: pd.DataFrame
) -> pd.DataFrame:
    """Return the CPU-seconds of one seed by phase, and how many times less than the yardstick's.

    Start-up is that of the fast engine's jobs, memory what the largest job of a phase takes at
    most.
    """
    columns = {YARDSTICK: pd.Series(yardstick)}
    columns |= {name: table.groupby("phase")["cpu"].sum() for name, table in engines.items()}
    columns["of which start-up"] = miniature.groupby("phase")["cpu"].sum()
    order = dict.fromkeys([*yardstick, *(name for t in engines.values() for name in t["phase"])])
    table = pd.DataFrame(columns).reindex(list(order))
    table.loc["total"] = table.sum()
    for name in engines:
        table[f"{YARDSTICK} / {name}"] = table[YARDSTICK] / table[name]
    for name, found in engines.items():
        largest = found.groupby("phase")["memory"].max()
        table[f"{name}, MB"] = largest.reindex(table.index)
        table.loc["total", f"{name}, MB"] = largest.max()
    return table


def growth_table(runs: Mapping[int, tuple[Cost, pd.DataFrame]]) -> pd.DataFrame:
    """Return the cost of the whole study by number of seeds, from whole runs and their jobs."""
    rows = {n: (spent.wall, spent.cpu, found["cpu"].sum()) for n, (spent, found) in runs.items()}
    columns = ["wall", "CPU, all", "CPU of jobs"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table = table.rename_axis("seeds").sort_index()
    table["the rest"] = table["CPU, all"] - table["CPU of jobs"]
    table["CPU per seed more"] = table["CPU, all"].diff() / table.index.to_series().diff()
    return table


def planning_table(folder: Path, counts: Sequence[int]) -> pd.DataFrame:
    """Return the jobs, CPU-seconds and MB of a dry run by number of seeds."""
    rows = {}
    for seeds in counts:
        spent = snakemake(folder, f"seeds_{seeds}", {"seeds": seeds}, "-n")
        [jobs] = re.findall(r"^total\s+(\d+)", spent.output, flags=re.MULTILINE)[:1]
        rows[seeds] = {"jobs": int(jobs), "CPU-s": spent.cpu, "MB": spent.memory}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("seeds")


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    numbers: Any = {"type": int, "nargs": "+"}
    parser.add_argument("--seeds", **numbers, default=[4, 16], help="numbers of seeds, beside 1")
    quick = "one seed, a tenth of the training points"
    parser.add_argument("--quick", action="store_true", help=quick)
    planning = "numbers of seeds of which only the planning is measured"
    parser.add_argument("--planning", **numbers, help=planning)
    chosen = parser.parse_args()
    before = machine()
    if chosen.planning:
        with tempfile.TemporaryDirectory() as folder:
            table = planning_table(Path(folder), chosen.planning)
        return show("snakemake -n by number of seeds", before, table, "planning.csv")
    study: dict[str, Any] = {"task": {"train": QUICK_POINTS}} if chosen.quick else {}

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)

        def run(name: str, study: Mapping[str, Any]) -> tuple[Cost, pd.DataFrame]:
            spent = snakemake(folder, name, study, "-j", "2")
            return spent, jobs(folder / "results" / name)

        compiling, _ = run("compile", MINIATURE)
        again, miniature = run("miniature", MINIATURE)
        arguments = ["--seed", "0", "--study", overlay(folder, YARDSTICK, study)]
        printed = cost(["-m", f"benchmarks.{YARDSTICK}", *arguments], folder).output
        yardstick = {name: float(seconds) for name, seconds in PHASE.findall(printed)}
        del yardstick["total"]
        one = {name: run(name, study | {"engine": name, "seeds": 1}) for name in ENGINES}
        runs = {1: one["fast"]}
        for n in [] if chosen.quick else chosen.seeds:
            runs[n] = run(f"seeds_{n}", study | {"engine": "fast", "seeds": n})

    kernels = compiling.cpu - again.cpu
    note = f"{before}\nCompiling the kernels takes {kernels:.1f} CPU-seconds, once."
    if chosen.quick:
        note += f"\nQuick form: {QUICK_POINTS} training points, so that arithmetic is too cheap."
    table = seed_table(yardstick, {name: found for name, (_, found) in one.items()}, miniature)
    show("One seed by phase, CPU-seconds", note, table, "seed.csv")
    note = "Seconds on the fast engine, from nothing to the report, with two cores."
    show("The whole study by number of seeds", note, growth_table(runs), "growth.csv")


if __name__ == "__main__":
    main()
