"""Accuracy of every state and seed: clean, standard, combined stress, strongest internal noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

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

TITLES = {"clean": "Clean", "standard": "Standard", "combined": "Combined stress"}


@dataclass(frozen=True)
class Condition:
    """A panel: what all states were measured under."""

    title: str
    samples: tuple[Sample, ...]


def data(evaluate: Iterable[Row], states: Sequence[str]) -> list[Condition]:
    """Return the conditions in the order of the panels, each with its samples in that of `states`.

    `evaluate` has rows of `metrics.MEASUREMENTS`. Of the noise sweep the strongest level is shown.
    """
    rows = list(evaluate)
    strongest = max((r["internal_noise"] for r in rows if r["condition"] == "internal"), default=0)
    titles = dict(TITLES)
    if strongest > 0:
        titles["internal"] = f"Internal noise σ = {strongest:g}"
    found: dict[tuple[str, str, bool], list[float]] = {}
    for row in rows:
        if row["condition"] != "internal" or row["internal_noise"] == strongest:
            key = (row["condition"], row["treatment"], row["modulation"] == "off")
            found.setdefault(key, []).append(accuracy_in_per_cent(row))
    return [
        Condition(
            title,
            tuple(
                Sample(state, off, np.array(found[condition, state, off]))
                for state in states
                for off in (False, True)
                if (condition, state, off) in found
            ),
        )
        for condition, title in titles.items()
    ]


def figure(rows: Sequence[Row], looks: Mapping[str, Look], *, chance: float) -> Figure:
    """Return the figure of a study's rows."""
    return draw(data(rows, list(looks)), looks, chance=chance)


def draw(conditions: Sequence[Condition], looks: Mapping[str, Look], *, chance: float) -> Figure:
    """Draw a panel for each condition and a row for each state; `chance` is in per cent."""
    rows = rows_of([sample for panel in conditions for sample in panel.samples], looks)
    figure = style.new_figure(1.3 + height(rows, looks), "Accuracy by treatment and condition")
    panels = style.grid(figure, len(conditions), len(conditions))
    for panel, condition in zip(panels, conditions, strict=True):
        panel.set_title(condition.title)
        panel.axvline(chance, **style.CHANCE)
        draw_samples(panel, condition.samples, rows, looks)
    panels[0].set_xlim(-3, 103)
    panels[0].xaxis.set_major_locator(MultipleLocator(25))
    panels[len(panels) // 2].set_xlabel("Accuracy (%)", x=0 if len(panels) % 2 == 0 else 0.5)
    style.legend(figure, [*seeds_and_interval(), style.chance(chance)])
    return figure
