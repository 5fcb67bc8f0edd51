"""The content of a figure of numbers, and the labels of its axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline_lib.analysis.cells import Cell, Cells
from pipeline_lib.analysis.values import BySeed, by_key
from pipeline_lib.figures import numbers_in
from pipeline_lib.figures.pages import Draw, Job
from pipeline_lib.figures.style import Look
from pipeline_lib.measures import Value
from pipeline_lib.names import ON
from pipeline_lib.numbers import PER_CENT, Key, Number


@dataclass(frozen=True)
class Shown:
    """A figure of numbers; `chance` is in per cent, `threshold` a fraction, None if unused."""

    numbers: Sequence[Number]
    cells: Cells
    values: Mapping[Key, BySeed]
    looks: Mapping[str, Look]
    chance: float
    threshold: float | None = None

    def series(self) -> list[tuple[Number, dict[str, list[Key]]]]:
        """Return each number with its levels or cycles by state, with the modulation on.

        States are in the order of `looks`. Numbers that were not measured are left out.
        """
        series = []
        for number in self.numbers:
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


def drawing_of(draw: Callable[[Shown], Figure]) -> Callable[[Job], Draw]:
    """Return the `drawing` of a module that draws numbers, from the files `values` and `cells`."""

    def drawing(job: Job) -> Draw:
        numbers = numbers_in(job.study["name"], job.study["measures"])
        cells, values = Cells(job.rows("cells", Cell)), by_key(job.rows("values", Value))
        chance, threshold = job.study["chance"], job.study["threshold"]
        return partial(draw, Shown(numbers, cells, values, job.looks, chance, threshold))

    return drawing


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
