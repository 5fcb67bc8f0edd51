"""A panel for each number, with a row for each state: all seeds, the mean and its interval."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job, axis_label, is_accuracy, title
from pipeline_lib.figures.style import Look
from pipeline_lib.names import CLEAN, MODULATIONS, OFF
from pipeline_lib.numbers import PER_CENT, Key, Number

COLUMNS = 4
MEAN: dict[str, Any] = {"marker": "|", "markersize": 7, "markeredgewidth": 1.5, "color": "black"}


def draw(job: Job) -> Figure:
    """Draw every number that was measured for at least one state.

    A series is shown at its strongest level, or at its last cycle.
    """
    panels = [(number, keys) for number in job.shown() if (keys := _keys(job, number))]
    there = {(key.treatment, key.modulation) for _, keys in panels for key in keys}
    rows = [row for row in itertools.product(job.looks, MODULATIONS) if row in there]
    labels = [
        style.wrapped(job.looks[state].label, 22) + ("\nmodulation off" if how == OFF else "")
        for state, how in rows
    ]
    lines = max((label.count("\n") + 1 for label in labels), default=1)
    tall = 0.75 + len(rows) * max(0.36, 0.15 * lines)  # labels of several lines do not meet
    figure = style.new_figure(0.55 + tall * style.rows_for(len(panels), COLUMNS))
    # The width of a panel, in letters.
    width = int(12.5 * style.page_width()) // max(1, min(len(panels), style.per_row(COLUMNS)))
    grid = style.grid(figure, len(panels), COLUMNS, sharex=False)
    for axes, (number, keys) in zip(grid, panels, strict=True):
        at_cycle = "" if keys[0].cycle is None else f", cycle {keys[0].cycle}"
        axes.set_title(style.wrapped(title(number, keys[0].level) + at_cycle, width))
        axes.set_xlabel(style.wrapped(axis_label(number), width))
        scale = 100.0 if number.share else 1.0
        seeds = [scale * np.array(list(job.values[key].values())) for key in keys]
        means = job.means(keys).T
        _scale(axes, number, np.concatenate([*seeds, *means]), job.study["chance"])
        for key, of_seeds, of_mean in zip(keys, seeds, means, strict=True):
            place = rows.index((key.treatment, key.modulation))
            _dots(axes, place, of_seeds, of_mean, job.looks[key.treatment], key.modulation)
        style.name_rows(axes, labels)
    ends = job.means([key for _, keys in panels for key in keys])[1:]
    notes = [
        style.note("one seed", linestyle="none", marker="o", color=style.QUIET, markersize=3.2),
        style.note("mean and 95 % interval", **MEAN)
        if np.isfinite(ends).any()
        else style.note("mean", **MEAN | {"linestyle": "none"}),
    ]
    if any(is_accuracy(number) for number, _ in panels):
        notes.append(style.chance(job.study["chance"]))
    style.legend(figure, notes)
    return figure


def _keys(job: Job, number: Number) -> list[Key]:
    level = job.cells.strongest(number.name)
    cycle = max(job.cells.cycles(number.name), default=None)
    rows = itertools.product(job.looks, MODULATIONS)
    every = (Key(state, number.name, modulation, level, cycle) for state, modulation in rows)
    return [key for key in every if key in job.cells]


def _scale(axes: Axes, number: Number, ends: np.ndarray, chance: float) -> None:
    if number.unit == PER_CENT:
        axes.set_xlim(-3, 103)
        axes.xaxis.set_major_locator(MultipleLocator(25))
        if is_accuracy(number) and number.name != CLEAN:  # whose classes are equally large
            axes.axvline(chance, **style.CHANCE)
        return
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    low, high = np.nanmin([0.0, *ends]), np.nanmax([0.0, *ends])
    margin = 0.04 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)
    if low < 0:
        axes.axvline(0, color="black", linewidth=0.7)


def _dots(
    axes: Axes, place: int, seeds: np.ndarray, mean: Sequence[float], look: Look, modulation: str
) -> None:
    """Draw the seeds of a state, and below them their mean with both ends of its interval."""
    dots: dict[str, Any] = {"marker": look.marker, "color": look.colour, "linestyle": "none"}
    dots |= {"markersize": 5 if look.marker == "*" else 3.2, "markeredgewidth": 0.6}
    if modulation == OFF:
        dots["markerfacecolor"] = "white"
    above = place - 0.13 + style.dodged(len(seeds), 0.22)
    axes.plot(seeds, above, **dots, alpha=0.65, label="seeds")
    # It goes below the seeds, because it would hide them if all are equal.
    below = place + 0.27
    axes.plot(mean[1:], [below] * 2, color="black", linewidth=1.1, label="interval")
    axes.plot(mean[:1], [below], label="mean", linestyle="none", **MEAN)
