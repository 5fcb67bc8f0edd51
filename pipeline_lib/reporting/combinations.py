"""What a combination of treatments adds to the better of those that it puts together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from pipeline_lib.reporting.differences import difference
from pipeline_lib.reporting.phrases import ends
from pipeline_lib.reporting.results import Results, Row
from pipeline_lib.reporting.typesetting import NOTHING, Column, Table
from pipeline_lib.reporting.wording import head, p_value, signed


class Addition(NamedTuple):
    """A combination beside its better half on one measurement; `row` is of `Results.pairs`."""

    metric: str
    combination: str
    half: str
    row: Row
    less_is_better: bool


def additions(results: Results) -> list[Addition]:
    """Return each combination beside its better half, measurement by measurement.

    The better half is the treatment of `combines` with the better mean: the higher accuracy, the
    smaller drop.
    """
    measures = [("1", "combined", False)]
    if results.strongest:
        measures.append(("2", results.strongest, False))
    measures += [("acute", "acute_relapse_drop", True), ("4", "final_accuracy", False)]
    return [
        Addition(metric, name, half, row, less)
        for table, metric, less in measures
        for name in results.combines
        if (half := _better_half(results, name, table, metric, less_is_better=less))
        and (row := results.pairs(metric).get((name, half)))
    ]


def sentences(results: Results) -> Iterator[str]:
    """Say what each combination adds, measurement by measurement."""
    for metric, name, half, row, less_is_better in additions(results):
        words = ("worse than", "better than") if less_is_better else ("better than", "worse than")
        yield f"{head(metric)}: {difference(results, name, half, row, words)}"


def combination_table(results: Results) -> Table:
    """Return what each combination adds to its better half."""
    blocks: dict[str, list[list[str]]] = {}
    rows = []
    for metric, name, half, row, _ in additions(results):
        block = blocks.setdefault(metric, [])
        interval: str = NOTHING if pd.isna(row["ci_low"]) else ends(row, metric)
        means = [signed(row[key], metric) for key in ("mean", "mean_other", "difference")]
        block.append(
            [
                "" if block else head(metric),
                results.name(name),
                results.name(half),
                *means,
                interval,
                p_value(row["p_holm_metric"]),
            ]
        )
        rows.append({"metric": metric, "combination": name, "half": half} | _numbers(row))
    columns = [
        *(Column(text, stub=True) for text in ("Measure", "Combination", "Better half")),
        *map(Column, ("Combination", "Half", "Added", "95 % interval", "p (pairs)")),
    ]
    return Table(
        "combinations",
        "What combinations add",
        "Means in per cent, of the combination and of the better of the treatments that it puts "
        "together; what is added, in percentage points, with its interval (BCa bootstrap over the "
        "seeds). For the acute drop less is better. p of a sign-flip permutation test, corrected "
        "by Holm's procedure over all pairs of the measurement.",
        columns,
        list(blocks.values()),
        pd.DataFrame(rows),
        "This study has no combination of treatments.",
    )


def _better_half(
    results: Results, name: str, table: str, metric: str, *, less_is_better: bool
) -> str | None:
    means = {
        half: row["mean"]
        for half in results.combines[name]
        if (row := results.cell(table, half, metric))
    }
    if not means:
        return None
    return (
        min(means, key=means.__getitem__) if less_is_better else max(means, key=means.__getitem__)
    )


def _numbers(row: Row) -> dict[str, object]:
    names = ("n", "mean", "mean_other", "difference", "ci_low", "ci_high", "p", "p_holm_metric")
    return {name: row[name] for name in names}
