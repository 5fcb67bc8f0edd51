"""Accuracy of every state and seed: clean, standard, combined stress, strongest internal noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.series import Row, accuracy
from pipeline_lib.figures.style import Look
from pipeline_lib.figures.summaries import summary

MEAN: dict[str, Any] = {
    "linestyle": "none",
    "marker": "|",
    "color": "black",
    "markersize": 7,
    "markeredgewidth": 1.5,
}
TITLES = {"clean": "Clean", "standard": "Standard", "combined": "Combined stress"}


@dataclass(frozen=True)
class Sample:
    """Accuracy (seeds,) of one state under one condition, in per cent."""

    state: str
    off: bool  # with the modulation taken off
    values: np.ndarray


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
            found.setdefault(key, []).append(accuracy(row))
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
    rows = _rows(conditions, looks)
    figure = style.new_figure(1.3 + 0.36 * len(rows), "Accuracy by treatment and condition")
    panels = style.grid(figure, len(conditions), len(conditions))
    for panel, condition in zip(panels, conditions, strict=True):
        panel.set_title(condition.title)
        panel.axvline(chance, color=style.QUIET, linewidth=0.9, linestyle=(0, (1, 1.5)))
        for sample in condition.samples:
            place = rows[sample.state, sample.off]
            look = looks[sample.state]
            face = "white" if sample.off else look.colour
            over = summary(sample.values[:, np.newaxis])
            panel.plot(
                sample.values,
                place - 0.13 + style.dodged(len(sample.values), 0.22),
                linestyle="none",
                marker=look.marker,
                color=look.colour,
                markerfacecolor=face,
                markersize=5 if look.marker == "*" else 3.2,
                markeredgewidth=0.6,
                alpha=0.65,
                label="seeds",
            )
            # Below the seeds, which it would hide where all are equal.
            below = place + 0.27
            panel.plot(
                [*over.low, *over.high],
                [below, below],
                color="black",
                linewidth=1.1,
                label="interval",
            )
            panel.plot(over.mean, [below], label="mean", **MEAN)
        panel.grid(visible=False, axis="y")
        panel.tick_params(axis="y", length=0)
    panels[0].set(xlim=(-3, 103), ylim=(len(rows) - 0.45, -0.55), yticks=range(len(rows)))
    panels[0].xaxis.set_major_locator(MultipleLocator(25))
    panels[0].set_yticklabels(
        style.wrapped(looks[state].label, 22) + ("\nmodulation off" if off else "")
        for state, off in rows
    )
    panels[len(panels) // 2].set_xlabel("Accuracy (%)", x=0 if len(panels) % 2 == 0 else 0.5)
    style.legend(
        figure,
        [
            style.note("one seed", linestyle="none", marker="o", color=style.QUIET, markersize=3.2),
            style.note("mean and 95 % interval", **(MEAN | {"linestyle": "-"})),
            style.note(f"chance, {chance:.3g} %", color=style.QUIET, linestyle=(0, (1, 1.5))),
        ],
    )
    return figure


def _rows(
    conditions: Sequence[Condition], looks: Mapping[str, Look]
) -> dict[tuple[str, bool], int]:
    there = {(sample.state, sample.off) for panel in conditions for sample in panel.samples}
    wanted = [(state, off) for state in looks for off in (False, True) if (state, off) in there]
    return {key: place for place, key in enumerate(wanted)}
