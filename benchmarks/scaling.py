"""What many seeds cost Snakemake and the study's own last steps, beside the seeds' own work.

    python -m benchmarks.scaling [--seeds 10,100,1000] [--out FOLDER]

No thousand seeds are computed. One is, of a tiny network, and its files and Snakemake's records of
them are copied under the other seeds' names, so that the workflow sees a finished study of as many
jobs and files as the paper's. Everything from `gather` to the report then runs on that.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from benchmarks.report import RESULTS, Table, Value, machine, save
from benchmarks.workflow import DONE, MINIATURE, compile_kernels, copy_project
from pipeline_lib.files.rows import write_table

STUDY = "study.yaml"
RECORDS = Path(".snakemake/metadata")


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the clock, CPU-seconds with all that it started, and the
    memory of its largest process in MB."""

    wall: float
    cpu: float
    memory: float
    output: str


def measured(command: Sequence[str], folder: Path) -> Cost:
    """Run a command; raises SystemExit with its output if it fails."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        sys.exit(text)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(time.perf_counter() - start, cpu, usage.ru_maxrss / 1024, text)


def snakemake(folder: Path, seeds: int, *arguments: str) -> Cost:
    """Run Snakemake on the study of so many seeds."""
    text = yaml.safe_dump({**MINIATURE, "seeds": seeds})
    (folder / STUDY).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--configfile", STUDY, *arguments]
    return measured(command, folder)


def copy_seed(folder: Path, seed: int) -> None:
    """Put copies of seed 0's files, and of Snakemake's records of them, under another seed's."""
    results = folder / "results"
    for source in sorted((results / "seeds/0").rglob("*")):
        target = results / f"seeds/{seed}" / source.relative_to(results / "seeds/0")
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".parquet":
            table = pq.read_table(source, partitioning=None)
            column = pa.array([seed] * table.num_rows, table.schema.field("seed").type)
            write_table(target, table.set_column(0, table.schema.field("seed"), column))
        else:
            shutil.copyfile(source, target)
        shutil.copystat(source, target)
        record = folder / RECORDS / _record_name(source.relative_to(folder))
        text = record.read_text(encoding="utf-8").replace("seeds/0/", f"seeds/{seed}/")
        copy = folder / RECORDS / _record_name(target.relative_to(folder))
        copy.write_text(text, encoding="utf-8")
    for kind in ("logs", "benchmarks"):
        for source in sorted((results / kind).rglob("0*")):
            name = source.name.replace("0", f"{seed}", 1)
            shutil.copy2(source, source.with_name(name))


def _record_name(path: Path) -> str:
    return base64.b64encode(str(path).encode()).decode()


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="10,100,1000", help="numbers of seeds, ascending")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    chosen = parser.parse_args()
    before = machine()
    snakes: list[list[Value]] = []
    rest: list[list[Value]] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy_project(folder)
        compile_kernels(folder)
        new = {n: snakemake(folder, n, "-n", "--quiet") for n in map(int, chosen.seeds.split(","))}
        jobs = {n: _jobs(snakemake(folder, n, "-n").output) for n in new}
        snakemake(folder, 1, "-j", "2")
        there = 1
        for seeds, dry in new.items():
            for seed in range(there, seeds):
                copy_seed(folder, seed)
            there = seeds
            gather = snakemake(folder, seeds, "-j", "1", "--quiet", "--until", "gather")
            own = [_cpu(folder, f"gather/{kind}") for kind in KINDS]
            finish = snakemake(folder, seeds, "-j", "1", "--quiet")
            warm = snakemake(folder, seeds, "-j", "2")
            assert "Nothing to be done" in warm.output, warm.output[-2000:]
            snakes.append([seeds, jobs[seeds], dry.cpu, dry.memory, warm.cpu, warm.memory])
            rest.append([seeds, *own, gather.memory, finish.cpu, finish.memory])
    note = "CPU-seconds, and MB of the largest process. Nothing is there yet; all is there."
    columns = ["seeds", "jobs", "-n, CPU-s", "MB", "no-op, CPU-s", "MB"]
    tables = [Table("snakemake", "Snakemake itself", columns, snakes, note)]
    note = "CPU-seconds of each gather job; of all from tables to report, Snakemake included."
    columns = ["seeds", *KINDS, "MB at most", "tables to report, CPU-s", "MB at most"]
    tables.append(Table("rest", "Gathering and reporting", columns, rest, note))
    save(chosen.out, "scaling", "Many seeds", before, tables)


KINDS = ("evaluate", "acute", "relapse", "history")


def _jobs(output: str) -> int:
    totals = [line.split()[1] for line in output.splitlines() if line.startswith("total")]
    return int(totals[0])


def _cpu(folder: Path, job: str) -> float:
    found = DONE.search((folder / "results/logs" / job).with_suffix(".log").read_text("utf-8"))
    assert found, job
    return float(found[1])


if __name__ == "__main__":
    main()
