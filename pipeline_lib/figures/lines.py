"""A panel for each number, with the mean of each state over noise levels or stress cycles."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job, axis_label, is_accuracy, limit, place
from pipeline_lib.numbers import Key, Number

COLUMNS = 2
APART = 0.012  # share of the panel's width between states that would hide each other


def draw(job: Job) -> Figure:
    """Draw a line with intervals for each state."""
    series = job.series()
    figure = style.new_figure(0.9 + 2.7 * style.rows_for(len(series), COLUMNS))
    panels = style.grid(figure, len(series), COLUMNS, sharex=False, sharey=False)
    for panel, (number, of_number) in zip(panels, series, strict=True):
        _panel(panel, number, of_number, job)
        if len(series) > 1:
            panel.set_title(number.heading)
    there = {state for _, of_number in series for state in of_number}
    legend = [style.handle(look) for state, look in job.looks.items() if state in there]
    legend += style.intervals(figure)
    if any(is_accuracy(number) for number, _ in series):
        legend.append(style.chance(job.study["chance"]))
    style.legend(figure, legend)
    return figure


def _panel(panel: Axes, number: Number, series: Mapping[str, Sequence[Key]], job: Job) -> None:
    places = [place(key) for keys in series.values() for key in keys]
    reach = APART * (max(places) - min(places))
    for (state, keys), shift in zip(series.items(), style.dodged(len(series), reach), strict=True):
        look, (mean, low, high) = job.looks[state], job.means(keys)
        x = [place(key) + shift for key in keys]
        # Intervals are bars a little apart, because overlapping bands are indistinct in print.
        panel.vlines(x, low, high, color=look.colour, linewidth=1.1)
        panel.plot(x, mean, label=look.label, **style.line(look))
    panel.set_ylabel(axis_label(number))
    if number.by == "cycle":
        panel.set_xlabel("Stress cycle")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        panel.set_xlabel(number.over or number.heading)
    if is_accuracy(number):
        panel.axhline(job.study["chance"], **style.CHANCE)
    limit(panel, number)
