"""The comparison with published numbers as a page for readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline_lib.analysis.published import ROUNDING
from pipeline_lib.analysis.reproduction import NOT_TESTABLE, in_the_family, points, verdict
from pipeline_lib.analysis.statistics import STATISTICS, cycle_of
from pipeline_lib.analysis.welch import POWER
from pipeline_lib.reporting.typesetting import MINUS, NOTHING, grid
from pipeline_lib.reporting.wording import PUBLISHED, head, label, shown

TITLES = {
    "1": "Table 1: accuracy after treatment",
    "2": "Table 2: accuracy under internal noise",
    "3": "Table 3: combined-stress accuracy by cycle",
    "3_range": "Range of combined-stress accuracy by cycle",
    "3_sparsity": "Sparsity by cycle",
    "4": "Table 4: outcome of the stress cycles",
    "acute": "Acute relapse",
    "state_dependence": "State dependence",
    "relapse_cycle_by_seed": "Relapse cycle by seed",
    "improvement": "Improvement over untreated",
}


def report(comparison: pd.DataFrame, labels: Mapping[str, str] | None = None) -> str:
    """Return what `reproduction.compare` found, in Markdown: its verdict, then table by table.

    Treatments without a label go by their names.
    """
    labels = labels or {}
    title = f"# Reproduction of the published numbers\n\n**{verdict(comparison)}**\n"
    if comparison.empty:
        return title
    alpha, margin = comparison[["alpha", "margin"]].iloc[0]
    parts = [
        title,
        f"Means ± population SDs, in per cent. *Difference* is this study's mean minus the "
        f"published one, with its Welch interval at {_per_cent(1 - alpha)}, widened by "
        f"{ROUNDING:g} on both sides for the printed rounding. *p* is for a difference beyond that "
        f"rounding, corrected by Holm's procedure over all means that are tested. *Equivalent* "
        f"says whether two one-sided Welch tests, each mean by itself at {alpha:g}, place the "
        f"difference within {points(margin)}, rounding included, and gives their p. "
        f"*Detectable* is the smallest true difference, in percentage points, that this many seeds "
        f"would have shown with a power of {_per_cent(POWER)}: at {alpha:g} by itself, and in "
        f"brackets after correction for the whole family. Ranges, SDs, counts, relapse cycles and "
        f"improvements are shown, not tested.\n",
    ]
    tested = in_the_family(comparison)
    for table in dict.fromkeys(comparison["table"]):
        rows = comparison[comparison["table"] == table]
        parts.append(f"## {TITLES.get(table, table)}\n")
        family, others = rows[tested[rows.index]], rows[~tested[rows.index]]
        if len(family):
            parts.append(_family(family, labels))
        if len(others):
            parts.append("Not tested:\n" if len(family) else "Shown, not tested.\n")
            parts.append(_others(others, labels))
    return "\n".join(parts)


def _family(rows: pd.DataFrame, labels: Mapping[str, str]) -> str:
    heads = [
        "Treatment",
        "Measure",
        "This study",
        "Published",
        "Difference",
        "p (Holm)",
        "Equivalent",
        "Detectable",
        "Result",
    ]
    lines = []
    for row in rows.to_dict("records"):
        lines.append([*_start(row, labels), *_both(row), *_tests(row), _result(row)])
    return grid(heads, lines, [True, True, *[False] * 6, True])


def _others(rows: pd.DataFrame, labels: Mapping[str, str]) -> str:
    heads = ["Treatment", "Measure", "This study", "Published", "Note"]
    lines = []
    for row in rows.to_dict("records"):
        lines.append([*_start(row, labels), *_both(row), row["reason"]])
    return grid(heads, lines, [True, True, False, False, True])


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
    ends = f"{_signed(row['low'], 2)} to {_signed(row['high'], 2)}"
    return [
        f"{_signed(row['difference'], 2)} ({ends})",
        _p(row["p_holm"]),
        f"{'yes' if row['equivalent'] else 'no'} ({_p(row['p_equivalent'])})",
        f"{row['detectable']:.2f} ({row['detectable_in_family']:.2f})",
    ]


def _result(row: Mapping[Any, Any]) -> str:
    status, reason = row["status"], row["reason"]
    return f"{status}: {reason}" if status == NOT_TESTABLE else str(status)


def _p(number: float) -> str:
    return "< 0.001" if number < 0.001 else f"{number:.3f}"


def _signed(number: float, decimals: int) -> str:
    text = f"{number:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def _per_cent(share: float) -> str:
    return f"{round(100.0 * share, 9):g} %"
