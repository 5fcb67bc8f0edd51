"""Switch liability: accuracy under biased noise, and hidden activity, of every state and seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from pipeline_lib.figures import style
from pipeline_lib.figures.rows_of_states import (
    Sample,
    draw_samples,
    height,
    rows_of,
    seeds_and_interval,
)
from pipeline_lib.figures.series import Row
from pipeline_lib.figures.style import Look
from pipeline_lib.files.rows import accuracy_in_per_cent


def data(switch: Iterable[Row], states: Sequence[str]) -> dict[str, list[Sample]]:
    """Return accuracy in per cent and activity by measurement, in the order of `states`.

    `switch` has rows of `metrics.SWITCH`.
    """
    rows = list(switch)
    found: dict[str, list[Sample]] = {"accuracy": [], "activity": []}
    for state in states:
        for off in (False, True):
            own = [r for r in rows if r["treatment"] == state and (r["modulation"] == "off") == off]
            if own:
                share = np.array([accuracy_in_per_cent(row) for row in own])
                activity = np.array([row["activity"] for row in own])
                found["accuracy"].append(Sample(state, off, share))
                found["activity"].append(Sample(state, off, activity))
    return found


def figure(
    rows: Sequence[Row], looks: Mapping[str, Look], *, chance: float, bias: float, sd: float
) -> Figure:
    """Return the figure of a study's rows."""
    samples = data(rows, list(looks))
    places = rows_of([sample for panel in samples.values() for sample in panel], looks)
    figure = style.new_figure(1.3 + height(places, looks), "Switch liability")
    left, right = figure.subplots(1, 2, sharey=True)
    left.set_title(f"Accuracy under biased noise, N({bias:g}, {sd:g}²)")
    right.set_title("Activity without noise")
    left.axvline(chance, **style.CHANCE)
    draw_samples(left, samples["accuracy"], places, looks)
    draw_samples(right, samples["activity"], places, looks)
    left.set(xlim=(-3, 103), xlabel="Accuracy (%)")
    right.set(xlabel="Mean absolute activity of hidden units")
    right.set_xlim(left=0)
    style.legend(figure, [*seeds_and_interval(), style.chance(chance)])
    return figure
