"""What a study found, in sentences made from its numbers.

A sentence says no more than its numbers: who stands above whom, by how much, and whether the
tests of `analysis.paired` and `analysis.survival` hold it significant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline_lib.analysis.intervals import LEVEL
from pipeline_lib.analysis.statistics import ACTIVITY, BIASED, OFF_MEDICATION
from pipeline_lib.names import HEALTHY, UNTREATED
from pipeline_lib.reporting import combinations
from pipeline_lib.reporting.differences import ALPHA, difference
from pipeline_lib.reporting.phrases import PER_CENT, ends, listed, mean, p, plural
from pipeline_lib.reporting.results import Results, Row
from pipeline_lib.reporting.typesetting import escaped_markdown
from pipeline_lib.reporting.wording import head, p_value, signed


@dataclass(frozen=True)
class Finding:
    """Sentences on one question."""

    topic: str
    sentences: list[str]


def findings(results: Results) -> list[Finding]:
    """Return what the study found, question by question; one that it cannot answer is left out."""
    found = [
        Finding("What pruning does", list(_insult(results))),
        Finding("Who resists combined stress", list(_measure(results, "1", "combined"))),
        Finding("Who gains over the untreated network", list(_gains(results))),
    ]
    if results.strongest:
        topic = f"Who resists the strongest internal noise ({head(results.strongest)})"
        found.append(Finding(topic, list(_measure(results, "2", results.strongest))))
    found += [
        Finding(
            "Who resists one sudden pruning",
            list(_measure(results, "acute", "acute_relapse_drop", less_is_better=True)),
        ),
        Finding(
            "Who holds through the stress cycles",
            [*_courses(results), *_measure(results, "4", "final_accuracy")],
        ),
        Finding("Who relapses, and when", [*_relapses(results), *_log_rank(results)]),
        Finding(
            "What combinations add to their better half", list(combinations.sentences(results))
        ),
        Finding("What hangs on the medication", list(_withdrawal(results))),
        Finding("What a push in one direction does", list(_switch(results))),
        Finding("What is significant", list(_significance(results))),
    ]
    return [finding for finding in found if finding.sentences]


def reading(results: Results) -> str:
    """Say how the numbers in the findings are read."""
    if results.seeds == 1:
        return (
            "The study has one seed: there are no intervals and no tests, and what follows holds "
            "of that seed alone."
        )
    return (
        f"Means over {results.seeds} seeds; in brackets {100 * LEVEL:g} % intervals (BCa bootstrap "
        f"over the seeds; Wilson's for shares of seeds). Treatments are compared within seeds, by "
        f"a sign-flip permutation test. Significant means p < {ALPHA:g} after Holm's correction, "
        f"among the pairs of one measurement or among all pairs of the study, as said each time."
    )


def markdown(results: Results) -> str:
    """Return all findings in GitHub's Markdown, a section for each question."""
    sections = [escaped_markdown(reading(results))]
    for finding in findings(results):
        sentences = "\n".join(f"- {escaped_markdown(text)}" for text in finding.sentences)
        sections.append(f"## {escaped_markdown(finding.topic)}\n\n{sentences}")
    return "\n\n".join(sections) + "\n"


def _insult(results: Results) -> Iterator[str]:
    sparsity = results.cell("1", UNTREATED, "sparsity")
    places = {"standard": "On standard test points", "combined": "Under combined stress"}
    for metric, where in places.items():
        before, after = (results.cell("1", who, metric) for who in (HEALTHY, UNTREATED))
        if before and after and sparsity:
            yield (
                f"{where} the healthy network has {mean(before)}, the untreated one, "
                f"pruned to {signed(sparsity['mean'])}{PER_CENT}, {mean(after)}."
            )


def _measure(
    results: Results, table: str, metric: str, *, less_is_better: bool = False
) -> Iterator[str]:
    """Rank the treatments on a measurement, and compare the first with each of the others."""
    means = {
        treatment: row
        for treatment in results.labels
        if (row := results.cell(table, treatment, metric))
    }
    if not means:
        return
    ranked = sorted(means, key=lambda name: means[name]["mean"], reverse=not less_is_better)
    unit = " points" if less_is_better else PER_CENT
    numbers = listed(f"{results.name(name)} {mean(means[name], unit)}" for name in ranked)
    if len(ranked) == 1:
        what = "drop in combined-stress accuracy" if less_is_better else "accuracy"
        yield f"The {what}: {numbers}."
        return
    order = "From the smallest drop to the largest" if less_is_better else "From the highest down"
    yield f"{order}: {numbers}."
    pairs = results.pairs(metric)
    for other in ranked[1:]:
        if row := pairs.get((ranked[0], other)):
            yield difference(results, ranked[0], other, row)


def _gains(results: Results) -> Iterator[str]:
    pairs = results.pairs("combined")
    for treatment in results.labels:
        if row := pairs.get((treatment, UNTREATED)):
            yield difference(results, treatment, UNTREATED, row)


def _courses(results: Results) -> Iterator[str]:
    last = results.cells.loc[results.cells["table"] == "3", "cycle"].max()
    for treatment in results.labels:
        first = results.cell("3", treatment, "combined", 0)
        final = results.cell("4", treatment, "final_accuracy")
        drop = results.cell("4", treatment, "total_drop")
        if first and final and drop:
            yield (
                f"{results.name(treatment)} has {mean(first)} under combined stress at cycle 0 "
                f"and {mean(final)} after cycle {last}: {_change(drop)}."
            )


def _change(drop: Row) -> str:
    if abs(drop["mean"]) < 1e-9:
        return "no change of the mean"
    if drop["mean"] > 0:
        return f"a drop of {mean(drop, ' points')}"
    gain = {
        "mean": -drop["mean"],
        "ci_low": -drop["ci_high"],
        "ci_high": -drop["ci_low"],
        "method": drop["method"],
    }
    return f"a gain of {mean(gain, ' points')}"


def _relapses(results: Results) -> Iterator[str]:
    limit = f"{round(100 * results.threshold, 9):g}{PER_CENT}"
    for row in results.relapse.to_dict("records"):
        early, later, n = int(row["at_cycle_0"]), int(row["later"]), int(row["n"])
        share = f"{signed(row['share'])}{PER_CENT}" + (f" ({ends(row)})" if n > 1 else "")
        who, total = results.name(row["treatment"]), early + later
        if total == 0:
            yield f"{who}: no seed of {n} relapsed, {share}."
            continue
        lead = f"{who}: {total} of {plural(n, 'seed')} fell below {limit}, {share}"
        failed = "before any stress cycle, so the treatment failed there"
        if not later:
            which = "all of them at" if total > 1 else "at"
            yield f"{lead}, {which} cycle 0, {failed} and nothing relapsed after it had worked."
        elif not early:
            yield f"{lead}, {'all of them ' if total > 1 else ''}after cycle 0."
        else:
            yield f"{lead}: {early} at cycle 0, {failed}, and {later} after it."


def _log_rank(results: Results) -> Iterator[str]:
    tests = results.logrank.to_dict("records")
    if not tests or results.seeds == 1:
        return
    if not results.relapse["relapsed"].any():
        yield "With no relapse at all there are no times to relapse to compare."
        return
    found = [row for row in tests if row["p_holm"] < ALPHA]
    for row in found:
        names = f"{results.name(row['treatment'])} and {results.name(row['other'])}"
        yield (
            f"Time to relapse differs between {names} (log-rank test, {p(row['p_holm'])} after "
            f"Holm's correction over {plural(len(tests), 'pair')})."
        )
    if not found:
        row = min(tests, key=lambda test: test["p_holm"])
        names = f"{results.name(row['treatment'])} and {results.name(row['other'])}"
        which = "The two treatments do" if len(tests) == 1 else "No two treatments"
        verb = "not differ" if len(tests) == 1 else "differ"
        yield (
            f"{which} {verb} significantly in their time to relapse (log-rank test; smallest "
            f"corrected p, {names}: {p_value(row['p_holm'])})."
        )


def _withdrawal(results: Results) -> Iterator[str]:
    for treatment in results.labels:
        places = [("1", "combined", "under combined stress")]
        if strongest := results.strongest:
            places.append(("2", strongest, f"at {head(strongest)}"))
        parts = []
        for table, metric, where in places:
            on = results.cell(table, treatment, metric)
            off = results.cell("state_dependence", treatment, OFF_MEDICATION + metric)
            if on and off:
                parts.append(f"{mean(off)} instead of {mean(on)} {where}")
        if parts:
            yield f"With its modulation off, {results.name(treatment)} has {listed(parts)}."


def _switch(results: Results) -> Iterator[str]:
    """Accuracy under biased noise, and mean activity."""
    yield from _measure(results, "switch", BIASED)
    activity = {
        name: row
        for name in (UNTREATED, *results.labels)
        if (row := results.cell("switch", name, ACTIVITY))
    }
    if activity:
        ranked = sorted(activity, key=lambda name: -activity[name]["mean"])
        numbers = (f"{results.name(n)} {mean(activity[n], '', ACTIVITY)}" for n in ranked)
        yield f"Mean hidden activity without noise: {listed(numbers)}."


def _significance(results: Results) -> Iterator[str]:
    tested = results.paired[results.paired["p"].notna()]
    if not len(tested):
        return
    over_all = int((tested["p_holm"] < ALPHA).sum())
    within = int((tested["p_holm_metric"] < ALPHA).sum())
    yield (
        f"Of {plural(len(tested), 'paired comparison')}, {within} are significant within their "
        f"measurement and {over_all} over all measurements."
    )
    best = min(1.0, len(tested) * float(tested["p_smallest"].min()))
    if best >= ALPHA:
        yield (
            f"With {plural(results.seeds, 'seed')} the smallest p that can come of the correction "
            f"over all is {best:.3g}: no comparison could pass {ALPHA:g} there, whatever it shows."
        )
