"""Relapse-free survival through the stress cycles (Kaplan-Meier)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from pipeline_lib.figures import style, summaries
from pipeline_lib.figures.series import Row, by_treatment
from pipeline_lib.figures.style import Look

BEFORE = -0.6  # where curves begin: cycle 0 is measured too, and may be a relapse
AFTER = 0.4
CENSORED: dict[str, Any] = {"marker": "+", "markersize": 8, "markeredgewidth": 1.4}
APART = 1.6  # points between curves, which would hide each other where they are equal


@dataclass(frozen=True)
class Curve:
    """A treatment's survival, and how many seeds it began with."""

    survival: summaries.Survival
    seeds: int
    last: int


def data(relapse: Iterable[Row], threshold: float) -> dict[str, Curve]:
    """Return the survival of each treatment's seeds.

    `relapse` has rows of `metrics.MEASUREMENTS`; `threshold` is a fraction, as in the study.
    """
    curves = {}
    for name, series in by_treatment(relapse, "cycle").items():
        last = int(series.levels[-1])
        cycles = summaries.relapse_cycles(series.values, threshold)
        curves[name] = Curve(summaries.survival(cycles, last), len(series.seeds), last)
    return curves


def figure(rows: Sequence[Row], looks: Mapping[str, Look], *, threshold: float) -> Figure:
    """Return the figure of a study's rows."""
    return draw(data(rows, threshold), looks, threshold=threshold)


def draw(curves: Mapping[str, Curve], looks: Mapping[str, Look], *, threshold: float) -> Figure:
    """Draw the curves, and below them the number of seeds at risk."""
    shown = [name for name in looks if name in curves]
    figure = style.new_figure(3.0 + 0.22 * len(shown), "Relapse-free survival")
    heights = [2.2, 0.25 + 0.22 * len(shown)]
    panel, below = figure.subplots(2, 1, sharex=True, height_ratios=heights)
    last = max((curve.last for curve in curves.values()), default=1)
    for name, apart in zip(shown, style.dodged(len(shown), APART), strict=True):
        _curve(panel, curves[name], looks[name], apart)
    panel.set(ylabel="Seeds without relapse (%)", ylim=(-3, 106), xlim=(BEFORE, last + 0.5))
    panel.xaxis.set_major_locator(_whole_cycles(last))
    panel.xaxis.set_tick_params(labelbottom=True)
    panel.set_xlabel(f"Stress cycle   (relapse: below {100 * threshold:g} % under combined stress)")
    _at_risk(below, [(looks[name], curves[name]) for name in shown])
    interval = Patch(facecolor="#DDDDDD", edgecolor="#999999", linewidth=0.6)
    interval.set_label("95 % interval")
    never = style.note("never relapsed", linestyle="none", **CENSORED)
    style.legend(figure, [interval, never])
    return figure


def _curve(panel: Axes, curve: Curve, look: Look, apart: float) -> None:
    steps = curve.survival
    canvas: Any = panel.get_figure(root=True)
    moved = panel.transData + ScaledTranslation(0, apart / 72, canvas.dpi_scale_trans)
    # Past the last cycle, so that a step at it shows.
    x = np.array([BEFORE, *range(curve.last + 1), curve.last + AFTER])
    share = np.array([100.0, *steps.share, steps.share[-1]])
    low, high = (np.array([np.nan, *end, end[-1]]) for end in (steps.low, steps.high))
    panel.fill_between(x, low, high, step="post", color=look.colour, alpha=0.16, linewidth=0)
    for end in (low, high):
        rim = {"color": look.colour, "linestyle": look.line, "linewidth": 0.6, "alpha": 0.8}
        panel.plot(x, end, drawstyle="steps-post", label="interval", **rim)
    options = style.line(look) | {"marker": "", "linewidth": 1.8}
    panel.plot(
        x,
        share,
        drawstyle="steps-post",
        label=look.label,
        transform=moved,
        solid_joinstyle="miter",
        **options,
    )
    if curve.survival.censored:
        panel.plot(
            [x[-1]],
            [share[-1]],
            color=look.colour,
            transform=moved,
            label="never relapsed",
            **CENSORED,
        )


def _at_risk(panel: Axes, rows: list[tuple[Look, Curve]]) -> None:
    """Write the numbers at risk as a small table, one row a treatment, as clinical papers do."""
    for place, (look, curve) in enumerate(rows):
        for cycle in np.asarray(_whole_cycles(curve.last).tick_values(0, curve.last), dtype=int):
            number = curve.survival.at_risk[cycle]
            panel.text(cycle, place, f"{number}", ha="center", va="center", fontsize=7.5)
        # The table is the legend too: beside each name a piece of its line.
        panel.plot(
            [BEFORE, BEFORE + 0.05 * curve.last],
            [place, place],
            clip_on=False,
            **(style.line(look) | {"marker": "", "linewidth": 1.8}),
        )
    panel.set(ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
    panel.set_yticklabels([style.wrapped(look.label, 26) for look, _ in rows])
    panel.set_title("Seeds at risk", fontsize=8)
    panel.grid(visible=False)
    panel.tick_params(axis="both", length=0, labelbottom=False)
    for spine in panel.spines.values():
        spine.set_visible(False)


def _whole_cycles(last: int) -> FixedLocator:
    ticks = MaxNLocator(12, integer=True).tick_values(0, max(1, last))
    return FixedLocator([tick for tick in ticks if 0 <= tick <= last])
