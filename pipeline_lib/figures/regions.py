"""The task, and what each network of one seed decides over the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.style import Look
from pipeline_lib.model.activity import logits
from pipeline_lib.model.network import Network
from pipeline_lib.model.task import Points

STEPS = 97  # of the grid along each axis
REACH = 4.0  # how far beyond the outermost centres the plane is shown, in sds of a cloud
SHOWN_POINTS = 400  # of the standard test points

# Classes differ in lightness, in hatch and in marker.
CLASS_COLOURS = ("#F7F7F7", "#C6DBEF", "#FDD49E", "#9E9AC8", "#C7E9C0", "#FCBBA1", "#BDBDBD")
HATCHES = ("", "////", "....", "\\\\\\\\", "----", "||||", "xxxx")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")


@dataclass(frozen=True)
class Decisions:
    """What one network says: `logits` (y, x, classes) over the grid, `centres` (classes,), the
    class that it gives to each centre.
    """

    logits: np.ndarray
    centres: np.ndarray

    @property
    def grid(self) -> np.ndarray:
        """The class (y, x) that the network decides for."""
        chosen: np.ndarray = self.logits.argmax(axis=-1)
        return chosen


@dataclass(frozen=True)
class Plane:
    """The plane that is shown: its `x` and `y` (steps,), the clouds and some of their points."""

    x: np.ndarray
    y: np.ndarray
    centres: np.ndarray
    points: Points
    decisions: Mapping[str, Decisions]


def data(
    networks: Mapping[str, Network],
    points: Points,
    *,
    centres: Sequence[Sequence[float]],
    sd: float,
) -> Plane:
    """Return what each network decides on a grid over the clouds, without any noise.

    `points` are standard test points; the first of them are shown.
    """
    middle = np.asarray(centres, dtype=np.float64)
    lowest, highest = middle.min(axis=0) - REACH * sd, middle.max(axis=0) + REACH * sd
    x, y = (np.linspace(lowest[axis], highest[axis], STEPS) for axis in (0, 1))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    decisions = {}
    for state, network in networks.items():
        scores = logits(network, np.concatenate([grid, middle]).astype(np.float32))
        over_grid = scores[: len(grid)].reshape(STEPS, STEPS, -1)
        decisions[state] = Decisions(over_grid, scores[len(grid) :].argmax(axis=1))
    some = Points(points.x[:SHOWN_POINTS], points.labels[:SHOWN_POINTS])
    return Plane(x, y, middle, some, decisions)


def draw(plane: Plane, looks: Mapping[str, Look], *, seed: int) -> Figure:
    """Draw the task, then a panel for each network of the seed."""
    shown = [name for name in looks if name in plane.decisions]
    columns = 3
    rows = -(-(len(shown) + 1) // columns)
    figure = style.new_figure(0.8 + 2.55 * rows, f"What each network of seed {seed} decides")
    task, *panels = style.grid(figure, len(shown) + 1, columns)
    task.set_title("Test points\nof the task")
    for number in range(len(plane.centres)):
        of_class = plane.points.x[plane.points.labels == number]
        task.plot(
            *of_class.T,
            linestyle="none",
            marker=MARKERS[number % len(MARKERS)],
            markersize=3,
            markerfacecolor=CLASS_COLOURS[number % len(CLASS_COLOURS)],
            markeredgecolor="#333333",
            markeredgewidth=0.4,
        )
    for panel, name in zip(panels, shown, strict=True):
        _regions(panel, plane, plane.decisions[name], looks[name])
    for panel in (task, *panels):
        _centres(panel, plane)
        panel.set(xlim=(plane.x[0], plane.x[-1]), ylim=(plane.y[0], plane.y[-1]), aspect="equal")
        panel.grid(visible=False)
        panel.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        panel.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    style.legend(
        figure,
        [
            Patch(
                facecolor=CLASS_COLOURS[number % len(CLASS_COLOURS)],
                hatch=HATCHES[number % len(HATCHES)],
                edgecolor="#333333",
                linewidth=0.5,
                label=f"decides for class {number}",
            )
            for number in range(len(plane.centres))
        ],
        columns=min(4, len(plane.centres)),
    )
    return figure


def _regions(panel: Axes, plane: Plane, decisions: Decisions, look: Look) -> None:
    classes = len(plane.centres)
    right = int(np.sum(decisions.centres == np.arange(classes)))
    panel.set_title(f"{style.wrapped(look.label, 24)}\n{right} of {classes} centres right")
    for number in np.unique(decisions.grid):
        # How far a class is ahead of the others is smooth, so its zero is a smooth border.
        ahead = decisions.logits[..., number] - np.delete(decisions.logits, number, -1).max(-1)
        panel.contourf(
            plane.x,
            plane.y,
            ahead,
            levels=[0, np.inf],
            colors=[CLASS_COLOURS[number % len(CLASS_COLOURS)]],
            hatches=[HATCHES[number % len(HATCHES)]],
        )
        if ahead.min() < 0:
            panel.contour(plane.x, plane.y, ahead, levels=[0], colors="#333333", linewidths=0.8)


def _centres(panel: Axes, plane: Plane) -> None:
    for number, (x, y) in enumerate(plane.centres):
        panel.text(
            x,
            y,
            f"{number}",
            ha="center",
            va="center",
            fontsize=8,
            bbox={
                "boxstyle": "circle,pad=0.25",
                "facecolor": "white",
                "edgecolor": "black",
                "linewidth": 0.8,
            },
        )
