"""Files that a study leaves and has not said that it would."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

# What Snakemake keeps on purpose: its log of each run, and what each output was made from.
KEPT_BY_SNAKEMAKE = ("log", "metadata")


def files(folder: Path) -> set[str]:
    """Return the paths below a folder of everything that is no folder, hidden or not."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def declared(summary: str) -> set[str]:
    """Return the outputs, logs and benchmarks in the output of `snakemake --summary`.

    It has no column for benchmarks; they lie as the logs do (rules/common.smk).
    """
    lines = summary[summary.index("output_file\t") :]
    found: set[str] = set()
    for row in csv.DictReader(io.StringIO(lines), delimiter="\t"):
        if row["log-file(s)"] is None:
            continue  # what Snakemake says besides
        logs = [log for log in row["log-file(s)"].split(",") if log not in ("", "-")]
        found |= {row["output_file"], *logs}
        found |= {
            log.replace("/logs/", "/benchmarks/", 1).removesuffix(".log") + ".tsv" for log in logs
        }
    return found


def undeclared(found: Iterable[str], expected: set[str]) -> list[str]:
    """Return the files of a project's folder that nothing accounts for.

    Compiled Python and compiled kernels may be there, in folders named for it, and of Snakemake's
    own folder what it keeps on purpose.
    """
    return sorted(name for name in found if name not in expected and not _accounted(Path(name)))


def _accounted(path: Path) -> bool:
    parts = path.parts
    if parts[0] == ".snakemake":
        # Whose lock it is: a kernel's, on an empty file or one with the host's name.
        return parts[1:] == ("alive",) or (len(parts) > 2 and parts[1] in KEPT_BY_SNAKEMAKE)
    in_cache = "__pycache__" in parts
    return in_cache and path.suffix in (".pyc", ".nbi", ".nbc", ".lock")
