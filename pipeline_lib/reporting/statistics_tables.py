"""The statistics of a study as tables for readers: relapse counts, log-rank tests, pairs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline_lib.reporting.phrases import ends
from pipeline_lib.reporting.results import Results, Row
from pipeline_lib.reporting.typesetting import NOTHING, Column, Table
from pipeline_lib.reporting.wording import but_activity, head, p_value, signed


def relapse_table(results: Results) -> Table:
    """Return how many seeds of each treatment relapsed, before any stress cycle and later."""
    rows = [
        [
            results.name(row["treatment"]),
            *(f"{row[name]}" for name in ("n", "at_cycle_0", "later", "relapsed")),
            _with_ends(row, "share"),
        ]
        for row in results.relapse.to_dict("records")
    ]
    return _table(
        "relapse",
        "Seeds that relapsed",
        "A seed below the threshold at cycle 0, before any stress, is one in which the treatment "
        "failed. The share is in per cent, with Wilson's interval.",
        ["Treatment"],
        ["Seeds", "At cycle 0", "Later", "Relapsed", "Share"],
        [[row] for row in rows],
        results.relapse,
    )


def log_rank_table(results: Results) -> Table:
    """Return the log-rank tests, pair by pair."""
    rows = [
        [
            results.name(row["treatment"]),
            results.name(row["other"]),
            f"{row['relapsed']} of {row['n']}",
            f"{row['relapsed_other']} of {row['n_other']}",
            f"{row['chi_square']:.2f}",
            p_value(row["p"]),
            p_value(row["p_holm"]),
        ]
        for row in results.logrank.to_dict("records")
    ]
    return _table(
        "log_rank",
        "Time to relapse, pair by pair",
        "Log-rank test, one degree of freedom; p corrected by Holm's procedure over the pairs. The "
        "test takes the two treatments as independent and leaves out that they share seeds.",
        ["Treatment", "Other"],
        ["Relapsed", "Other relapsed", "χ²", "p", "p (Holm)"],
        [[row] for row in rows],
        results.logrank,
        empty="The study has one treatment, so there is no pair.",
    )


def paired_table(results: Results) -> Table:
    """Return the comparisons of treatments within seeds, measurement by measurement."""
    blocks: dict[str, list[list[str]]] = {}
    for row in results.paired.to_dict("records"):
        block = blocks.setdefault(row["metric"], [])
        block.append(
            [
                "" if block else head(row["metric"]),
                results.name(row["treatment"]),
                results.name(row["other"]),
                _with_ends(row, "difference"),
                p_value(row["p"]),
                p_value(row["p_holm_metric"]),
                p_value(row["p_holm"]),
                _number(row["hedges_g"]),
                f"{row['superiority']:.0f} %",
            ]
        )
    return _table(
        "paired",
        "Treatments compared within seeds",
        f"Differences in percentage points{but_activity(results.paired['metric'])}, with 95 % "
        "intervals (BCa bootstrap over the seeds). p "
        "is of a sign-flip permutation test: as it is, corrected by Holm's procedure over the "
        "pairs of the measurement, and corrected over all rows. Superiority: share of seeds in "
        "which the treatment has the larger number, ties as halves.",
        ["Measure", "Treatment", "Other"],
        ["Difference", "p", "p (pairs)", "p (all)", "Hedges' g", "Superiority"],
        list(blocks.values()),
        results.paired,
        empty="There is nothing to compare with.",
    )


def _table(
    name: str,
    title: str,
    caption: str,
    stubs: Sequence[str],
    heads: Sequence[str],
    blocks: Sequence[Sequence[Sequence[str]]],
    data: pd.DataFrame,
    empty: str = "This study has no such measurement.",
) -> Table:
    columns = [*(Column(text, stub=True) for text in stubs), *map(Column, heads)]
    return Table(name, title, caption, columns, blocks, data, empty)


def _with_ends(row: Row, name: str) -> str:
    metric = str(row.get("metric", ""))
    number = signed(row[name], metric)
    return number if pd.isna(row["ci_low"]) else f"{number} ({ends(row, metric)})"


def _number(value: float) -> str:
    return NOTHING if pd.isna(value) else signed(value)
