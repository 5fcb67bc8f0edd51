"""The cost of planning many seeds: CPU-seconds and memory of `snakemake -n`.

    python -m benchmarks.scaling [--seeds 10,100,1000] [--out FOLDER]

Nothing is computed; the study is planned in a temporary copy of the project.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pandas as pd

from benchmarks.costs import RESULTS, machine, project, show, snakemake


def planned(folder: Path, seeds: int) -> dict[str, float]:
    """Return the number of jobs, CPU-seconds and MB of one dry run."""
    cost = snakemake(folder, f"seeds_{seeds}", {"seeds": seeds}, "-n")
    totals = re.findall(r"^total\s+(\d+)", cost.output, flags=re.MULTILINE)
    return {"jobs": int(totals[0]), "CPU-s": cost.cpu, "MB": cost.memory}


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="10,100,1000", help="numbers of seeds")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the table")
    chosen = parser.parse_args()
    before = machine()
    with project() as folder:
        rows = {seeds: planned(folder, seeds) for seeds in map(int, chosen.seeds.split(","))}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("seeds")
    show("snakemake -n by number of seeds", before, table, chosen.out / "planning.csv")


if __name__ == "__main__":
    main()
