"""What a study with axes shows: numbers along an axis, maps over two, variants side by side.

A numeric axis gives a line over its values for each treatment; with named variants beside it, a
panel for each variant. Two numeric axes give a map for each main number, and named variants a row
each. Of more than two axes the first two are drawn, at the first value of the others.
"""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes as Panel
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from pipeline_lib.analysis.varied import Varied, read_varied
from pipeline_lib.figures import ALONG, FOREST, MAP, drawn_axes, style
from pipeline_lib.figures.shown import Job, axis_label, limit, title, with_ends
from pipeline_lib.figures.style import Look
from pipeline_lib.figures.trajectories import THRESHOLD
from pipeline_lib.names import COMBINED, FINAL_ACCURACY, HEALTHY, STATES
from pipeline_lib.numbers import MAIN, Axes, Key, axis_text, is_numeric, value_text

COLUMNS = 2
APART = 0.012  # of the panel's width, between treatments that would hide each other
LOG_FROM = 20.0  # ratio of the largest to the smallest value
MOST_TEXTS = 12  # values of an axis; more leave no room for a number in each cell of a map


def draw(job: Job) -> Figure:
    """Draw the figure of the job's name."""
    scenarios, measures = job.told["scenarios"], job.study["measures"]
    varied = read_varied(job.files, scenarios, measures, job.planned["values"])
    return drawn(job.study["name"], varied, job.looks, job.told["threshold"])


def drawn(name: str, varied: Varied, looks: Mapping[str, Look], threshold: float | None) -> Figure:
    """Draw the figure of this name; `threshold` is the relapse threshold, a fraction, or None."""
    if name == ALONG:
        return _along(varied, looks, threshold and 100.0 * threshold)
    if name == FOREST:
        return _forest(varied, looks)
    return _maps(varied, looks, Key("", name.removeprefix(f"{MAP}_")))


def _place(varied: Varied, at: Axes) -> int:
    """Return the scenario with these values, and the first value of each other axis."""
    return list(varied.scenarios).index({**varied.first, **at})


def _compared(varied: Varied, looks: Mapping[str, Look], key: Key, places: list[int]) -> Any:
    """Return the cells of a number at these scenarios, by treatment; the healthy is left out."""
    keys = {name: key._replace(treatment=name) for name in looks if name != HEALTHY}
    found = {name: [varied.cells[at].get(each) for at in places] for name, each in keys.items()}
    return {name: cells for name, cells in found.items() if any(cells)}


def _words(axis: str, looks: Mapping[str, Look]) -> str:
    return axis_text(axis, {name: look.label for name, look in looks.items()})


def _legend(figure: Figure, looks: Mapping[str, Look], there: set[str], *notes: Any) -> None:
    handles = [style.handle(look) for name, look in looks.items() if name in there]
    style.legend(figure, [*handles, *style.intervals(figure), *notes])


def _along(varied: Varied, looks: Mapping[str, Look], threshold: float | None) -> Figure:
    axes = drawn_axes(varied.first)
    axis = next(each for each in axes if is_numeric(varied.first[each]))
    beside = [each for each in axes if each != axis]
    variants = [{beside[0]: name} for name in varied.axes[beside[0]]] if beside else [{}]
    keys = [key for key in varied.summary() if not beside or key.number in MAIN]
    columns = min(3, len(variants)) if beside else COLUMNS
    shown = list(itertools.product(keys, variants))
    figure = style.new_figure(0.8 + 2.3 * style.rows_for(len(shown), columns))
    panels = style.grid(figure, len(shown), columns, sharey=False)
    x = np.array(varied.axes[axis], dtype=float)
    on_panel = np.log(x) if _is_log(x) else x
    closest = float(np.diff(np.unique(on_panel)).min() / np.ptp(on_panel))  # share of the width
    there: set[str] = set()
    for panel, (key, variant) in zip(panels, shown, strict=True):
        number = varied.numbers[key.number]
        places = [_place(varied, {axis: at, **variant}) for at in varied.axes[axis]]
        cells = _compared(varied, looks, key, places)
        there |= set(cells)
        panel.set_title(", ".join([title(number, key.level), *map(str, variant.values())]))
        shifts = style.dodged(len(cells), min(APART * (len(cells) - 1) / 2, closest / 4))
        for (name, of_name), shift in zip(cells.items(), shifts, strict=True):
            mean, low, high = with_ends(of_name)
            moved = x * (x[-1] / x[0]) ** shift if _is_log(x) else x + shift * np.ptp(x)
            panel.vlines(moved, low, high, color=looks[name].colour, linewidth=1.1)
            panel.plot(moved, mean, label=name, **style.line(looks[name]))
        if threshold is not None and key.number in (COMBINED, FINAL_ACCURACY):
            panel.axhline(threshold, **THRESHOLD)
        panel.set_ylabel(axis_label(number))
        _scale_along(panel, x)
        limit(panel, number)
    for panel in panels[-style.per_row(columns) :]:
        panel.set_xlabel(style.wrapped(_words(axis, looks), 110 // columns))
    relapse = [] if threshold is None else [f"relapse below {threshold:g} %"]
    _legend(figure, looks, there, *(style.note(text, **THRESHOLD) for text in relapse))
    return figure


def _is_log(x: np.ndarray) -> bool:
    return bool(x[0] > 0 and x[-1] / x[0] >= LOG_FROM)


def _scale_along(panel: Panel, x: np.ndarray) -> None:
    if not _is_log(x):
        panel.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        return
    ticks = [x[0]]  # whose labels do not meet
    for value in x[1:]:
        if np.log(value) - np.log(ticks[-1]) >= np.log(x[-1] / x[0]) / 8:
            ticks.append(value)
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(FixedLocator(ticks))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter("{x:g}")


def _maps(varied: Varied, looks: Mapping[str, Look], key: Key) -> Figure:
    first, second = drawn_axes(varied.first)
    rows, columns = varied.axes[first], varied.axes[second]
    number = varied.numbers[key.number]
    places = [_place(varied, {first: r, second: c}) for r in rows for c in columns]
    treated = {name: look for name, look in looks.items() if name not in STATES}
    found = _compared(varied, treated, key, places)
    means = np.array([with_ends(cells)[0] for cells in found.values()])
    grids = dict(zip(found, means.reshape(-1, len(rows), len(columns)), strict=True))
    least, most = np.nanmin(means), np.nanmax(means)
    if most - least < 1.0:
        least, most = least - 0.5, most + 0.5
    tall = 0.8 + min(2.6, max(1.0, 0.32 * len(rows)))
    figure = style.new_figure(0.7 + tall * style.rows_for(len(grids), 3))
    panels = style.grid(figure, len(grids), 3)
    for panel, (name, grid) in zip(panels, grids.items(), strict=True):
        panel.set_title(style.wrapped(looks[name].label, 30))
        panel.grid(visible=False)
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        colours: dict[str, Any] = {"cmap": "cividis", "vmin": least, "vmax": most}
        mesh = panel.pcolormesh(grid, **colours, edgecolors="white", linewidth=0.8)
        panel.set_xticks(np.arange(len(columns)) + 0.5, list(map(value_text, columns)))
        panel.set_yticks(np.arange(len(rows)) + 0.5, list(map(value_text, rows)))
        for (row, column), mean in np.ndenumerate(grid) if len(columns) <= MOST_TEXTS else ():
            colour = "white" if (mean - least) / (most - least) < 0.55 else "black"
            at = (column + 0.5, row + 0.5)
            panel.text(*at, f"{mean:.0f}", ha="center", va="center", fontsize=7, color=colour)
    for panel in panels[-style.per_row(3) :]:
        panel.set_xlabel(style.wrapped(_words(second, looks), 32))
    for panel in panels[:: style.per_row(3)]:
        panel.set_ylabel(style.wrapped(_words(first, looks), 26))
    bar = figure.colorbar(mesh, ax=panels, shrink=0.9, aspect=18)
    bar.set_label(f"{number.heading}: {axis_label(number)}")
    return figure


def _forest(varied: Varied, looks: Mapping[str, Look]) -> Figure:
    axes = drawn_axes(varied.first)
    rows = list(itertools.product(*(varied.axes[axis] for axis in axes)))
    places = [_place(varied, dict(zip(axes, row, strict=True))) for row in rows]
    names = [style.wrapped(", ".join(map(str, row)), 22) for row in rows]
    found = [(key, _compared(varied, looks, key, places)) for key in varied.summary()]
    there = {name for _, cells in found for name in cells}
    tall = 0.85 + len(rows) * (0.1 + 0.09 * len(there))
    figure = style.new_figure(0.7 + tall * style.rows_for(len(found), 3))
    panels = style.grid(figure, len(found), 3, sharex=False)
    shifts = style.shifts(looks, there, 0.32)
    for panel, (key, cells) in zip(panels, found, strict=True):
        panel.set_title(title(varied.numbers[key.number], key.level))
        for name, of_name in cells.items():
            mean, low, high = with_ends(of_name)
            y = np.arange(len(rows)) + shifts[name]
            panel.hlines(y, low, high, color=looks[name].colour, linewidth=1.1)
            panel.plot(mean, y, label=name, **(style.line(looks[name]) | {"linestyle": "none"}))
        for between in range(1, len(rows)):
            panel.axhline(between - 0.5, color="#E4E4E4", linewidth=0.8)
        panel.set_xlabel(axis_label(varied.numbers[key.number]))
        panel.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        style.name_rows(panel, names)
    _legend(figure, looks, there)
    return figure
