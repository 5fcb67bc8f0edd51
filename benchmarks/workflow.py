"""What the whole study costs through Snakemake: by number of seeds, and by rule.

    python -m benchmarks.workflow [--seeds 1,4,16] [--quick] [--out FOLDER]

runs `snakemake -j 2` in a temporary copy of the project and counts Snakemake itself and all that it
starts. Kernels are compiled before, which is told apart. The same jobs on a network of a few units
show how much of a job is not arithmetic: imports, kernels read from their cache, files read and
written.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from subprocess import STDOUT, Popen
from typing import Any

from benchmarks.contender import miniature as few_units
from benchmarks.engines import read_study
from benchmarks.report import RESULTS, ROOT, Table, Value, machine, save

PARTS = (
    *("Snakefile", "config.yaml", "rules", "workflow_scripts", "pipeline_lib", "profiles"),
    *("report", "docs", "CITATION.cff"),
)
CORES = 2

# All jobs with next to no arithmetic: one mini-batch an epoch, on a network of a few units.
MINIATURE = {
    "seeds": 1,
    "task": {"train": 64, "test": 64, "clean": 8},
    "network": {"hidden": [16, 16, 16]},
    "pruning": {"sparsity": 0.5},
}
QUICK_TASK = {"train": 1200}

DONE = re.compile(r"done in .* \(CPU ([\d.]+) s since the process began")


@dataclass
class Jobs:
    """The jobs of one rule: CPU-seconds and memory of each process."""

    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)  # MB


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the clock, CPU-seconds with all that it started, the memory
    of its largest process in MB, and what it printed."""

    wall: float
    cpu: float
    memory: float
    output: str


@dataclass(frozen=True)
class Run:
    """One run of a study: seconds by the clock, CPU-seconds of all processes, and its jobs."""

    wall: float
    cpu: float
    rules: Mapping[str, Jobs]

    @property
    def jobs_cpu(self) -> float:
        """CPU-seconds of all jobs, as their logs tell."""
        return sum(sum(jobs.cpu) for jobs in self.rules.values())


def copy_project(folder: Path) -> None:
    """Copy what a study needs, without what earlier runs left."""
    ignored = shutil.ignore_patterns("__pycache__")
    for part in (*PARTS, "reference", "benchmarks"):
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        else:
            shutil.copy(ROOT / part, folder / part)


def measured(command: Sequence[str], folder: Path, text: str = "") -> Cost:
    """Run Python with these arguments in a copy of the project, with `text` as its input.

    Raises SystemExit with what it printed if it fails.
    """
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+") as printed:
        given.write(text)
        given.seek(0)
        # As a user would: how many threads a job has is the workflow's own affair.
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        process = Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            stdin=given,
            stdout=printed,
            stderr=STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        output = printed.read()
    if process.returncode:
        sys.exit(output)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(time.perf_counter() - start, cpu, usage.ru_maxrss / 1024, output)


def snakemake(folder: Path, name: str, study: Mapping[str, Any], *options: str) -> Cost:
    """Run Snakemake on a study, an overlay on config.yaml, in a copy of the project."""
    import yaml

    overlay = folder / f"{name}.yaml"
    overlay.write_text(yaml.safe_dump({**study, "results": f"results/{name}"}), encoding="utf-8")
    return measured(["-m", "snakemake", *options, "--configfile", overlay.name], folder)


def run_study(folder: Path, name: str, study: Mapping[str, Any]) -> Run:
    """Run a study from scratch in a copy of the project."""
    cost = snakemake(folder, name, study, "-j", str(CORES))
    return Run(cost.wall, cost.cpu, read_rules(folder / "results" / name))


def read_rules(results: Path) -> dict[str, Jobs]:
    """Return the jobs of each rule, from their logs and Snakemake's benchmark files.

    CPU time is the logs': Snakemake samples it, after a while every 30 seconds only.
    """
    rules: dict[str, Jobs] = defaultdict(Jobs)
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        job = path.relative_to(results / "benchmarks").with_suffix("")
        log = (results / "logs" / job).with_suffix(".log").read_text(encoding="utf-8")
        found = DONE.search(log)
        assert found, f"{job}: the log does not tell its CPU time"
        jobs = rules[job.parts[0]]
        jobs.cpu.append(float(found[1]))
        with path.open(newline="", encoding="utf-8") as file:
            memory = [row["max_rss"] for row in csv.DictReader(file, delimiter="\t")]
        jobs.memory += [float(value) for value in memory if value not in ("NA", "-")]
    return dict(rules)


def growth_table(runs: Mapping[int, Run]) -> Table:
    """Return cost by number of seeds."""
    rows: list[list[Value]] = []
    for seeds, run in runs.items():
        own = run.cpu - run.jobs_cpu
        rows.append([seeds, run.wall, run.cpu, run.jobs_cpu, own, run.cpu / seeds])
    note = f"Seconds; `snakemake -j {CORES}`, from nothing to the tables, kernels compiled "
    note += "before. The rest is Snakemake itself and the end of its jobs' processes."
    if len(runs) > 1:
        fewest, most = min(runs), max(runs)
        each = (runs[most].cpu - runs[fewest].cpu) / (most - fewest)
        note += f" Between {fewest} and {most} seeds, each one more costs {each:.1f} CPU-seconds."
    columns = ["seeds", "wall", "CPU, all", "CPU of jobs", "the rest", "CPU per seed"]
    return Table("seeds", "The whole study", columns, rows, note)


def rules_table(run: Run, miniature: Run, seeds: int) -> Table:
    """Return cost by rule, and how much of it is not arithmetic."""
    rows: list[list[Value]] = []
    for rule, jobs in run.rules.items():
        count, cpu = len(jobs.cpu), sum(jobs.cpu)
        other = count * fmean(miniature.rules[rule].cpu)
        memory = max(jobs.memory, default=None)
        rows.append([rule, count, cpu, cpu / count, other, other / cpu, memory])
    total = [sum(row[k] for row in rows) for k in (1, 2, 4)]
    most = max((row[6] for row in rows if row[6] is not None), default=None)
    rows.append(["total", total[0], total[1], None, total[2], total[2] / total[1], most])
    note = (
        f"{seeds} seed{'s' * (seeds > 1)}. Not arithmetic: the same jobs' CPU-seconds in a "
        "study of a network of a few units. Memory as Snakemake samples it."
    )
    columns = ["rule", "jobs", "CPU-s", "CPU-s per job", "not arithmetic", "share", "MB at most"]
    return Table("rules", "By rule", columns, rows, note)


def compile_kernels(folder: Path) -> float:
    """Compile the fast engine's kernels for this copy; return what that costs in CPU-seconds."""
    # Each copy has a cache of its own, as each checkout of the project has.
    study = few_units(read_study(None))
    request = {"contender": "fast", "seed": 0, "study": study, "most_epochs": 1}
    return measured(["-m", "benchmarks.contender"], folder, json.dumps(request) + "\n").cpu


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", help="numbers of seeds; by default 1,4,16, and 1 with --quick")
    parser.add_argument("--quick", action="store_true", help="a tenth of the training points")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    chosen = parser.parse_args()
    counts = [int(n) for n in (chosen.seeds or ("1" if chosen.quick else "1,4,16")).split(",")]
    study = {"task": QUICK_TASK} if chosen.quick else {}
    before = machine()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy_project(folder)
        compiling = compile_kernels(folder)
        miniature = run_study(folder, "miniature", MINIATURE)
        runs = {n: run_study(folder, f"seeds_{n}", {**study, "seeds": n}) for n in counts}
    preface = f"{before}\n\nCompiling the kernels took {compiling:.1f} CPU-seconds, once."
    if chosen.quick:
        preface += (
            f"\n\nQuick form: {QUICK_TASK['train']} training points, a tenth of the study's, so "
            "arithmetic is far too cheap here and start-up is as it is."
        )
    tables = [growth_table(runs), rules_table(runs[max(runs)], miniature, max(runs))]
    save(chosen.out, "workflow", "Workflow", preface, tables)


if __name__ == "__main__":
    main()
