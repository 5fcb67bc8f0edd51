"""Training curves: loss and internal noise by epoch, in the course and in maintenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.series import Row
from pipeline_lib.figures.style import Look

COURSE, MAINTENANCE = "course", "maintenance"
COLUMNS = 4


@dataclass(frozen=True)
class Curve:
    """One treatment's training in one part of the study.

    `x` (points,) counts epochs from 1 in a course, and cycles in maintenance, whose epochs share
    the cycle that they follow evenly; `loss` (seeds, points); `noise` (points,), the same for
    all seeds; `steps` (starts,), where another step of the course begins.
    """

    x: np.ndarray
    loss: np.ndarray
    noise: np.ndarray
    steps: np.ndarray


def data(history: Iterable[Row]) -> dict[str, dict[str, Curve]]:
    """Return the curves of each part, by treatment; the healthy network's is in the course's.

    `history` has rows of `metrics.HISTORY`, in the order in which they were trained.
    """
    found: dict[tuple[str, str], dict[int, list[Row]]] = {}
    for row in history:
        part = MAINTENANCE if row["stage"] == MAINTENANCE else COURSE
        found.setdefault((part, row["treatment"]), {}).setdefault(row["seed"], []).append(row)
    curves: dict[str, dict[str, Curve]] = {COURSE: {}, MAINTENANCE: {}}
    for (part, treatment), seeds in found.items():
        curves[part][treatment] = _curve(part, list(seeds.values()))
    return curves


def _curve(part: str, seeds: Sequence[Sequence[Row]]) -> Curve:
    rows = seeds[0]
    x = np.arange(1.0, len(rows) + 1)
    begins = [x[i] for i in range(1, len(rows)) if rows[i]["step"] != rows[i - 1]["step"]]
    if part == MAINTENANCE:
        cycles = np.array([row["cycle"] for row in rows])
        x = np.concatenate(
            [
                cycle - 0.5 + (np.arange(n) + 0.5) / n
                for cycle, n in zip(*np.unique(cycles, return_counts=True), strict=True)
            ]
        )
        begins = []
    return Curve(
        x=x,
        loss=np.array([[row["loss"] for row in of_seed] for of_seed in seeds]),
        noise=np.array([row["noise"] for row in rows]),
        steps=np.array(begins) - 0.5,
    )


def figure(rows: Sequence[Row], looks: Mapping[str, Look]) -> Figure:
    """Return the figure of a study's rows."""
    return draw(data(rows), looks)


def draw(curves: Mapping[str, Mapping[str, Curve]], looks: Mapping[str, Look]) -> Figure:
    """Draw loss above noise: the courses, then maintenance, a column for each treatment."""
    parts = [
        (part, [name for name in looks if name in of_part][start : start + COLUMNS], axis)
        for part, axis in ((COURSE, "Epoch"), (MAINTENANCE, "Stress cycle"))
        for of_part in [curves.get(part, {})]
        for start in range(0, len(of_part), COLUMNS)
    ]
    figure = style.new_figure(0.75 + 2.2 * max(1, len(parts)), "Training")
    width = max((len(names) for _, names, _ in parts), default=1)
    blocks: Any = np.atleast_1d(
        figure.subfigures(max(1, len(parts)), 1, hspace=0.04)  # type: ignore[arg-type]
    )
    for block, (part, names, axis) in zip(blocks, parts, strict=False):
        axes = block.subplots(
            2, width, sharex="col", sharey="row", squeeze=False, height_ratios=[3, 1]
        )
        for column in range(width):
            if column >= len(names):
                axes[0, column].remove()
                axes[1, column].remove()
                continue
            name = names[column]
            _panels(axes[0, column], axes[1, column], curves[part][name], looks[name], part)
            axes[1, column].set_xlabel(axis)
        axes[0, 0].set_ylabel(f"Loss, {part}")
        axes[1, 0].set_ylabel("Noise σ")
    style.legend(
        figure,
        [*style.seeds_and_mean(), style.note("noise, the same for all seeds", linewidth=1.2)],
    )
    return figure


def _panels(above: Axes, below: Axes, curve: Curve, look: Look, part: str) -> None:
    mean = curve.loss.mean(axis=0)
    # A line from the end of one cycle's maintenance to the next one's start would show training
    # that did not happen: between them the network was pruned.
    gaps = np.flatnonzero(np.floor(curve.x[1:] + 0.5) != np.floor(curve.x[:-1] + 0.5)) + 1
    cut = gaps if part == MAINTENANCE else np.array([], dtype=int)
    x, noise, mean = (np.insert(values, cut, np.nan) for values in (curve.x, curve.noise, mean))
    loss = np.insert(curve.loss, cut, np.nan, axis=1)
    above.set_title(style.wrapped(look.label, 22))
    style.seeds(above, x, loss, look)
    lonely: dict[str, Any] = (
        {"marker": ".", "markersize": 3} if len(curve.x) < 2 or _single(curve, cut) else {}
    )
    above.plot(x, mean, **style.mean_line(look, 1.8), **lonely)
    above.set_yscale("log", nonpositive="mask")
    style.powers_of_ten(above.yaxis)
    below.plot(x, noise, color="black", linewidth=1.2, label="noise", **lonely)
    below.margins(y=0.15)
    below.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for start in curve.steps:
        for panel in (above, below):
            panel.axvline(start, color=style.QUIET, linewidth=0.8, linestyle=(0, (2, 2)))


def _single(curve: Curve, cut: np.ndarray) -> bool:
    """Whether cycles have one epoch each, which a line alone would not show."""
    return len(cut) == len(curve.x) - 1
