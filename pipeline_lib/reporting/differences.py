"""A difference between two treatments as a sentence."""

from __future__ import annotations

import pandas as pd

from pipeline_lib.analysis.intervals import LEVEL
from pipeline_lib.analysis.published import is_share
from pipeline_lib.reporting.phrases import mean, p, plural
from pipeline_lib.reporting.results import Results, Row

ALPHA = round(1 - LEVEL, 9)


def difference(
    results: Results,
    first: str,
    second: str,
    row: Row,
    words: tuple[str, str] = ("above", "below"),
) -> str:
    """Say by how much the first of two differs from the second, and whether that is significant.

    `row` is of `Results.pairs`; `words` are for a first one with the larger mean, and the smaller.
    """
    names = f"{results.name(first)} and {results.name(second)}"
    if row["difference"] == 0 and row["sd"] == 0:
        return f"{names} are equal in every seed."
    if abs(row["difference"]) < 1e-9:
        return f"{names} have the same mean."
    by = words[0] if row["difference"] > 0 else words[1]
    sign = 1 if row["difference"] > 0 else -1
    size = {
        "mean": abs(row["difference"]),
        "ci_low": min(sign * row["ci_low"], sign * row["ci_high"]),
        "ci_high": max(sign * row["ci_low"], sign * row["ci_high"]),
        "method": row["method"],
    }
    unit = " points" if is_share(row["metric"]) else ""
    amount = mean(size, unit, row["metric"])
    lead = f"{results.name(first)} is {amount} {by} {results.name(second)}"
    return f"{lead}: {_verdict(results, row)}."


def _verdict(results: Results, row: Row) -> str:
    if pd.isna(row["p"]):
        return "one seed has no test"
    tested = results.paired["p"].notna()
    family = int((tested & (results.paired["metric"] == row["metric"])).sum())
    within, over_all = row["p_holm_metric"], row["p_holm"]
    here = f"among this measurement's {plural(family, 'pair')} ({p(within)})"
    everywhere = f"among all {int(tested.sum())} ({p(over_all)})"
    if over_all < ALPHA:
        return f"significant {here} and {everywhere}"
    if within < ALPHA:
        return f"significant {here}, not {everywhere}"
    return f"not significant {here}"
