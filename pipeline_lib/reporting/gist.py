"""The findings in a few lines: who leads on what, and how many relapsed."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline_lib.reporting.phrases import PER_CENT, listed, plural
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.wording import head, signed


def gist(results: Results) -> list[str]:
    """Return the findings in short; the findings themselves say how sure each of them is."""
    return [*_leaders(results), *_relapsed(results)]


def _leaders(results: Results) -> Iterator[str]:
    questions = [
        ("Combined stress", "1", "combined", False),
        *(
            [(f"Internal noise, {head(results.strongest)}", "2", results.strongest, False)]
            if results.strongest
            else []
        ),
        ("One sudden pruning", "acute", "acute_relapse_drop", True),
        ("After the stress cycles", "4", "final_accuracy", False),
    ]
    for question, table, metric, less_is_better in questions:
        means = {
            treatment: row["mean"]
            for treatment in results.labels
            if (row := results.cell(table, treatment, metric))
        }
        if len(means) < 2:
            continue
        best = min(means.values()) if less_is_better else max(means.values())
        # What prints alike is not told apart here.
        leaders = [results.name(who) for who in means if signed(means[who]) == signed(best)]
        what = "smallest mean drop" if less_is_better else "highest mean accuracy"
        unit = " points" if less_is_better else PER_CENT
        yield f"{question}: {what} {signed(best)}{unit}, {listed(leaders)}."


def _relapsed(results: Results) -> Iterator[str]:
    rows = results.relapse.to_dict("records")
    if not rows:
        return
    parts = []
    for row in rows:
        early = f" ({row['at_cycle_0']} at cycle 0)" if row["at_cycle_0"] else ""
        parts.append(f"{results.name(row['treatment'])} {row['relapsed']}{early}")
    seeds = {int(row["n"]) for row in rows}
    yield f"Relapsed, of {plural(max(seeds), 'seed')}: {listed(parts)}."
