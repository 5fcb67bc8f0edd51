"""The task, and the class that each network of one seed assigns to each point of the plane."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job
from pipeline_lib.model.activity import logits
from pipeline_lib.model.network import Network
from pipeline_lib.model.task import clouds

COLUMNS = 3
STEPS = 97  # points of the grid along each axis
REACH = 4.0  # how far beyond the outermost centres the plane is shown, in SDs of a cloud
SHOWN_POINTS = 400  # the number of standard test points that are shown

# Classes differ in colour and lightness, in hatch and in marker.
CLASSES = (
    ("#F7F7F7", "", "o"),
    ("#C6DBEF", "////", "^"),
    ("#FDD49E", "....", "s"),
    ("#9E9AC8", "\\\\\\\\", "D"),
    ("#C7E9C0", "----", "v"),
    ("#FCBBA1", "||||", "P"),
    ("#BDBDBD", "xxxx", "X"),
)
RIM = "#333333"
CENTRE: dict[str, Any] = {"facecolor": "white", "edgecolor": "black", "linewidth": 0.8}


def draw(job: Job) -> Figure:
    """Draw the task, then a panel for each network of the job's seed, without any noise."""
    seed, told = job.told["seed"], job.told["points"]
    points, sd = clouds("standard", seed, **told), told["sd"]
    middle = np.asarray(told["centres"], dtype=np.float64)
    lowest, highest = middle.min(axis=0) - REACH * sd, middle.max(axis=0) + REACH * sd
    count = 1 + len(job.looks)
    tall = 0.35 + style.page_width() / style.per_row(COLUMNS) * 0.92
    figure = style.new_figure(0.8 + tall * style.rows_for(count, COLUMNS))
    task, *panels = style.grid(figure, count, COLUMNS)
    task.set_title(f"Test points\nof the task, seed {seed}")
    handles = []
    for number in range(len(middle)):
        colour, hatch, marker = CLASSES[number % len(CLASSES)]
        here = points.x[:SHOWN_POINTS][points.labels[:SHOWN_POINTS] == number]
        dots: dict[str, Any] = {"marker": marker, "markersize": 3, "linestyle": "none"}
        dots |= {"markerfacecolor": colour, "markeredgecolor": RIM, "markeredgewidth": 0.4}
        task.plot(*here.T, **dots)
        handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor=RIM, linewidth=0.5))
        handles[-1].set_label(f"decides for class {number}")
    for panel, (name, look) in zip(panels, job.looks.items(), strict=True):
        network = job.network(name)
        right = logits(network, middle.astype(np.float32)).argmax(axis=1)
        correct = int(np.sum(right == np.arange(len(middle))))
        label = style.wrapped(look.label, 24)
        panel.set_title(f"{label}\n{correct} of {len(middle)} centres right")
        _regions(panel, network, lowest, highest)
    for panel in (task, *panels):
        for number, (x, y) in enumerate(middle):
            box = {"boxstyle": "circle,pad=0.25"} | CENTRE
            panel.text(x, y, f"{number}", ha="center", va="center", fontsize=8, bbox=box)
        panel.set(xlim=(lowest[0], highest[0]), ylim=(lowest[1], highest[1]), aspect="equal")
        panel.grid(visible=False)
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_locator(MaxNLocator(5, integer=True))
    style.legend(figure, handles, columns=min(4, len(middle)))
    return figure


def _regions(panel: Axes, network: Network, lowest: np.ndarray, highest: np.ndarray) -> None:
    """Shade the class that a network chooses, over a grid between two corners (2,)."""
    x, y = np.linspace(lowest, highest, STEPS).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    scores = logits(network, grid).reshape(STEPS, STEPS, -1)
    for number in np.unique(scores.argmax(axis=-1)):
        # The lead of a class over the others is smooth, so the border, where it is zero, is too.
        ahead = scores[..., number] - np.delete(scores, number, -1).max(-1)
        colour, hatch, _ = CLASSES[number % len(CLASSES)]
        panel.contourf(x, y, ahead, levels=[0, np.inf], colors=[colour], hatches=[hatch])
        if ahead.min() < 0:
            panel.contour(x, y, ahead, levels=[0], colors=RIM, linewidths=0.8)
