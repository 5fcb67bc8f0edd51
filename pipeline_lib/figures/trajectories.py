"""Trajectories: combined-stress accuracy of every seed through the stress cycles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.series import Row, Series, by_treatment
from pipeline_lib.figures.style import Look
from pipeline_lib.figures.summaries import relapse_cycles

THRESHOLD: dict[str, Any] = {"color": "black", "linewidth": 0.9, "linestyle": (0, (4, 2))}
RELAPSE: dict[str, Any] = {
    "color": "black",
    "linestyle": "none",
    "marker": "x",
    "markersize": 5,
    "markeredgewidth": 1.1,
}


def data(relapse: Iterable[Row]) -> dict[str, Series]:
    """Return combined-stress accuracy in per cent over the cycles, by treatment.

    `relapse` has rows of `metrics.MEASUREMENTS`.
    """
    return by_treatment(relapse, "cycle")


def figure(rows: Sequence[Row], looks: Mapping[str, Look], *, threshold: float) -> Figure:
    """Return the figure of a study's rows."""
    return draw(data(rows), looks, threshold=threshold)


def draw(courses: Mapping[str, Series], looks: Mapping[str, Look], *, threshold: float) -> Figure:
    """Draw a panel for each treatment; `threshold` is a fraction, as in the study."""
    shown = [name for name in looks if name in courses]
    columns = min(len(shown), 4)
    rows = -(-len(shown) // columns)
    figure = style.new_figure(0.75 + 2.0 * rows, "Accuracy through the stress cycles")
    panels = style.grid(figure, len(shown), columns)
    for panel, name in zip(panels, shown, strict=True):
        series, look = courses[name], looks[name]
        first = relapse_cycles(series.values, threshold)
        relapsed = np.flatnonzero(first >= 0)
        panel.axhline(100 * threshold, **THRESHOLD)
        style.seeds(panel, series.levels, series.values, look)
        if relapsed.size:
            at = first[relapsed]
            x, y = series.levels[at], series.values[relapsed, at]
            panel.plot(x, y, clip_on=False, zorder=4, label="relapse", **RELAPSE)
        mean = series.values.mean(axis=0)
        panel.plot(series.levels, mean, **style.mean_line(look, 2.2))
        panel.plot(series.levels, mean, **(style.line(look) | {"linestyle": "none"}))
        count = f"{len(relapsed)} of {len(series.seeds)} relapsed"
        panel.set_title(f"{style.wrapped(look.label, 24)}\n{count}")
        panel.xaxis.set_major_locator(MaxNLocator(9, integer=True))
        panel.set_ylim(min(_lowest(courses), 100 * threshold) - 5, 102)
    for panel in panels[::columns]:
        panel.set_ylabel("Accuracy under\ncombined stress (%)")
    for panel in panels[-columns:]:
        panel.set_xlabel("Stress cycle")
    style.legend(
        figure,
        [
            *style.seeds_and_mean(),
            style.note(f"threshold, {100 * threshold:g} %", **THRESHOLD),
            style.note("relapse: first cycle below it", **RELAPSE),
        ],
    )
    return figure


def _lowest(courses: Mapping[str, Series]) -> float:
    return min(float(series.values.min()) for series in courses.values())
