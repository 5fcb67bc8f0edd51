"""Accuracy over what was drawn for each seed: a point for each seed, a line for each treatment."""

import numpy as np
from matplotlib.figure import Figure

from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job
from pipeline_lib.figures.trajectories import THRESHOLD
from pipeline_lib.names import COMBINED, FINAL_ACCURACY, HEALTHY
from pipeline_lib.numbers import Key, axis_text, drawn_keys

NEIGHBOURS = 5  # seeds on either side, over which the line is a running mean
FEWEST = 2 * (2 * NEIGHBOURS + 1)  # seeds that have such a line


def draw(job: Job) -> Figure:
    """Draw a row of panels for each accuracy, with a panel for each key that was drawn."""
    values, drawn, threshold = job.values, job.told["drawn"], job.study["threshold"]
    keys = drawn_keys(drawn)
    there = {key for key in values if key.treatment != HEALTHY}  # which is before any damage
    rows = [row for row in (COMBINED, FINAL_ACCURACY) if any(key.number == row for key in there)]
    measured = {key.treatment for key in there if key.number in rows}
    looks = {name: look for name, look in job.looks.items() if name in measured}
    columns, labels = style.per_row(len(keys)), {name: look.label for name, look in looks.items()}
    figure = style.new_figure(0.8 + 2.1 * len(rows) * style.rows_for(len(keys), len(keys)))
    # Panels of one key share its axis, which need not be that of the panel below.
    panels = style.grid(figure, len(rows) * len(keys), len(keys), sharex=False)
    for place, panel in enumerate(panels):
        number, key = rows[place // len(keys)], keys[place % len(keys)]
        for name, look in looks.items():
            if (here := values.get(Key(name, number))) is None:
                continue
            x = np.array([drawn[seed][key] for seed in here])
            order, y = np.argsort(x, kind="stable"), np.array(list(here.values()))
            panel.plot(x, y, **(style.line(look) | {"linestyle": "none", "markersize": 3}))
            panel.plot(*_running(x[order], y[order]), color=look.colour, linestyle=look.line)
        if threshold is not None:
            panel.axhline(100 * threshold, **THRESHOLD)
        panel.set_xlabel(style.wrapped(axis_text(key, labels), 40))
        if place % columns == 0:
            panel.set_ylabel(f"{job.numbers[number].heading}\nAccuracy (%)")
    notes = [style.note("threshold", **THRESHOLD)] if threshold is not None else []
    # Without a running mean a treatment has points alone.
    marks = {} if len(drawn) >= FEWEST else {"linestyle": "none"}
    style.legend(figure, [*(style.handle(look, **marks) for look in looks.values()), *notes])
    return figure


def _running(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the means of x and of y over each seed and its neighbours, x ascending."""
    width = 2 * NEIGHBOURS + 1
    if len(x) < FEWEST:
        return np.array([]), np.array([])
    window = np.full(width, 1 / width)
    return np.convolve(x, window, "valid"), np.convolve(y, window, "valid")
