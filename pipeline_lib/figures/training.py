"""Training curves: loss and internal noise by epoch, in the course and in maintenance."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job
from pipeline_lib.figures.style import Look
from pipeline_lib.names import BASELINE, COURSE, MAINTENANCE
from pipeline_lib.steps import HistoryRow

COLUMNS = 4
AXES = {COURSE: "Epoch", MAINTENANCE: "Stress cycle"}  # of other measures: "Cycle"


def draw(job: Job) -> Figure:
    """Draw loss above noise, first in the courses, then in maintenance, by treatment.

    The healthy network's training is among the courses. The rows of each seed are in the order of
    training.
    """
    looks = job.looks
    found: dict[tuple[str, str], dict[int, list[HistoryRow]]] = {}
    for row in job.rows("history", HistoryRow):
        part = COURSE if row.stage == BASELINE else row.stage
        found.setdefault((part, row.treatment), {}).setdefault(row.seed, []).append(row)
    blocks, wide = [], style.per_row(COLUMNS)
    for part in dict.fromkeys([COURSE, *(stage for stage, _ in found)]):
        there = [(part, name) for name in looks if (part, name) in found]
        blocks += [there[start : start + wide] for start in range(0, len(there), wide)]
    figure = style.new_figure(0.75 + 2.2 * max(1, len(blocks)))
    width = max(map(len, blocks), default=1)
    rows: Any = figure.subfigures(max(1, len(blocks)), 1, squeeze=False, hspace=0.04)
    for subfigure, block in zip(rows[:, 0], blocks, strict=False):
        part = block[0][0]
        shared: dict[str, Any] = {"sharex": "col", "sharey": "row", "squeeze": False}
        axes = subfigure.subplots(2, width, **shared, height_ratios=[5, 2])
        for panel in axes[:, len(block) :].flat:
            panel.remove()
        for (above, below), place in zip(axes.T, block, strict=False):
            seeds = list(found[place].values())
            above.set_title(style.wrapped(looks[place[1]].label, 22))
            _panels(above, below, seeds, looks[place[1]], cycles=part != COURSE)
            below.set_xlabel(AXES.get(part, "Cycle"))
        axes[0, 0].set_ylabel(f"Loss, {part}")
        axes[1, 0].set_ylabel("Noise σ")
    noise = style.note("noise, the same for all seeds", linewidth=1.2)
    style.legend(figure, [*style.notes_of_seeds(), noise])
    return figure


def _panels(
    above: Axes, below: Axes, seeds: Sequence[Sequence[HistoryRow]], look: Look, *, cycles: bool
) -> None:
    """Draw the rows of each seed by epoch, from 1, or by cycle, divided evenly into epochs."""
    by_place = [{(row.cycle or 0, row.step, row.epoch): row for row in rows} for rows in seeds]
    every = {place: row for of_seed in by_place for place, row in of_seed.items()}
    places = sorted(every)
    rows = [every[place] for place in places]
    # Not every seed need have trained in every cycle.
    loss = np.array([[at[x].loss if x in at else np.nan for x in places] for at in by_place])
    noise, mean = np.array([row.noise for row in rows]), np.nanmean(loss, axis=0)
    x, longest = np.arange(1.0, len(rows) + 1), len(rows)
    if cycles:
        at, sizes = np.unique([row.cycle for row in rows], return_counts=True)
        each = zip(at, sizes, strict=True)
        x = np.concatenate([cycle - 0.5 + (np.arange(n) + 0.5) / n for cycle, n in each])
        # A line from the end of one cycle's maintenance to the start of the next would show
        # training that did not happen, because the network was pruned in between.
        cuts = np.cumsum(sizes)[:-1]
        x, noise, mean = (np.insert(values, cuts, np.nan) for values in (x, noise, mean))
        loss = np.insert(loss, cuts, np.nan, axis=1)
        longest = sizes.max()
    # A line alone would not show a single epoch.
    lonely: dict[str, Any] = {"marker": ".", "markersize": 3} if longest < 2 else {}
    style.seeds_and_mean(above, x, loss, mean, look, linewidth=1.8, **lonely)
    above.set_yscale("log", nonpositive="mask")
    style.powers_of_ten(above.yaxis)
    below.plot(x, noise, color="black", linewidth=1.2, label="noise", **lonely)
    below.margins(y=0.15)
    below.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for epoch, (before, after) in enumerate(pairwise(rows), start=1):
        if not cycles and before.step != after.step:
            for panel in (above, below):
                panel.axvline(epoch + 0.5, color=style.QUIET, linewidth=0.8, linestyle=(0, (2, 2)))
