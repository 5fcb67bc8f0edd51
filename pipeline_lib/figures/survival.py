"""Relapse-free survival of the seeds that responded, through the stress cycles (Kaplan-Meier)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from pipeline_lib.analysis.survival import SurvivalStep
from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job
from pipeline_lib.figures.style import Look

BEFORE = -0.6  # where the panel begins
AFTER = 0.4
CENSORED: dict[str, Any] = {"marker": "+", "markersize": 8, "markeredgewidth": 1.4}
APART = 1.6  # points between curves, which would hide each other if they are equal


def draw(job: Job) -> Figure:
    """Draw the curves, and below them the number of seeds at risk."""
    looks = job.looks
    curves: dict[str, list[SurvivalStep]] = {}
    for step in job.rows("survival", SurvivalStep):
        curves.setdefault(step.treatment, []).append(step)
    shown = [name for name in looks if name in curves]
    figure = style.new_figure(3.0 + 0.22 * len(shown))
    heights = [2.2, 0.25 + 0.22 * len(shown)]
    panel, below = figure.subplots(2, 1, sharex=True, height_ratios=heights)
    last = max((curve[-1].cycle for curve in curves.values()), default=1)
    for name, apart in zip(shown, style.dodged(len(shown), APART), strict=True):
        _curve(panel, curves[name], looks[name], apart)
    panel.set(ylabel="Responders without relapse (%)", ylim=(-3, 106), xlim=(BEFORE, last + 0.5))
    panel.set_xticks(_whole_cycles(last))
    panel.xaxis.set_tick_params(labelbottom=True)
    relapse = f"relapse: below {100 * job.study['threshold']:g} % under combined stress"
    label = style.wrapped(f"Stress cycle   ({relapse})", int(15 * style.page_width()))
    panel.set_xlabel(label)
    _at_risk(below, [(looks[name], curves[name]) for name in shown])
    interval = Patch(facecolor="#DDDDDD", edgecolor="#999999", linewidth=0.6)
    interval.set_label("95 % interval")
    never = style.note("never relapsed", linestyle="none", **CENSORED)
    style.legend(figure, [interval, never])
    return figure


def _curve(panel: Axes, curve: Sequence[SurvivalStep], look: Look, apart: float) -> None:
    last = curve[-1]
    canvas: Any = panel.get_figure(root=True)
    moved = panel.transData + ScaledTranslation(0, apart / 72, canvas.dpi_scale_trans)
    # The line ends after the last cycle, so that a step at that cycle is visible.
    x = np.array([*(step.cycle for step in curve), last.cycle + AFTER])
    share, low, high = np.array(
        [(step.survival, step.ci_low, step.ci_high) for step in (*curve, last)]
    ).T
    panel.fill_between(x, low, high, step="post", color=look.colour, alpha=0.16, linewidth=0)
    for end in (low, high):
        rim = {"color": look.colour, "linestyle": look.line, "linewidth": 0.6, "alpha": 0.8}
        panel.plot(x, end, drawstyle="steps-post", label="interval", **rim)
    line = _thick(look) | {"drawstyle": "steps-post", "solid_joinstyle": "miter"}
    panel.plot(x, share, label=look.label, transform=moved, **line)
    if last.at_risk > last.relapsed:
        mark = {"color": look.colour, "label": "never relapsed"} | CENSORED
        panel.plot([x[-1]], [share[-1]], transform=moved, **mark)


def _thick(look: Look) -> dict[str, Any]:
    return style.line(look) | {"marker": "", "linewidth": 1.8}


def _at_risk(panel: Axes, rows: Sequence[tuple[Look, Sequence[SurvivalStep]]]) -> None:
    """Write the numbers at risk as a table with a row for each treatment, as clinical papers do."""
    for place, (look, curve) in enumerate(rows):
        last = curve[-1].cycle
        for step in curve:
            if step.cycle in _whole_cycles(last):
                at = (step.cycle, place)
                panel.text(*at, f"{step.at_risk}", ha="center", va="center", fontsize=7.5)
        # The table is also the legend: beside each name is a piece of its line.
        ends = [BEFORE, BEFORE + 0.05 * last]
        panel.plot(ends, [place, place], clip_on=False, **_thick(look))
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.set_yticks(range(len(rows)), [style.wrapped(look.label, 26) for look, _ in rows])
    panel.set_title("Responders at risk", fontsize=8)
    panel.grid(visible=False)
    panel.tick_params(axis="both", length=0, labelbottom=False)
    panel.spines[:].set_visible(False)


def _whole_cycles(last: int) -> list[float]:
    ticks = MaxNLocator(12, integer=True).tick_values(0, max(1, last))
    return [tick for tick in ticks if 0 <= tick <= last]
