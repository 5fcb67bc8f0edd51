"""Tables of measurements: printed, and saved as one Markdown file and a CSV file each."""

from __future__ import annotations

import csv
import io
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = Path("results/benchmarks/performance")

Value = str | float | int | None


@dataclass(frozen=True)
class Table:
    """A table; `name` is its file's, and `note` says how its numbers were come by."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    note: str = ""

    def markdown(self) -> str:
        """Return the table for people."""
        cells = [list(self.columns), *[[shown(value) for value in row] for row in self.rows]]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "| " + " | ".join(aligned(row, widths)) + " |"
            for row in [cells[0], ["-" * width for width in widths], *cells[1:]]
        ]
        note = f"\n{self.note}\n" if self.note else ""
        return f"## {self.title}\n{note}\n" + "\n".join(lines) + "\n"

    def csv(self) -> str:
        """Return the table for programs."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow(
                [float(f"{value:.6g}") if isinstance(value, float) else value for value in row]
            )
        return text.getvalue()


def aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return the cells padded, the first one to the left."""
    pad = [str.ljust, *[str.rjust] * (len(row) - 1)]
    return [fill(cell, width) for fill, cell, width in zip(pad, row, widths, strict=True)]


def shown(value: Value) -> str:
    """Return a value as people read it: three digits or so."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def machine() -> str:
    """Return a line about the machine and the libraries, since times mean nothing without."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "numba"))
    return (
        f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; "
        f"Python {platform.python_version()}, {libraries}."
    )


def processor() -> str:
    """Return the processor's name, or else its architecture."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def save(folder: Path, name: str, title: str, preface: str, tables: Sequence[Table]) -> None:
    """Print the tables, and write them below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = f"# {title}\n\n{preface}\n\n" + "\n".join(table.markdown() for table in tables)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    for table in tables:
        (folder / f"{table.name}.csv").write_text(table.csv(), encoding="utf-8")
    print(text)
    print(f"saved below {folder}", file=sys.stderr)
