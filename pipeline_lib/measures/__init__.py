"""What is measured in a network, and which numbers follow: one file for each measure.

A measure is a file in this folder that defines:

- `TITLE`, the name of its jobs in messages, and `APPLIES_TO`, the networks that it measures;
- `Options`, its options in a study's YAML, under the measure's name; a study may leave out a
  measure, unless it says `OPTIONAL = False`;
- `Row`, the dataclass of its rows, and `run`, which turns a network into rows;
- `values`, which turns the rows of all seeds into numbers by seed, and may use the values of the
  measures that it names in `AFTER`;
- `NUMBERS`, `TABLES` and `FIGURES`, which say how its numbers are printed and where.

`run` is called by workflow_scripts/measure.py, and `values` by analysis/values.py, which computes
the study's numbers. reporting/tables.py and the modules of figures lay them out.

The keyword arguments of `run` and `values` say what they need: the measure's options, and settings
that `study.slices` lists as shared. `run` may also ask for data sets (`clean`, `standard`,
`training`), and for the `untreated` network of the seed. A job depends on nothing else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from pipeline_lib import items
from pipeline_lib.names import HISTORY, RELAPSED, SUMMARY
from pipeline_lib.numbers import FigureSpec, Key, Number, TableSpec
from pipeline_lib.steps import HistoryRow

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pipeline_lib.engines.accuracy import Subject
    from pipeline_lib.model.network import Network


@dataclass(frozen=True)
class Value:
    """One number of one seed, in the unit in which it is printed."""

    seed: int
    treatment: str
    number: str
    modulation: str
    level: float | None
    cycle: int | None
    value: float

    @property
    def key(self) -> Key:
        """Return the number's key, which is the same for all seeds."""
        return Key(self.treatment, self.number, self.modulation, self.level, self.cycle)


def value(seed: int, key: Key, number: float) -> Value:
    """Return a number of a seed."""
    return Value(seed, *key, number)


# The values so far, by seed, for measures that use those of others.
Found = Mapping[tuple[int, Key], float]
RowOfFile = Mapping[str, Any]


class Measure(Protocol):
    """What the file of a measure defines."""

    TITLE: str
    APPLIES_TO: str
    Options: type[BaseModel]
    Row: type
    NUMBERS: tuple[Number, ...]
    TABLES: tuple[TableSpec, ...]
    FIGURES: tuple[FigureSpec, ...]

    def run(self, subject: Subject, network: Network, **options: Any) -> list[Any]:
        """Return the rows of one network."""

    def values(self, rows: Iterable[RowOfFile], found: Found, **options: Any) -> Iterator[Value]:
        """Yield the numbers that follow from the rows, in the order of the seeds."""


EVERY_STATE, TREATED, MAINTAINED = "every state", "treated", "maintained"


def load(name: str) -> Measure:
    """Return a measure. Raises ValueError if there is none of this name."""
    return cast(Measure, items.load("measures", name))


def asked(function: Callable[..., Any]) -> list[str]:
    """Return what a measure's `run` or `values` asks for: the names of its keyword arguments."""
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]


def stage_of(name: str) -> str:
    """Return the stage under which the training in a measure is in the history."""
    return getattr(load(name), "STAGE", name)


def row_of(kind: str) -> type:
    """Return the dataclass of the rows of a measure or of the history."""
    return HistoryRow if kind == HISTORY else load(kind).Row


def in_order() -> list[str]:
    """Return the names of all measures, each after those that it uses."""
    names: list[str] = []
    waiting = list(items.names("measures"))
    while waiting:
        ready = [name for name in waiting if {*getattr(load(name), "AFTER", ())} <= {*names}]
        if not ready:
            raise ValueError(f"measures wait for each other: {', '.join(waiting)}")
        names.append(ready[0])
        waiting.remove(ready[0])
    return names


def numbers(names: Iterable[str]) -> dict[str, Number]:
    """Return the numbers of these measures by name, in the order in which they are shown.

    Raises ValueError if two of them have one name.
    """
    found: dict[str, Number] = {}
    for name in names:
        for number in load(name).NUMBERS:
            if number.name in found:
                raise ValueError(
                    f"the measure {name} has the number {number.name!r}, which another measure has"
                    " already; numbers of all measures must have different names"
                )
            found[number.name] = number
    return found


OF_RELAPSE = (
    " A seed responded if it was not below the threshold at cycle 0, and only such a seed can "
    "relapse after its response. “Ever below threshold” counts relapses as the paper does, "
    "including those at cycle 0."
)


def tables(names: Iterable[str]) -> list[TableSpec]:
    """Return the tables of these measures, the paper's in its order first, and the summary."""
    found = [table for name in names for table in load(name).TABLES]
    summary = TableSpec(
        SUMMARY,
        "Summary",
        "Accuracies and shares in per cent, drops in percentage points; {over}. Only the strongest "
        "noise level is shown." + (OF_RELAPSE if RELAPSED in numbers(names) else ""),
        strongest=True,
    )
    return [*sorted(found, key=lambda table: (not table.paper, table.paper)), summary]
