"""A panel with a row for each state: every seed, and below them the mean with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pipeline_lib.figures import style
from pipeline_lib.figures.style import Look
from pipeline_lib.figures.summaries import summary

MEAN: dict[str, Any] = {
    "linestyle": "none",
    "marker": "|",
    "color": "black",
    "markersize": 7,
    "markeredgewidth": 1.5,
}


@dataclass(frozen=True)
class Sample:
    """One number per seed, (seeds,), of one state under one condition."""

    state: str
    off: bool  # with the modulation taken off
    values: np.ndarray


def rows_of(samples: Iterable[Sample], looks: Mapping[str, Look]) -> dict[tuple[str, bool], int]:
    """Return the row of each state with its modulation on or off, in the order of `looks`."""
    there = {(sample.state, sample.off) for sample in samples}
    wanted = [(state, off) for state in looks for off in (False, True) if (state, off) in there]
    return {key: place for place, key in enumerate(wanted)}


def draw_samples(
    panel: Axes,
    samples: Iterable[Sample],
    rows: Mapping[tuple[str, bool], int],
    looks: Mapping[str, Look],
) -> None:
    """Draw the samples in their rows."""
    for sample in samples:
        place, look = rows[sample.state, sample.off], looks[sample.state]
        over = summary(sample.values[:, np.newaxis])
        panel.plot(
            sample.values,
            place - 0.13 + style.dodged(len(sample.values), 0.22),
            linestyle="none",
            marker=look.marker,
            color=look.colour,
            markerfacecolor="white" if sample.off else look.colour,
            markersize=5 if look.marker == "*" else 3.2,
            markeredgewidth=0.6,
            alpha=0.65,
            label="seeds",
        )
        # Below the seeds, which it would hide where all are equal.
        below = [place + 0.27]
        ends = [*over.low, *over.high]
        panel.plot(ends, 2 * below, color="black", linewidth=1.1, label="interval")
        panel.plot(over.mean, below, label="mean", **MEAN)
    panel.grid(visible=False, axis="y")
    panel.tick_params(axis="y", length=0)
    panel.set(ylim=(len(rows) - 0.45, -0.55), yticks=range(len(rows)))
    panel.set_yticklabels(_labels(rows, looks))


def height(rows: Mapping[tuple[str, bool], int], looks: Mapping[str, Look]) -> float:
    """Return the height of all rows in inches: labels of several lines do not meet."""
    lines = max((label.count("\n") + 1 for label in _labels(rows, looks)), default=1)
    return len(rows) * max(0.36, 0.15 * lines)


def _labels(rows: Iterable[tuple[str, bool]], looks: Mapping[str, Look]) -> list[str]:
    return [
        style.wrapped(looks[state].label, 22) + ("\nmodulation off" if off else "")
        for state, off in rows
    ]


def seeds_and_interval() -> list[Line2D]:
    """Return a legend's entries for what is drawn."""
    return [
        style.note("one seed", linestyle="none", marker="o", color=style.QUIET, markersize=3.2),
        style.note("mean and 95 % interval", **(MEAN | {"linestyle": "-"})),
    ]
