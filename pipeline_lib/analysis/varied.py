"""The numbers of a study with axes by scenario, the lines along each axis, variants compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cell, Cells
from pipeline_lib.analysis.intervals import difference_interval
from pipeline_lib.analysis.values import Series, by_key, of_all
from pipeline_lib.files.rows import read_scenarios
from pipeline_lib.measures import Value
from pipeline_lib.names import SUMMARY
from pipeline_lib.numbers import Axes, Key, Numbers, in_words, is_numeric


class Line(NamedTuple):
    """The scenarios that differ in one axis alone, by their places among all.

    `others` has the value of each other axis. Where the axis is numeric, its values ascend.
    """

    axis: str
    others: Axes
    values: list[float | str]
    places: list[int]

    @property
    def where(self) -> str:
        """The values of the other axes in words, empty if there is one axis."""
        return in_words(self.others)


@dataclass(frozen=True)
class Varied:
    """A study's numbers in each scenario, by treatment and number: over the seeds and by seed."""

    scenarios: Sequence[Axes]
    cells: Sequence[Cells]
    values: Sequence[Series]
    numbers: Numbers

    @cached_property
    def axes(self) -> dict[str, list[float | str]]:
        """The values of each axis: in ascending order if they are numbers."""
        found = {
            axis: list(dict.fromkeys(at[axis] for at in self.scenarios)) for axis in self.first
        }
        return {axis: sorted(each) if is_numeric(each[0]) else each for axis, each in found.items()}

    @property
    def first(self) -> Axes:
        """The first scenario."""
        return self.scenarios[0]

    @cached_property
    def treatments(self) -> list[str]:
        """The treatments and states that have any number, in order."""
        return self.cells[0].treatments

    def summary(self) -> list[Key]:
        """Return the numbers of the summary, of no treatment yet; of a series the strongest.

        A number that no treatment has, such as that of a sweep that was not asked for, is left out.
        """
        there = {key.number for cells in self.cells for key in cells}
        return [
            Key("", number.name, level=self.cells[0].strongest(number.name))
            for number in self.numbers.values()
            if SUMMARY in number.tables and number.name in there
        ]

    def lines(self, axis: str) -> Iterator[Line]:
        """Yield a line along an axis for each choice of the other axes' values."""
        found: dict[tuple[float | str, ...], Line] = {}
        for value in self.axes[axis]:
            for at, scenario in enumerate(self.scenarios):
                if scenario[axis] == value:
                    others = {name: each for name, each in scenario.items() if name != axis}
                    line = found.setdefault(tuple(others.values()), Line(axis, others, [], []))
                    line.values.append(value)
                    line.places.append(at)
        yield from sorted(found.values(), key=lambda line: min(line.places))

    def series(self, *, numeric: bool) -> Iterator[tuple[Line, Key, np.ndarray]]:
        """Yield each treatment's numbers of the summary along each line of the axes of a kind."""
        for axis in (each for each in self.axes if is_numeric(self.first[each]) == numeric):
            for line in self.lines(axis):
                for key in self.summary():
                    for treatment in self.treatments:
                        of_treatment = key._replace(treatment=treatment)
                        numbers = self.along(line, of_treatment)
                        if len(numbers):
                            yield line, of_treatment, numbers

    def along(self, line: Line, key: Key) -> np.ndarray:
        """Return a number along a line (seeds, values), of the seeds that have it everywhere.

        A share is in per cent: 0 or 100.
        """
        scale = 100.0 if self.numbers[key.number].share else 1.0
        return scale * of_all([self.values[at].get(key, {}) for at in line.places])


def read_varied(
    files: Mapping[str, str | Path],
    scenarios: Sequence[Axes],
    names: Sequence[str],
    planned: str | None = None,
) -> Varied:
    """Read the files `values` and `cells` of a study of these measures and scenarios.

    Raises PipelineError if one is missing, damaged, or not made by the plan `planned`.
    """
    cells = map(Cells, read_scenarios(files["cells"], Cell, scenarios, planned))
    values = map(by_key, read_scenarios(files["values"], Value, scenarios, planned))
    return Varied(scenarios, list(cells), list(values), measures.numbers(names))


@dataclass(frozen=True)
class Variant:
    """A number of a treatment in a variant and in the first one, over the seeds that have both.

    It is in the number's own unit; a share is in per cent. `others` has the values of the other
    axes in words.
    """

    axis: str
    others: str
    variant: str
    base: str
    treatment: str
    number: str
    level: float | None
    n: int
    mean: float
    mean_base: float
    difference: float
    ci_low: float | None
    ci_high: float | None
    method: str
    note: str


def study_variants(varied: Varied) -> list[Variant]:
    """Return every number of the summary in each variant against the first, axis by axis."""
    rows = []
    for line, key, numbers in varied.series(numeric=False):
        number, theirs = varied.numbers[key.number], numbers[:, 0]
        base, *variants = map(str, line.values)
        for variant, ours in zip(variants, numbers.T[1:], strict=True):
            names = (line.axis, line.where, variant, base, key.treatment, key.number, key.level)
            mean, mean_base, change = (float(each.mean()) for each in (ours, theirs, ours - theirs))
            means = (len(ours), mean, mean_base, change)
            share = number.share and bool(np.any(ours != theirs))
            interval = difference_interval(ours, theirs, share, number.limits_of_difference)
            rows.append(Variant(*names, *means, *interval))
    return rows
