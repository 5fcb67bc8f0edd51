"""The files of published numbers, and how far a printed number may be from the computed one."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Place, Statistics
from pipeline_lib.analysis.intervals import NO_LIMITS
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.stamps import read_bytes
from pipeline_lib.measures import Value
from pipeline_lib.names import MODULATIONS, ON
from pipeline_lib.numbers import Key, Number

STATISTICS = ("mean", "sd", "min", "max", "count")
_WHOLE = ("cycle", "seed", "count", "n_seeds")

PUBLISHED_COLUMNS = ("table", *Key._fields, "seed", *STATISTICS, "n_seeds")
RUN_COLUMNS = ("seed", *Key._fields, "value")


@dataclass(frozen=True)
class Published:
    """A published number, in the unit in which it was printed, and the `table` that printed it.

    The value of a single `seed` is in `mean`, which was printed with so many `decimals`.
    """

    table: str
    key: Key
    seed: int | None
    statistics: Statistics
    decimals: int = 0

    @property
    def place(self) -> Place:
        """Return the number's key and its seed."""
        return Place(self.key, self.seed)


def read_published(path: str | Path) -> list[Published]:
    """Read published means, SDs, ranges and counts from a CSV file with `PUBLISHED_COLUMNS`.

    Other columns, such as the source of a number, are ignored. Raises PipelineError if the file is
    missing, is not CSV, lacks a column, has text instead of a number, or has a number twice.
    """
    found: dict[tuple[str, Place], Published] = {}
    for line, row in _rows(path, PUBLISHED_COLUMNS):
        seed, *parts = (_number(line, row, name) for name in ("seed", *STATISTICS, "n_seeds"))
        decimals = len(row["mean"].partition(".")[2])
        new = Published(row["table"], _key(line, row), seed, Statistics(*parts), decimals)
        if (new.table, new.place) in found:
            spelled = ", ".join(str(part) for part in new.key if part is not None)
            raise PipelineError(
                f"{line} repeats {spelled} of {new.table or 'no table'}; every number must appear"
                " only once"
            )
        _check_bounds(line, new)
        found[new.table, new.place] = new
    return list(found.values())


def read_runs(path: str | Path) -> list[Value]:
    """Read the published protocol's results seed by seed, from a CSV file with `RUN_COLUMNS`.

    Rows without a treatment, such as the time that a seed took, are ignored. Raises PipelineError
    like `read_published`.
    """
    found = []
    for line, row in _rows(path, RUN_COLUMNS):
        if row["treatment"]:
            seed, value = _number(line, row, "seed"), _number(line, row, "value")
            if seed is None or value is None:
                raise PipelineError(f"{line} lacks its seed or its value")
            found.append(Value(seed, *_key(line, row), value))
    return found


def rounding(number: Number) -> float:
    """Return how far a printed number may be from the computed one."""
    return 0.5 * 10.0**-number.decimals


def _check_bounds(line: str, published: Published) -> None:
    known = measures.numbers(measures.in_order()).get(published.key.number)
    in_unit = known.limits if known else NO_LIMITS
    seeds = published.statistics.n or math.inf
    bounds = {"sd": (0.0, math.inf), "count": (0.0, seeds), "n": (1.0, math.inf)}
    for name, found in published.statistics._asdict().items():
        low, high = bounds.get(name, in_unit)
        if found is not None and not low <= found <= high:
            most = "" if high == math.inf else f" and at most {high:g}"
            column = "n_seeds" if name == "n" else name
            raise PipelineError(
                f"{line} has the {column} {found:g}; it must be at least {low:g}{most}"
            )


def _rows(path: str | Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows of a CSV file, each with the name of its line for error messages."""
    try:
        reader = csv.DictReader(read_bytes(path).decode("utf-8").splitlines(), strict=True)
        lines = list(reader)
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PipelineError(f"{path}: not a CSV file ({error})") from None
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise PipelineError(
            f"{path}: it lacks {', '.join(missing)}; it must have the columns {', '.join(columns)}"
        )
    for number, row in enumerate(lines, start=2):
        line = f"{path}: line {number}"
        if None in row or None in row.values():
            raise PipelineError(f"{line} does not have as many cells as the first line")
        yield line, row


def _key(line: str, row: Mapping[str, str]) -> Key:
    modulation = row["modulation"] or ON
    if modulation not in MODULATIONS:
        raise PipelineError(f"{line} has the modulation {modulation!r}; it must be on or off")
    level, cycle = _number(line, row, "level"), _number(line, row, "cycle")
    return Key(row["treatment"], row["number"], modulation, level, cycle)


def _number(line: str, row: Mapping[str, str], name: str) -> Any:
    """Return a cell as a float, or an int if it must be whole; None if it is empty."""
    text = row[name]
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise PipelineError(f"{line} has the {name} {text!r}; it must be a number or empty")
    if name in _WHOLE and number % 1:
        raise PipelineError(f"{line} has the {name} {text}; it must be whole")
    return int(number) if name in _WHOLE else number
