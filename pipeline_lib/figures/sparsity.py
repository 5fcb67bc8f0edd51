"""Sparsity: the share of weights that is pruned, through the stress cycles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.series import Row, Series, by_treatment, sparsity
from pipeline_lib.figures.style import Look


def data(relapse: Iterable[Row]) -> dict[str, Series]:
    """Return sparsity in per cent over the cycles, by treatment.

    `relapse` has rows of `metrics.MEASUREMENTS`.
    """
    return by_treatment(relapse, "cycle", sparsity)


def figure(rows: Sequence[Row], looks: Mapping[str, Look]) -> Figure:
    """Return the figure of a study's rows."""
    return draw(data(rows), looks)


def draw(courses: Mapping[str, Series], looks: Mapping[str, Look]) -> Figure:
    """Draw every seed and the mean of each treatment."""
    figure = style.new_figure(3.2, "Pruned weights through the stress cycles")
    panel = figure.subplots()
    shown = [name for name in looks if name in courses]
    # Treatments without regrowth have the same sparsity: side by side both can be seen.
    for name, shift in zip(shown, style.dodged(len(shown), 0.12), strict=True):
        series, look = courses[name], looks[name]
        x = series.levels + shift
        style.seeds(panel, x, series.values, look)
        panel.plot(x, series.values.mean(axis=0), label=look.label, **style.line(look))
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set(xlabel="Stress cycle   (0: after treatment)", ylabel="Pruned weights (%)")
    panel.set_ylim(top=100)
    style.legend(figure, [style.handle(looks[name]) for name in shown])
    return figure
