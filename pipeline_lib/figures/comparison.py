"""Our means minus the published ones, with their Welch intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pipeline_lib import measures
from pipeline_lib.analysis.reproduction import CONSTANT, INCONSISTENT, Compared, sds
from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job
from pipeline_lib.figures.style import Look
from pipeline_lib.numbers import PER_CENT, POINTS, Number

BAND = "#E9E9E9"
Rows = dict[str, list[Compared]]  # of one published table, by the names of its numbers


def draw(job: Job) -> Figure:
    """Draw a panel for each table of the study's measures, with a row for each number.

    Means that are neither in per cent nor in percentage points are left out, and so are those of
    single seeds and constants that are equal.
    """
    compared, looks = job.rows("comparison", Compared), job.looks
    panels = _panels(job, compared)
    margin = sds(compared[0].margin_sds) if compared else ""
    columns: list[dict[str, Rows]] = [{} for _ in range(style.per_row(2))]
    for name, rows in panels.items():
        min(columns, key=_height)[name] = rows
    figure = style.new_figure(1.2 + 0.215 * (max(map(_height, columns)) or 1.0))
    columns = [column for column in columns if column]
    halves = figure.subfigures(1, max(1, len(columns)), squeeze=False, wspace=0.03)[0]
    for half, column in zip(halves, columns, strict=False):
        heights = [_height({name: rows}) for name, rows in column.items()]
        axes = half.subplots(len(column), 1, squeeze=False, height_ratios=heights)[:, 0]
        for panel, (name, rows) in zip(axes, column.items(), strict=True):
            panel.set_title(name)
            _panel(panel, rows, looks)
        axes[-1].set_xlabel("Ours minus published (percentage points)")
    there = {row.treatment for rows in panels.values() for of in rows.values() for row in of}
    handles = [style.handle(looks[name], linestyle="none") for name in looks if name in there]
    notes = [
        style.note("Welch interval"),
        style.note("no interval", linestyle="none", marker="o", markerfacecolor="white"),
        style.note("inconsistent", linestyle="none", marker="x", markersize=7),
        Patch(facecolor=BAND, label=f"within {margin} of the published seeds"),
    ]
    style.legend(figure, [*handles, *notes], columns=5)
    return figure


def _panels(job: Job, compared: Sequence[Compared]) -> dict[str, Rows]:
    """Return the rows of each table that has marks, by its title, in the tables' order."""
    tables = [table for name in job.study["measures"] for table in measures.load(name).TABLES]
    panels: dict[str, Rows] = {table.name: {} for table in tables}
    for row in compared:
        number, rows = job.numbers.get(row.number), panels.get(row.table)
        if number is None or rows is None or number.unit not in (PER_CENT, POINTS):
            continue
        left_out = row.seed is not None or (row.test == CONSTANT and row.status != INCONSISTENT)
        if row.treatment in job.looks and not left_out and row.difference is not None:
            rows.setdefault(_name(row, number), []).append(row)
    return {
        style.wrapped(table.title, 36): panels[table.name] for table in tables if panels[table.name]
    }


def _name(row: Compared, number: Number) -> str:
    if row.cycle is not None:
        return f"Cycle {row.cycle}"
    return number.at_level(row.level, row.modulation)


def _height(panels: Mapping[str, Rows]) -> float:
    """Return the height needed for the panels: their rows, titles and axes."""
    return sum(len(rows) + 2.2 + 0.7 * title.count("\n") for title, rows in panels.items())


def _panel(axes: Axes, rows: Rows, looks: Mapping[str, Look]) -> None:
    there = {row.treatment for marked in rows.values() for row in marked}
    shifts = style.shifts(looks, there, 0.3)
    axes.axvline(0, color="black", linewidth=0.8)
    for place, marked in enumerate(rows.values()):
        for row in marked:
            look, y = looks[row.treatment], place + shifts[row.treatment]
            if row.margin is not None:
                axes.hlines(y, -row.margin, row.margin, color=BAND, linewidth=4, zorder=0)
            if row.low is not None and row.high is not None:
                axes.hlines(y, row.low, row.high, color=look.colour, linewidth=1.1)
            mark: dict[str, Any] = {"marker": look.marker, "markersize": 4, "markeredgewidth": 0.8}
            face = look.colour if row.low is not None else "white"
            mark |= {"color": look.colour, "markerfacecolor": face, "linestyle": "none"}
            axes.plot(row.difference or 0.0, y, label="mean", **mark)
            if row.status == INCONSISTENT:
                axes.plot(row.difference or 0.0, y, marker="x", color="black", markersize=7)
    style.name_rows(axes, rows)
