"""The comparison with published numbers as tables for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Statistics
from pipeline_lib.analysis.permutation import DRAWS
from pipeline_lib.analysis.power import POWER
from pipeline_lib.analysis.reproduction import (
    FISHER,
    NONE,
    NOT_TESTED,
    OF_MEANS,
    PERMUTATION,
    SINGLE,
    Compared,
    sds,
)
from pipeline_lib.names import label
from pipeline_lib.numbers import Number
from pipeline_lib.reporting.typesetting import (
    MINUS,
    NOTHING,
    Column,
    Table,
    escaped_markdown,
    grid,
)
from pipeline_lib.reporting.verdict import verdict
from pipeline_lib.reporting.wording import (
    heading,
    of_a_seed,
    own_units,
    p_equals,
    p_value,
    share,
    shown,
    signed,
)

FAMILY = (
    Column("Treatment", stub=True),
    Column("Measure", stub=True),
    *map(Column, ("This study", "Published", "Equivalent", "Difference")),
    *map(Column, ("p", "p (corrected)", "Detectable")),
    Column("Result", stub=True),
)
OTHERS = (*FAMILY[:4], Column("Note", stub=True))


def report(comparison: Sequence[Compared], names: Sequence[str], labels: Mapping[str, str]) -> str:
    """Return a comparison in Markdown: its verdict, then table by table.

    `names` are those of the study's measures.
    """
    parts = [f"# Reproduction of the published numbers\n\n**{verdict(comparison)}**\n"]
    if comparison:
        parts.append(explanation(comparison, names) + "\n")
    title = ""
    for table in tables(comparison, names, labels):
        if table.title != title:
            title = table.title
            parts.append(f"## {escaped_markdown(title)}\n")
        if table.caption:
            parts.append(f"{table.caption}\n")
        parts.append(grid(table))
    return "\n".join(parts)


def explanation(comparison: Sequence[Compared], names: Sequence[str]) -> str:
    """Explain how to read the tables of a non-empty comparison, with its terms in asterisks."""
    alpha, margin = comparison[0].alpha, sds(comparison[0].margin_sds)
    units = own_units(
        number
        for name, number in measures.numbers(names).items()
        if any(row.number == name for row in comparison)
    )
    by_seed = any(row.test == PERMUTATION for row in comparison)
    how = (
        f"*p* is from {DRAWS:,} permutations of whole seeds between this study and the published "
        "run, which is known seed by seed; *corrected* is by the largest of all means in each "
        "permutation (step-down max-T)."
        if by_seed
        else "*p* is Welch's, for a difference beyond half a printed digit; *corrected* is by "
        "Holm's procedure over all means."
    )
    return (
        f"Means ± population SDs, in per cent{units}. Only distinct numbers that vary between "
        "seeds are tested. *Equivalent* says whether two one-sided Welch tests, each mean by "
        f"itself at {alpha:g}, place the difference within {margin} of the published seeds, and "
        "gives their p. *Difference* is this study's mean minus the published one, with its Welch "
        f"interval at {share(1 - alpha)}. {how} *Detectable* is the smallest true difference, in "
        f"percentage points{units}, that this many seeds would have shown with a power of "
        f"{share(POWER)}, after the correction. Counts of seeds are compared by Fisher's exact "
        "test. A single published seed is compared with what a single seed of this study may be "
        "(Crawford and Howell 1998)."
    )


def tables(
    comparison: Sequence[Compared], names: Sequence[str], labels: Mapping[str, str]
) -> list[Table]:
    """Return two tables for each published table: the numbers that were tested, and the others."""
    numbers = measures.numbers(names)
    titles = {
        table.name: f"Table {table.paper}. {table.title}" if table.paper else table.title
        for table in measures.tables(names)
    }
    parts: dict[str, tuple[list[list[list[str]]], list[list[list[str]]]]] = {}
    for row in comparison:
        number = numbers.get(row.number, Number(row.number, row.number))
        tested = row.test in OF_MEANS
        line = [label(row.treatment, labels), *_number(row, number)]
        line += _tests(row, number) if tested else [_note(row, number)]
        parts.setdefault(row.table, ([], []))[not tested].append([line])
    found = []
    for name, (family, others) in parts.items():
        title = titles.get(name, name)
        if family:
            found.append(Table(name, title, "", FAMILY, family))
        if others:
            found.append(Table(name, title, "The others:" if family else "", OTHERS, others))
    return found


def _number(row: Compared, number: Number) -> list[str]:
    """Return the name of a row's number, our value and the published one."""
    measure = heading(number, row.level, row.modulation)
    measure += "" if row.cycle is None else f", cycle {row.cycle}"
    extremes = row.published_mean is None
    ours, theirs = (
        Statistics(*(getattr(row, prefix + name) for name in Statistics._fields))
        for prefix in ("", "published_")
    )
    if row.seed is None:
        return [measure, *(shown(side, number, extremes=extremes) for side in (ours, theirs))]
    published = NOTHING if theirs.mean is None else of_a_seed(theirs.mean, number)
    return [f"{measure}, seed {row.seed}", shown(ours, number), published]


def _note(row: Compared, number: Number) -> str:
    """Say what came of a row that is of no mean, or why it was not tested."""
    if row.test == NONE:
        return row.reason if row.status == NOT_TESTED else f"{row.status}: {row.reason}"
    result = row.status + (f": {row.reason}" if row.reason else "")
    if row.test == FISHER:
        return f"{result} (Fisher's exact test, {p_equals(row.p)})"
    if row.test == SINGLE:
        assert row.mean is not None
        assert row.difference is not None
        assert row.high is not None
        reach = row.high - row.difference
        low, high = (signed(end, number) for end in (row.mean - reach, row.mean + reach))
        return f"{result} (a single seed may have {low} to {high}, {p_equals(row.p)})"
    return result


def _tests(row: Compared, number: Number) -> list[str]:
    assert row.difference is not None
    assert row.low is not None
    assert row.high is not None
    more = number.decimals + 1
    difference, low, high = (_plus(value, more) for value in (row.difference, row.low, row.high))
    return [
        f"{'yes' if row.equivalent else 'no'} ({p_value(row.p_equivalent)})",
        f"{difference} ({low} to {high})",
        p_value(row.p),
        p_value(row.p_corrected),
        NOTHING if row.detectable is None else f"{row.detectable:.{more}f}",
        row.status,
    ]


def _plus(value: float, decimals: int) -> str:
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)
