"""What it costs Snakemake to plan a study of many seeds: CPU-seconds and memory of `snakemake -n`.

    python -m benchmarks.scaling [--seeds 10,100,1000] [--out FOLDER]

Nothing is computed; the study is planned in a temporary copy of the project.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

from benchmarks.report import RESULTS, Table, Value, machine, save
from benchmarks.workflow import copy_project, snakemake


def planned(folder: Path, seeds: int) -> list[Value]:
    """Return the number of seeds, of jobs, CPU-seconds and MB of one dry run."""
    cost = snakemake(folder, f"seeds_{seeds}", {"seeds": seeds}, "-n")
    totals = re.findall(r"^total\s+(\d+)", cost.output, flags=re.MULTILINE)
    return [seeds, int(totals[0]), cost.cpu, cost.memory]


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="10,100,1000", help="numbers of seeds")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the table")
    chosen = parser.parse_args()
    before = machine()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy_project(folder)
        rows = [planned(folder, int(seeds)) for seeds in chosen.seeds.split(",")]
    columns = ["seeds", "jobs", "CPU-s", "MB"]
    table = Table("planning", "`snakemake -n`", columns, rows, "Nothing is there yet.")
    save(chosen.out, "scaling", "Planning many seeds", before, [table])


if __name__ == "__main__":
    main()
