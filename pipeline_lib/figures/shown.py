"""What a figure is drawn from, and the labels of its axes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cell, Cells
from pipeline_lib.analysis.values import Series, by_key
from pipeline_lib.figures.style import Look, looks
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.rows import Row, read_rows
from pipeline_lib.measures import Value
from pipeline_lib.model.network import Network
from pipeline_lib.names import ON
from pipeline_lib.numbers import PER_CENT, Key, Number


@dataclass(frozen=True)
class Job:
    """What a figure is drawn from by the `draw` of the module of its kind.

    `files` are the job's, and `planned` the plans that made them, by name. `study` is
    `slices.figure`, and `told` has what the rule tells this figure alone. What is read raises like
    `read_rows` and `read_network`.
    """

    files: Any
    study: Any
    told: Any
    planned: Mapping[str, str | None]

    def rows(self, name: str, row: type[Row]) -> list[Row]:
        """Read the rows of a file."""
        return read_rows(self.files[name], row, self.planned[name])

    def network(self, state: str) -> Network:
        """Read a state's network, of the seed that the job is told."""
        name = f"network_{state}"
        return read_network(self.files[name], origin(self.told["seed"], state), self.planned[name])

    @cached_property
    def looks(self) -> dict[str, Look]:
        """The look of each state and treatment."""
        return looks(**self.study["looks"])

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """The numbers of the study's measures, by name."""
        return measures.numbers(self.study["measures"])

    @cached_property
    def cells(self) -> Cells:
        """The study's numbers over its seeds."""
        return Cells(self.rows("cells", Cell))

    @cached_property
    def values(self) -> Series:
        """The study's numbers by seed."""
        return by_key(self.rows("values", Value))

    def shown(self) -> list[Number]:
        """Return the numbers that name the figure, in order."""
        return [number for number in self.numbers.values() if self.study["name"] in number.figures]

    def series(self) -> list[tuple[Number, dict[str, list[Key]]]]:
        """Return each number shown with its levels or cycles by state, with the modulation on.

        States are in the order of `looks`. Numbers that were not measured are left out.
        """
        series = []
        for number in self.shown():
            there: dict[str, list[Key]] = {}
            for state in self.looks:
                here = (state, number.name, ON)
                if keys := [key for key in self.cells if key[:3] == here]:
                    there[state] = sorted(keys, key=place)
            if there:
                series.append((number, there))
        return series

    def by_seed(self, keys: Sequence[Key]) -> np.ndarray:
        """Return the numbers of all seeds (seeds, keys), NaN if a seed has none."""
        found = [self.values[key] for key in keys]
        seeds = dict.fromkeys(seed for numbers in found for seed in numbers)
        return np.array([[numbers.get(seed, math.nan) for numbers in found] for seed in seeds])

    def means(self, keys: Sequence[Key]) -> np.ndarray:
        """Return means and both ends of their intervals (3, keys), NaN where there is none."""
        return with_ends([self.cells[key] for key in keys])


def with_ends(cells: Sequence[Cell | None]) -> np.ndarray:
    """Return means and both ends of their intervals (3, cells), NaN where there is none."""
    found = [(cell.mean, cell.ci_low, cell.ci_high) if cell else (None,) * 3 for cell in cells]
    return np.array(found, dtype=float).T


def place(key: Key) -> float:
    """Return the place of a number in its series: its level or its cycle."""
    at = key.cycle if key.level is None else key.level
    return 0.0 if at is None else at


def is_accuracy(number: Number) -> bool:
    """Tell whether a number is an accuracy in per cent, which can be compared with chance."""
    return number.unit == PER_CENT and number.better == "more" and not number.share


def limit(panel: Axes, number: Number) -> None:
    """Set the ends of a number's vertical axis."""
    if is_accuracy(number) or number.share:
        panel.set_ylim(-3, 103)
    elif number.unit == PER_CENT:
        panel.set_ylim(top=min(103.0, panel.get_ylim()[1]))


def title(number: Number, level: float | None) -> str:
    """Return the title of a number's panel, with its level if it belongs to a series."""
    return number.heading if level is None else f"{number.over or number.heading} = {level:g}"


def axis_label(number: Number) -> str:
    """Return the label of a number's axis, with the unit."""
    quantity = "Accuracy" if is_accuracy(number) else number.heading
    unit = number.unit.strip()
    return f"{quantity} ({unit})" if unit else quantity
