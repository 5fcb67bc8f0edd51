"""The statistics of a study as tables for readers: combinations, relapses, tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields

from pipeline_lib.analysis.intervals import LEVEL
from pipeline_lib.analysis.paired import Pair
from pipeline_lib.analysis.power import MOST
from pipeline_lib.analysis.survival import LogRank, RelapseCount
from pipeline_lib.names import COMBINATIONS, CONTRASTS, LOG_RANK, PAIRED, RELAPSES
from pipeline_lib.reporting.results import Asked, Results
from pipeline_lib.reporting.typesetting import NOTHING, Table, columns
from pipeline_lib.reporting.wording import ends, own_units, p_value, signed, with_ends

_ADDED = (
    *("number", "level", "treatment", "other", "n", "mean", "mean_other", "difference"),
    *("ci_low", "ci_high", "p", "p_planned", "p_all"),
)


def statistics_tables(results: Results) -> list[Table]:
    """Return what combinations add, if there are any, then relapses, log-rank tests and pairs."""
    combined = [combination_table(results)] if results.combines else []
    pairs = [paired_table(results, planned=planned) for planned in (True, False)]
    return [*combined, relapse_table(results), log_rank_table(results), *pairs]


def combination_table(results: Results) -> Table:
    """Return what each combination adds to the better of its parts."""
    found = results.additions()
    lines = []
    for asked, pair in found:
        means = (pair.mean, pair.mean_other, pair.difference)
        texts = [*(signed(each, asked.number) for each in means), ends(pair, asked.number)]
        lines.append((asked, pair, [*texts, p_value(pair.p_planned or pair.p_all)]))
    return Table(
        COMBINATIONS,
        "What combinations add",
        "The means of each combination and of its better part, in per cent; what the combination "
        f"adds, in percentage points, with its {100 * LEVEL:g} % interval. For a drop, less is "
        "better. p is corrected as in the table of planned contrasts or, if the pair is not in it, "
        "as in the table of all pairs.",
        columns(
            ("Measure", "Combination", "Better half"),
            ("Mean", "Mean of the part", "Added", "Interval", "p"),
        ),
        _by_number(results, lines),
        _ADDED,
        [[getattr(pair, name) for name in _ADDED] for _, pair in found],
        empty="This study has no combination of treatments.",
    )


def relapse_table(results: Results) -> Table:
    """Return how many seeds of each treatment relapsed at cycle 0 and how many later."""
    blocks = []
    for row in results.relapses:
        counts = map(str, (row.n, row.at_cycle_0, row.later, row.relapsed))
        share = with_ends(signed(row.share), row)
        blocks.append([[results.name(row.treatment), *counts, share]])
    return Table(
        RELAPSES,
        "Seeds that relapsed",
        "A seed that is below the threshold at cycle 0 had not responded before the first cycle. "
        "The share is in per cent, with Wilson's interval.",
        columns(["Treatment"], ["Seeds", "At cycle 0", "Later", "Relapsed", "Share"]),
        blocks,
        [field.name for field in fields(RelapseCount)],
        [astuple(row) for row in results.relapses],
        empty="This study has no such measurement.",
    )


def log_rank_table(results: Results) -> Table:
    """Return the log-rank tests, pair by pair."""
    blocks = []
    for row in results.log_rank:
        names = (results.name(row.treatment), results.name(row.other))
        counts = [f"{row.relapsed} of {row.n}", f"{row.relapsed_other} of {row.n_other}"]
        test = [f"{row.chi_square:.2f}", p_value(row.p), p_value(row.p_holm)]
        blocks.append([[*names, *counts, *test]])
    return Table(
        LOG_RANK,
        "Time to relapse, pair by pair",
        "Log-rank test, one degree of freedom; p corrected by Holm's procedure over the pairs. The "
        "test treats the two samples as independent and ignores that they share seeds.",
        columns(["Treatment", "Other"], ["Relapsed", "Other relapsed", "χ²", "p", "p (Holm)"]),
        blocks,
        [field.name for field in fields(LogRank)],
        [astuple(row) for row in results.log_rank],
        empty="The study has one treatment, so there is no pair.",
    )


def paired_table(results: Results, *, planned: bool) -> Table:
    """Return comparisons within seeds, number by number: those that were planned, or all."""
    pairs = [pair for pair in results.pairs if pair.p_planned is not None or not planned]
    lines = []
    for pair in pairs:
        asked = Asked(results.numbers[pair.number], pair.level)
        line = [
            with_ends(signed(pair.difference, asked.number), pair, asked.number),
            NOTHING if pair.g_z is None else signed(pair.g_z),
            f"{pair.superiority:.0f} %",
            _needed(pair),
            *map(p_value, (pair.p, pair.p_planned if planned else pair.p_all)),
        ]
        lines.append((asked, pair, line))
    units = own_units(results.numbers[pair.number] for pair in pairs)
    heads = ["Difference", "g_z", "Superiority", "Seeds needed", "p", "p (corrected)"]
    return Table(
        CONTRASTS if planned else PAIRED,
        "Planned contrasts" if planned else "All pairs",
        f"Differences within seeds, in percentage points{units}, with {100 * LEVEL:g} % intervals. "
        "g_z: mean difference over the SD of the differences, corrected for bias. Superiority: "
        "share of seeds in which the treatment has the larger number; ties count half. Seeds "
        "needed: to show a difference of this size and scatter with a power of 80 %, before any "
        "correction. p: sign-flip test, alone and corrected for all rows by step-down max-T.",
        columns(["Measure", "Treatment", "Other"], heads),
        _by_number(results, lines),
        [field.name for field in fields(Pair)],
        [astuple(pair) for pair in pairs],
        empty="This study has no such pair.",
    )


def _needed(pair: Pair) -> str:
    if pair.seeds_needed is None:
        return NOTHING if pair.sd == 0 or pair.n < 2 else f"> {MOST}"
    return str(pair.seeds_needed)


def _by_number(
    results: Results, lines: Iterable[tuple[Asked, Pair, list[str]]]
) -> list[list[list[str]]]:
    """Group the lines on pairs by number; the first line of each block names the number."""
    blocks: dict[Asked, list[list[str]]] = {}
    for asked, pair, line in lines:
        block = blocks.setdefault(asked, [])
        names = [results.name(pair.treatment), results.name(pair.other)]
        block.append(["" if block else asked.heading, *names, *line])
    return list(blocks.values())
