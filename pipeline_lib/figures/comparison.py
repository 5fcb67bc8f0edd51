"""Every published number against ours: differences with their Welch intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pipeline_lib.analysis.reproduction import CONSISTENT, INCONSISTENT
from pipeline_lib.analysis.statistics import INTERNAL, OFF_MEDICATION
from pipeline_lib.figures import style
from pipeline_lib.figures.style import Look

# Panels by table of the published numbers, in the order of the page: left column, then right.
TITLES = {
    "1": "After treatment",
    "2": "Internal noise",
    "acute": "Acute relapse",
    "switch": "Switch liability",
    "state_dependence": "Modulation off",
    "4": "Outcome of the cycles",
    "improvement": "Gain over untreated",
    "3": "Combined stress by cycle",
    "3_sparsity": "Sparsity by cycle",
    "3_range": "Lowest and highest seed by cycle",
}
NAMES = {
    "sparsity": "Sparsity",
    "clean": "Clean",
    "standard": "Standard",
    "combined": "Combined",
    "acute_relapse_drop": "Drop",
    "biased": "Biased noise",
    "total_drop": "Total drop",
    "final_accuracy": "Final",
    "combined_over_untreated": "Combined",
}
OTHER_UNITS = ("mean_relapse_cycle", "activity")  # not in per cent
BAND = "#E9E9E9"
FACES: dict[str, dict[str, Any]] = {
    "mean": {"markerfacecolor": "white"},
    "min": {"fillstyle": "left", "markerfacecoloralt": "white"},
    "max": {"fillstyle": "right", "markerfacecoloralt": "white"},
}
NOTE: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 4.5}


@dataclass(frozen=True)
class Mark:
    """One published number: ours minus published, in percentage points.

    `low` and `high` are the ends of the Welch interval, NaN where none was tested; `kind` is
    what differs, a mean, a minimum or a maximum.
    """

    treatment: str
    difference: float
    low: float = math.nan
    high: float = math.nan
    kind: str = "mean"
    status: str = ""


@dataclass
class Panel:
    """One published table: rows by name, each with its marks."""

    title: str
    rows: dict[str, list[Mark]] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """The panels, and what the comparison says in all."""

    panels: Sequence[Panel]
    consistent: int
    tested: int
    margin: float  # percentage points


def data(comparison: Iterable[Mapping[str, str]], treatments: Iterable[str]) -> Comparison:
    """Return what is drawn of the rows of `comparison.csv`, each a mapping of texts.

    Counts of seeds and cycles are in other units and stand in the comparison's own tables.
    """
    rows = list(comparison)
    wanted = set(treatments)
    panels = {table: Panel(title) for table, title in TITLES.items()}
    for row in rows:
        marks = [mark for mark in _marks(row) if mark.treatment in wanted]
        if marks and row["table"] in panels:
            panels[row["table"]].rows.setdefault(_name(row), []).extend(marks)
    status = [row["status"] for row in rows]
    return Comparison(
        panels=[panel for panel in panels.values() if panel.rows],
        consistent=status.count(CONSISTENT),
        tested=status.count(CONSISTENT) + status.count(INCONSISTENT),
        margin=100.0 * _number(rows[0]["margin"]) if rows else math.nan,
    )


def _marks(row: Mapping[str, str]) -> list[Mark]:
    if row["metric"] in OTHER_UNITS:
        return []
    difference = _number(row["difference"])
    if not math.isnan(difference):
        ends = _number(row["low"]), _number(row["high"])
        return [Mark(row["treatment"], difference, *ends, status=row["status"])]
    if row["table"] != "3_range" and row["metric"] != "combined":
        return []
    differences = {
        kind: _number(row[kind]) - _number(row[f"published_{kind}"]) for kind in ("min", "max")
    }
    return [
        Mark(row["treatment"], number, kind=kind, status=row["status"])
        for kind, number in differences.items()
        if not math.isnan(number)
    ]


def _name(row: Mapping[str, str]) -> str:
    if row["cycle"]:
        return f"Cycle {float(row['cycle']):.0f}"
    metric = row["metric"].removeprefix(OFF_MEDICATION)
    if metric.startswith(INTERNAL):
        return f"σ = {float(metric.removeprefix(INTERNAL)):g}"
    return NAMES.get(metric, metric)


def _number(text: str) -> float:
    return float(text) if text else math.nan


def draw(comparison: Comparison, looks: Mapping[str, Look]) -> Figure:
    """Draw a panel for each table, a row for each number, a mark for each treatment."""
    columns = _balanced(comparison.panels)
    tallest = max((sum(map(_height, column)) for column in columns), default=1.0)
    title = (
        f"Published against ours: {comparison.consistent} of {comparison.tested} "
        "tested means consistent"
    )
    figure = style.new_figure(1.2 + 0.215 * tallest, title)
    halves = figure.subfigures(1, max(1, len(columns)), squeeze=False, wspace=0.03)[0]
    for half, column in zip(halves, columns, strict=False):
        axes = half.subplots(
            len(column), 1, squeeze=False, height_ratios=[_height(panel) for panel in column]
        )[:, 0]
        for panel, shown in zip(axes, column, strict=True):
            _panel(panel, shown, looks, comparison.margin)
        axes[-1].set_xlabel("Ours minus published (percentage points)")
    there = {m.treatment for p in comparison.panels for marks in p.rows.values() for m in marks}
    handles = [style.handle(looks[n], linestyle="none") for n in looks if n in there]
    notes = [
        style.note("Welch interval"),
        style.note("not tested", **FACES["mean"], **NOTE),
        style.note("lowest seed", **FACES["min"], **NOTE),
        style.note("highest seed", **FACES["max"], **NOTE),
        style.note("inconsistent", linestyle="none", marker="x", markersize=7),
        Patch(facecolor=BAND, label=f"within {comparison.margin:g} points"),
    ]
    style.legend(figure, handles + notes, columns=5)
    return figure


def _height(panel: Panel) -> float:
    return len(panel.rows) + 2.2  # rows, and room for the title and the axis


def _balanced(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Return the panels in two columns of about the same height, in order."""
    heights = [_height(panel) for panel in panels]
    cuts = range(1, len(panels)) if len(panels) > 1 else [len(panels)]
    cut = min(cuts, key=lambda c: max(sum(heights[:c]), sum(heights[c:])))
    return [list(column) for column in (panels[:cut], panels[cut:]) if column]


def _panel(axes: Axes, panel: Panel, looks: Mapping[str, Look], margin: float) -> None:
    order = [
        name for name in looks if any(m.treatment == name for r in panel.rows.values() for m in r)
    ]
    shifts = dict(zip(order, style.dodged(len(order), 0.3), strict=True))
    axes.set_title(panel.title)
    axes.axvspan(-margin, margin, color=BAND, zorder=0)
    axes.axvline(0, color="black", linewidth=0.8)
    for place, marks in enumerate(panel.rows.values()):
        for mark in marks:
            look, y = looks[mark.treatment], place + shifts[mark.treatment]
            tested = not math.isnan(mark.low)
            axes.hlines(y, mark.low, mark.high, color=look.colour, linewidth=1.1)
            axes.plot(
                mark.difference,
                y,
                linestyle="none",
                marker=look.marker,
                markersize=4,
                markeredgewidth=0.8,
                color=look.colour,
                label=mark.kind,
                **({} if tested else FACES[mark.kind]),
            )
            if mark.status == INCONSISTENT:
                axes.plot(mark.difference, y, marker="x", color="black", markersize=7)
    axes.set(ylim=(len(panel.rows) - 0.45, -0.55), yticks=range(len(panel.rows)))
    axes.set_yticklabels(panel.rows)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
