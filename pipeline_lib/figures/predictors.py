"""What predicts the outcomes: a panel for each outcome, a row for each number of the network."""

from matplotlib.figure import Figure

from pipeline_lib.analysis.predictors import Association, predictor_text
from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job

APART = 0.25  # of a row, between treatments


def draw(job: Job) -> Figure:
    """Draw Spearman's rho with its interval, for all treatments whose seeds differ."""
    looks, numbers = job.looks, job.numbers
    there = [row for row in job.rows("associations", Association) if row.rho is not None]
    rows = list(dict.fromkeys((row.predictor, row.level) for row in there))
    outcomes = list(dict.fromkeys(row.outcome for row in there))
    shown = [name for name in looks if any(row.treatment == name for row in there)]
    figure = style.new_figure(1.3 + 0.3 * len(rows))
    panels = style.grid(figure, len(outcomes), max(1, len(outcomes)))
    shifts = style.shifts(looks, shown, APART)
    labels = {name: look.label for name, look in looks.items()}
    for panel, outcome in zip(panels, outcomes, strict=True):
        panel.set_title(numbers[outcome].heading)
        panel.set(xlim=(-1.05, 1.05), xlabel="Spearman's ρ")
        panel.axvline(0, color="black", linewidth=0.7)
        style.name_rows(panel, [predictor_text(*row, numbers, labels) for row in rows])
        for row in (row for row in there if row.outcome == outcome):
            look = looks[row.treatment]
            at = rows.index((row.predictor, row.level)) + shifts[row.treatment]
            if row.ci_low is not None and row.ci_high is not None:
                ends = (row.ci_low, row.ci_high)
                panel.plot(ends, [at, at], color=look.colour, linewidth=1.1, label="interval")
            panel.plot(row.rho or 0.0, at, **(style.line(look) | {"linestyle": "none"}))
    legend = [style.handle(looks[name], linestyle="none") for name in shown]
    style.legend(figure, [*legend, style.note("95 % interval")])
    return figure
