"""Resilience: how accuracy falls as the noise within the network grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.figure import Figure

from pipeline_lib.figures import style
from pipeline_lib.figures.series import Row, Series, by_treatment
from pipeline_lib.figures.style import Look
from pipeline_lib.figures.summaries import summary


def data(evaluate: Iterable[Row]) -> dict[str, Series]:
    """Return accuracy in per cent over the levels of the noise sweep, by state.

    `evaluate` has rows of `metrics.MEASUREMENTS`; those with the modulation off are left out.
    """
    sweep = (r for r in evaluate if r["condition"] == "internal" and r["modulation"] == "on")
    return by_treatment(sweep, "internal_noise")


def figure(rows: Sequence[Row], looks: Mapping[str, Look], *, chance: float) -> Figure:
    """Return the figure of a study's rows."""
    return draw(data(rows), looks, chance=chance)


def draw(sweep: Mapping[str, Series], looks: Mapping[str, Look], *, chance: float) -> Figure:
    """Draw a line with an interval for each state; `chance` is in per cent."""
    figure = style.new_figure(3.6, "Accuracy under internal noise")
    panel = figure.subplots()
    panel.axhline(chance, **style.CHANCE)
    shown = [name for name in looks if name in sweep]
    widest = max((series.levels[-1] for series in sweep.values()), default=0.0) or 1.0
    for name, shift in zip(shown, style.dodged(len(shown), 0.012 * widest), strict=True):
        series, look = sweep[name], looks[name]
        over = summary(series.values)
        # Intervals as bars a little apart: overlapping bands cannot be told apart in print.
        x = series.levels + shift
        panel.vlines(x, over.low, over.high, color=look.colour, linewidth=1.1)
        panel.plot(x, over.mean, label=look.label, **style.line(look))
    panel.annotate(
        f"chance, {chance:.3g} %",
        (1, chance),
        xycoords=("axes fraction", "data"),
        xytext=(-2, -3),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=7,
        color=style.QUIET,
    )
    panel.set(
        xlabel="Internal noise σ",
        ylabel="Accuracy (%)",
        ylim=(0, 103),
    )
    style.legend(
        figure,
        [
            *(style.handle(looks[name]) for name in shown),
            style.note("95 % interval", linestyle="none", marker="|", markersize=9),
        ],
    )
    return figure
