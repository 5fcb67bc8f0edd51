"""The comparison with published numbers as a page for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline_lib.analysis.published import decimals
from pipeline_lib.analysis.reproduction import NOT_TESTABLE, in_the_family, points, verdict
from pipeline_lib.analysis.statistics import STATISTICS, cycle_of
from pipeline_lib.analysis.welch import POWER
from pipeline_lib.reporting.typesetting import MINUS, NOTHING, Column, Table, grid
from pipeline_lib.reporting.wording import PUBLISHED, but_activity, head, label, p_value, shown

TITLES = {
    "1": "Table 1: accuracy after treatment",
    "2": "Table 2: accuracy under internal noise",
    "3": "Table 3: combined-stress accuracy by cycle",
    "3_range": "Range of combined-stress accuracy by cycle",
    "3_sparsity": "Sparsity by cycle",
    "4": "Table 4: outcome of the stress cycles",
    "acute": "Acute relapse",
    "switch": "Switch liability",
    "state_dependence": "State dependence",
    "relapse_cycle_by_seed": "Relapse cycle by seed",
    "improvement": "Improvement over untreated",
}


FAMILY = (
    Column("Treatment", stub=True),
    Column("Measure", stub=True),
    *map(Column, ("This study", "Published", "Difference", "p (Holm)", "Equivalent", "Detectable")),
    Column("Result", stub=True),
)
OTHERS = (*FAMILY[:4], Column("Note", stub=True))


def report(comparison: pd.DataFrame, labels: Mapping[str, str] | None = None) -> str:
    """Return what `reproduction.compare` found, in Markdown: its verdict, then table by table.

    Treatments without a label go by their names.
    """
    parts = [f"# Reproduction of the published numbers\n\n**{verdict(comparison)}**\n"]
    if len(comparison):
        parts.append(explanation(comparison) + "\n")
    title = ""
    for table in tables(comparison, labels):
        if table.title != title:
            title = table.title
            parts.append(f"## {title}\n")
        if table.caption:
            parts.append(f"{table.caption}\n")
        heads, stubs = zip(*((column.head, column.stub) for column in table.columns), strict=True)
        parts.append(grid(heads, table.rows, stubs))
    return "\n".join(parts)


def explanation(comparison: pd.DataFrame) -> str:
    """Say how the tables of a comparison that is not empty are read; terms stand in asterisks."""
    alpha, margin = comparison[["alpha", "margin"]].iloc[0]
    activity = but_activity(comparison["metric"])
    return (
        f"Means ± population SDs, in per cent{activity}. *Difference* is this study's mean minus "
        f"the published one, with its Welch interval at {_per_cent(1 - alpha)}, widened by "
        f"half a printed digit on both sides. *p* is for a difference beyond that rounding, "
        f"corrected by Holm's procedure over all means that are tested. *Equivalent* "
        f"says whether two one-sided Welch tests, each mean by itself at {alpha:g}, place the "
        f"difference within {points(margin)}, rounding included, and gives their p. "
        f"*Detectable* is the smallest true difference, in percentage points{activity}, that this "
        f"many seeds would have shown with a power of {_per_cent(POWER)}: at {alpha:g} by itself, "
        "and in brackets after correction for the whole family. Ranges, SDs, counts, relapse "
        "cycles and improvements are shown, not tested."
    )


def tables(comparison: pd.DataFrame, labels: Mapping[str, str] | None = None) -> list[Table]:
    """Return a comparison as tables for readers: of each published table what was tested, and the
    rest.
    """
    labels, found = labels or {}, []
    tested = in_the_family(comparison)
    for name in dict.fromkeys(comparison["table"]):
        rows = comparison[comparison["table"] == name]
        title = TITLES.get(name, name)
        family, others = rows[tested[rows.index]], rows[~tested[rows.index]]
        if len(family):
            lines = [
                [*_start(row, labels), *_both(row), *_tests(row), _result(row)]
                for row in family.to_dict("records")
            ]
            found.append(_table(f"comparison_{name}", title, "", FAMILY, lines, family))
        if len(others):
            lines = [
                [*_start(row, labels), *_both(row), row["reason"]]
                for row in others.to_dict("records")
            ]
            caption = "Not tested:" if len(family) else "Shown, not tested."
            found.append(_table(f"comparison_{name}_others", title, caption, OTHERS, lines, others))
    return found


def _table(
    name: str,
    title: str,
    caption: str,
    columns: Sequence[Column],
    lines: Sequence[Sequence[str]],
    data: pd.DataFrame,
) -> Table:
    return Table(name, title, caption, columns, [[line] for line in lines], data)


def _start(row: Mapping[Any, Any], labels: Mapping[str, str]) -> list[str]:
    cycle = cycle_of(row["cycle"])
    measure = head(row["metric"])
    return [
        label(row["treatment"], labels),
        measure if cycle is None else f"{measure}, cycle {cycle}",
    ]


def _both(row: Mapping[Any, Any]) -> list[str]:
    extremes = pd.isna(row[f"{PUBLISHED}_mean"])
    texts = []
    for prefix in ("", f"{PUBLISHED}_"):
        names = (*STATISTICS, "n_seeds")
        numbers = {
            name: float("nan") if pd.isna(row[prefix + name]) else float(row[prefix + name])
            for name in names
        }
        texts.append(shown(numbers, row["metric"], extremes=bool(extremes)))
    return texts


def _tests(row: Mapping[Any, Any]) -> list[str]:
    if pd.isna(row["p_holm"]):
        return [NOTHING] * 4
    more = decimals(row["metric"]) + 1
    difference, low, high = (_signed(row[name], more) for name in ("difference", "low", "high"))
    return [
        f"{difference} ({low} to {high})",
        p_value(row["p_holm"]),
        NOTHING if pd.isna(row["equivalent"]) else _equivalent(row),
        f"{row['detectable']:.{more}f} ({row['detectable_in_family']:.{more}f})",
    ]


def _equivalent(row: Mapping[Any, Any]) -> str:
    return f"{'yes' if row['equivalent'] else 'no'} ({p_value(row['p_equivalent'])})"


def _result(row: Mapping[Any, Any]) -> str:
    status, reason = row["status"], row["reason"]
    return f"{status}: {reason}" if status == NOT_TESTABLE else str(status)


def _signed(number: float, decimals: int) -> str:
    text = f"{number:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def _per_cent(share: float) -> str:
    return f"{round(100.0 * share, 9):g} %"
