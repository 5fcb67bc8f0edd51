"""Trajectories: a number of every seed over the stress cycles, in a panel for each treatment."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job, axis_label, place
from pipeline_lib.names import LONGITUDINAL, RELAPSE_CYCLE, RELAPSED
from pipeline_lib.numbers import Key

COLUMNS = 4
THRESHOLD: dict[str, Any] = {"color": "black", "linewidth": 0.9, "linestyle": (0, (4, 2))}
BELOW: dict[str, Any] = {"color": "black", "linestyle": "none"}
BELOW |= {"marker": "x", "markersize": 5, "markeredgewidth": 1.1}


def draw(job: Job) -> Figure:
    """Draw a block of panels for each number; the first cycle below the threshold is marked."""
    series, threshold = job.series(), job.study["threshold"]
    rows = [style.rows_for(len(of_number), COLUMNS) for _, of_number in series] or [1]
    figure = style.new_figure(0.75 + 2.0 * sum(rows))
    blocks = figure.subfigures(len(rows), 1, squeeze=False, height_ratios=rows)[:, 0]
    notes = style.notes_of_seeds()
    for block, (number, of_number) in zip(blocks, series, strict=False):
        panels = style.grid(block, len(of_number), COLUMNS)
        for panel, (state, keys) in zip(panels, of_number.items(), strict=True):
            _panel(panel, state, keys, job)
        for panel in panels[:: style.per_row(COLUMNS)]:
            panel.set_ylabel(f"{number.heading}\n{axis_label(number)}")
        for panel in panels[-style.per_row(COLUMNS) :]:
            panel.set_xlabel("Stress cycle")
        if number.name == LONGITUDINAL and threshold is not None:
            limit = 100 * threshold
            for panel in panels:
                panel.axhline(limit, **THRESHOLD)
            notes += [
                style.note(f"threshold, {limit:g} %", **THRESHOLD),
                style.note("first cycle below it", **BELOW),
            ]
    style.legend(figure, notes)
    return figure


def _panel(panel: Axes, state: str, keys: list[Key], job: Job) -> None:
    look, threshold = job.looks[state], job.study["threshold"]
    title = style.wrapped(look.label, 24)
    x, mean = np.array([place(key) for key in keys]), job.means(keys)[0]
    style.seeds_and_mean(panel, x, job.by_seed(keys), mean, look, linewidth=2.2)
    panel.plot(x, mean, **(style.line(look) | {"linestyle": "none"}))
    panel.xaxis.set_major_locator(MaxNLocator(9, integer=True))
    below = job.cells.get(Key(state, RELAPSED))
    if keys[0].number == LONGITUDINAL and below is not None and threshold is not None:
        title += f"\n{below.count} of {below.n} ever below {100 * threshold:g} %"
        points = [
            (cycle, job.values[Key(state, LONGITUDINAL, cycle=int(cycle))][seed])
            for seed, cycle in job.values.get(Key(state, RELAPSE_CYCLE), {}).items()
        ]
        if points:  # the layout would make room for marks that are nowhere
            panel.plot(*zip(*points, strict=True), clip_on=False, zorder=4, label="below", **BELOW)
    panel.set_title(title)
