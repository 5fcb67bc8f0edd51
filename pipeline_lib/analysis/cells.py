"""Every number of a study over its seeds: mean, SD, range and interval, computed once.

Tables, figures, findings and the comparison with published numbers all read these cells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from pipeline_lib.analysis.intervals import WILSON, mean_interval, proportion_interval
from pipeline_lib.analysis.values import by_key
from pipeline_lib.measures import Value
from pipeline_lib.names import ON
from pipeline_lib.numbers import Key, Numbers


class Place(NamedTuple):
    """A number of a study, over all seeds or (if `seed` is set) of a single one."""

    key: Key
    seed: int | None = None


class Statistics(NamedTuple):
    """A number over seeds, of this study or published; None for anything that is missing."""

    mean: float | None = None
    sd: float | None = None
    min: float | None = None
    max: float | None = None
    count: int | None = None  # type: ignore[assignment]  # hides the method of tuple
    n: int | None = None


@dataclass(frozen=True)
class Cell:
    """A number over the seeds, in the number's unit; a share of seeds is in per cent.

    `sd` is the population SD; a share has a `count` instead of SD and range.
    """

    treatment: str
    number: str
    modulation: str
    level: float | None
    cycle: int | None
    n: int
    mean: float
    sd: float | None
    min: float | None
    max: float | None
    count: int | None
    ci_low: float | None
    ci_high: float | None
    method: str
    note: str

    @property
    def key(self) -> Key:
        """Return the key of the cell's number."""
        return Key(self.treatment, self.number, self.modulation, self.level, self.cycle)

    @property
    def statistics(self) -> Statistics:
        """Return what tables show of it."""
        return Statistics(self.mean, self.sd, self.min, self.max, self.count, self.n)


def study_cells(values: Iterable[Value], numbers: Numbers) -> list[Cell]:
    """Return the cell of every number."""
    cells = []
    for key, by_seed in by_key(values).items():
        n, of_seeds, number = len(by_seed), list(by_seed.values()), numbers[key.number]
        if number.share:
            count, nothing = round(sum(of_seeds)), (None, None, None)
            ends = proportion_interval(count, n)
            cells.append(Cell(*key, n, 100.0 * count / n, *nothing, count, *ends, WILSON, ""))
        else:
            # numpy's sum over a contiguous array in seed order, as in the published run: adding in
            # a different order could round an exact tie in the last printed digit the other way.
            x = np.array(of_seeds, dtype=np.float64)
            mean, sd, low, high = (float(each) for each in (x.mean(), x.std(), x.min(), x.max()))
            interval = mean_interval(x, number.limits)
            cells.append(Cell(*key, n, mean, sd, low, high, None, *interval))
    return cells


class Cells(dict[Key, Cell]):
    """The cells of a study, by key."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        super().__init__((cell.key, cell) for cell in cells)

    @cached_property
    def treatments(self) -> list[str]:
        """The treatments and states that have at least one number, in order."""
        return list(dict.fromkeys(key.treatment for key in self))

    def levels(self, number: str) -> list[float]:
        """Return the levels at which a number was measured, ascending."""
        keys = (key for key in self if key.number == number and key.modulation == ON)
        return sorted({key.level for key in keys if key.level is not None})

    def cycles(self, number: str) -> list[int]:
        """Return the cycles at which a number was measured, ascending."""
        return sorted({k.cycle for k in self if k.number == number and k.cycle is not None})

    def strongest(self, number: str) -> float | None:
        """Return the highest level of a number's series, or None if it has no level above 0."""
        return max((level for level in self.levels(number) if level > 0), default=None)


def by_place(cells: Mapping[Key, Cell], values: Iterable[Value]) -> dict[Place, Statistics]:
    """Return every number of a study, over its seeds and for each seed."""
    return {
        **{Place(key): cell.statistics for key, cell in cells.items()},
        **{Place(value.key, value.seed): Statistics(value.value, n=1) for value in values},
    }
