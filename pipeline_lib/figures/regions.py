"""The task, and the class that each network of one seed assigns to each point of the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.pages import Draw, Job
from pipeline_lib.figures.style import Look
from pipeline_lib.model.activity import logits
from pipeline_lib.model.network import Network
from pipeline_lib.model.task import Points, standard_points

COLUMNS = 3
STEPS = 97  # points of the grid along each axis
REACH = 4.0  # how far beyond the outermost centres the plane is shown, in SDs of a cloud
SHOWN_POINTS = 400  # the number of standard test points that are shown

# Classes differ in lightness, in hatch and in marker.
CLASS_COLOURS = ("#F7F7F7", "#C6DBEF", "#FDD49E", "#9E9AC8", "#C7E9C0", "#FCBBA1", "#BDBDBD")
HATCHES = ("", "////", "....", "\\\\\\\\", "----", "||||", "xxxx")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
RIM = "#333333"
CENTRE: dict[str, Any] = {"facecolor": "white", "edgecolor": "black", "linewidth": 0.8}


def draw(
    networks: Mapping[str, Network],
    points: Points,
    looks: Mapping[str, Look],
    *,
    centres: Sequence[Sequence[float]],
    sd: float,
    seed: int,
) -> Figure:
    """Draw the task, then a panel for each network of the seed, without any noise.

    `points` are standard test points; the first of them are shown.
    """
    middle = np.asarray(centres, dtype=np.float64)
    lowest, highest = middle.min(axis=0) - REACH * sd, middle.max(axis=0) + REACH * sd
    shown = [name for name in looks if name in networks]
    tall = 0.35 + style.page_width() / style.per_row(COLUMNS) * 0.92
    height = 0.8 + tall * style.rows_for(len(shown) + 1, COLUMNS)
    figure = style.new_figure(height)
    task, *panels = style.grid(figure, len(shown) + 1, COLUMNS)
    task.set_title(f"Test points\nof the task, seed {seed}")
    labels = points.labels[:SHOWN_POINTS]
    for number in range(len(middle)):
        task.plot(
            *points.x[:SHOWN_POINTS][labels == number].T,
            linestyle="none",
            marker=MARKERS[number % len(MARKERS)],
            markersize=3,
            markerfacecolor=CLASS_COLOURS[number % len(CLASS_COLOURS)],
            markeredgecolor=RIM,
            markeredgewidth=0.4,
        )
    for panel, name in zip(panels, shown, strict=True):
        right = logits(networks[name], middle.astype(np.float32)).argmax(axis=1)
        correct = int(np.sum(right == np.arange(len(middle))))
        label = style.wrapped(looks[name].label, 24)
        panel.set_title(f"{label}\n{correct} of {len(middle)} centres right")
        _regions(panel, networks[name], lowest, highest)
    for panel in (task, *panels):
        for number, (x, y) in enumerate(middle):
            box = {"boxstyle": "circle,pad=0.25"} | CENTRE
            panel.text(x, y, f"{number}", ha="center", va="center", fontsize=8, bbox=box)
        panel.set(xlim=(lowest[0], highest[0]), ylim=(lowest[1], highest[1]), aspect="equal")
        panel.grid(visible=False)
        panel.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        panel.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    handles = [
        Patch(
            facecolor=CLASS_COLOURS[number % len(CLASS_COLOURS)],
            hatch=HATCHES[number % len(HATCHES)],
            edgecolor=RIM,
            linewidth=0.5,
            label=f"decides for class {number}",
        )
        for number in range(len(middle))
    ]
    style.legend(figure, handles, columns=min(4, len(middle)))
    return figure


def drawing(job: Job) -> Draw:
    """Return what draws the figure of these files."""
    seed, points, looks = job.told["seed"], job.told["points"], job.looks
    networks = {state: job.network(state) for state in looks}
    tested = standard_points(seed, **points)
    task = {name: points[name] for name in ("centres", "sd")}
    return lambda: draw(networks, tested, looks, **task, seed=seed)


def _regions(panel: Axes, network: Network, lowest: np.ndarray, highest: np.ndarray) -> None:
    """Shade the class that a network chooses, over a grid between two corners (2,)."""
    x, y = np.linspace(lowest, highest, STEPS).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    scores = logits(network, grid).reshape(STEPS, STEPS, -1)
    for number in np.unique(scores.argmax(axis=-1)):
        # The lead of a class over the others is smooth, so the border, where it is zero, is too.
        ahead = scores[..., number] - np.delete(scores, number, -1).max(-1)
        colour, hatch = (of[number % len(of)] for of in (CLASS_COLOURS, HATCHES))
        panel.contourf(x, y, ahead, levels=[0, np.inf], colors=[colour], hatches=[hatch])
        if ahead.min() < 0:
            panel.contour(x, y, ahead, levels=[0], colors=RIM, linewidths=0.8)
