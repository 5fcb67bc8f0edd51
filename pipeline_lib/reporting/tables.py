"""The tables of the study, each with the published numbers beside its own.

Tables 1 to 4 are the paper's; the others hold what its text says, or what its code prints.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline_lib.analysis.statistics import FIRST_TABLE, INTERNAL, OFF_MEDICATION
from pipeline_lib.reporting.layouts import (
    Place,
    Sources,
    Text,
    alone,
    by_cycle,
    by_seed,
    by_treatment,
    sources,
)
from pipeline_lib.reporting.typesetting import Table, csv, latex, markdown

__all__ = ["FORMATS", "TABLES", "Table", "build"]

FORMATS = {"csv": csv, "md": markdown, "tex": latex}

FIRST: list[Place] = [("1", metric) for metric in FIRST_TABLE]
FOURTH: list[Place] = [
    ("4", "total_drop"),
    ("4", "final_accuracy"),
    ("4", "seeds_relapsed"),
    ("4", "seeds_without_relapse"),
    ("4", "mean_relapse_cycle"),
]


def build(
    cells: pd.DataFrame, published: pd.DataFrame | None, labels: Mapping[str, str]
) -> list[Table]:
    """Return the tables named in `TABLES`, and those of `OPTIONAL` that have numbers.

    `cells` and `published` are as `statistics.cells` gives them, in per cent; without published
    numbers the tables show ours alone. `labels` names treatments for readers and gives their
    order. A table for which the study has no numbers says so in a sentence. What was published of
    a treatment that the study does not have is left out.
    """
    source = sources(cells, published, labels)
    return [
        make(source)
        for name, make in _MAKERS.items()
        if name not in OPTIONAL or source.metrics(name, "")
    ]


def _table_1(source: Sources) -> Table:
    text = Text(
        "table_1",
        "Accuracy after treatment",
        "Per cent; {over}. Combined stress is input noise and internal noise at once.",
        number="1",
    )
    return by_treatment(source, text, FIRST)


def _table_2(source: Sources) -> Table:
    text = Text(
        "table_2",
        "Accuracy under internal noise",
        "Per cent of standard test points; {over}. σ is the SD of the noise in the hidden layers.",
        number="2",
    )
    return by_treatment(source, text, _sweep(source))


def _table_3(source: Sources) -> Table:
    text = Text(
        "table_3",
        "Combined-stress accuracy by cycle",
        "Per cent; {over}. Cycle 0 is before the first stress cycle.",
        number="3",
    )
    return by_cycle(source, text, ("3", "combined"))


def _table_4(source: Sources) -> Table:
    text = Text(
        "table_4",
        "Outcome of the stress cycles",
        "Combined-stress accuracy in per cent; {over}. The total drop is cycle 0 minus the last "
        "cycle, in percentage points. A seed relapsed if it fell below the threshold at any cycle, "
        "0 included; its relapse cycle is the first such cycle.",
        number="4",
    )
    return by_treatment(source, text, FOURTH)


def _acute_relapse(source: Sources) -> Table:
    text = Text(
        "acute_relapse",
        "Acute relapse",
        "Drop in combined-stress accuracy after one sudden pruning, in percentage points; {over}.",
    )
    return alone(source, text, ("acute", "acute_relapse_drop"))


def _state_dependence(source: Sources) -> Table:
    text = Text(
        "state_dependence",
        "State dependence",
        "Per cent; {over}. The same weights with the modulation on, then off.",
        empty="No treatment of this study was measured with its modulation off.",
    )
    off = [("state_dependence", m) for m in source.metrics("state_dependence", OFF_MEDICATION)]
    places = []
    for table, metric in off:
        on = metric.removeprefix(OFF_MEDICATION)
        places += [("2" if on.startswith(INTERNAL) else "1", on), (table, metric)]
    return by_treatment(source.only(source.treatments(off)), text, places)


def _sparsity_by_cycle(source: Sources) -> Table:
    text = Text(
        "sparsity_by_cycle",
        "Sparsity by cycle",
        "Per cent of the weights that are pruned; {over}.",
    )
    return by_cycle(source, text, ("3_sparsity", "sparsity"))


def _range_by_cycle(source: Sources) -> Table:
    text = Text(
        "range_by_cycle",
        "Range of combined-stress accuracy by cycle",
        "Per cent; lowest to highest of {seeds}.",
    )
    return by_cycle(source, text, ("3_range", "combined"), extremes=True)


def _relapse_cycle_by_seed(source: Sources) -> Table:
    caption = "First cycle below the threshold. Seeds that are not listed never relapsed."
    if source.with_published:
        caption += (
            " A seed here is another network than the published seed of the same number, so"
            " single seeds need not agree."
        )
    text = Text(
        "relapse_cycle_by_seed", "Relapse cycle by seed", caption, empty="No seed relapsed."
    )
    return by_seed(source, text, "relapse_cycle_by_seed")


def _switch(source: Sources) -> Table:
    text = Text(
        "switch",
        "Switch liability",
        "Accuracy in per cent on standard test points under internal noise whose mean is not 0, "
        "and mean absolute activity of the hidden units without noise; {over}.",
    )
    return by_treatment(source, text, [("switch", m) for m in source.metrics("switch", "")])


def _improvement(source: Sources) -> Table:
    text = Text(
        "improvement",
        "Improvement over untreated",
        "Mean combined-stress accuracy of {seeds} minus that of the untreated networks, in "
        "percentage points.",
    )
    return alone(source, text, ("improvement", "combined_over_untreated"))


def _summary(source: Sources) -> Table:
    text = Text(
        "summary",
        "Summary",
        "Per cent; {over}. Accuracy under combined stress and under the strongest internal noise; "
        "drop after one sudden pruning, in percentage points; accuracy after the last stress "
        "cycle; seeds relapsed at any cycle.",
    )
    places = [
        ("1", "sparsity"),
        ("1", "combined"),
        *_sweep(source)[-1:],
        ("acute", "acute_relapse_drop"),
        ("4", "final_accuracy"),
        ("4", "seeds_relapsed"),
    ]
    return by_treatment(source, text, places)


def _sweep(source: Sources) -> list[Place]:
    return [("2", metric) for metric in source.metrics("2", INTERNAL)]


_MAKERS = {
    "table_1": _table_1,
    "table_2": _table_2,
    "table_3": _table_3,
    "table_4": _table_4,
    "acute_relapse": _acute_relapse,
    "switch": _switch,
    "state_dependence": _state_dependence,
    "sparsity_by_cycle": _sparsity_by_cycle,
    "range_by_cycle": _range_by_cycle,
    "relapse_cycle_by_seed": _relapse_cycle_by_seed,
    "improvement": _improvement,
    "summary": _summary,
}

OPTIONAL = ("switch",)  # only of studies that have its numbers
TABLES = tuple(name for name in _MAKERS if name not in OPTIONAL)
