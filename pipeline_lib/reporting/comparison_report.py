"""The comparison with published numbers as tables for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Statistics
from pipeline_lib.analysis.reproduction import (
    NOT_TESTABLE,
    Compared,
    in_the_family,
    points,
    verdict,
)
from pipeline_lib.analysis.welch import POWER
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
from pipeline_lib.reporting.wording import heading, of_a_seed, own_units, p_value, share, shown

FAMILY = (
    Column("Treatment", stub=True),
    Column("Measure", stub=True),
    *map(Column, ("This study", "Published", "Difference", "p (Holm)", "Equivalent", "Detectable")),
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
    alpha, margin = comparison[0].alpha, comparison[0].margin
    numbers = measures.numbers(names)
    units = own_units(numbers[row.number] for row in comparison)
    return (
        f"Means ± population SDs, in per cent{units}. *Difference* is this study's mean minus "
        f"the published one, with its Welch interval at {share(1 - alpha)}, widened by "
        f"half a printed digit on both sides. *p* is for a difference beyond that rounding, "
        f"corrected by Holm's procedure over all means that are tested. *Equivalent* "
        f"says whether two one-sided Welch tests, each mean by itself at {alpha:g}, place the "
        f"difference within {points(margin)}, rounding included, and gives their p. "
        f"*Detectable* is the smallest true difference, in percentage points{units}, that this "
        f"many seeds would have shown with a power of {share(POWER)}: at {alpha:g} by itself, "
        "and in brackets after correction for the whole family. Ranges, SDs, counts, relapse "
        "cycles and improvements are shown, not tested."
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
        number, tested = numbers[row.number], in_the_family(row)
        line = [label(row.treatment, labels), *_number(row, number)]
        line += _tests(row, number) if tested else [row.reason]
        parts.setdefault(row.table, ([], []))[not tested].append([line])
    found = []
    for name, (family, others) in parts.items():
        title = titles.get(name, name)
        if family:
            found.append(Table(name, title, "", FAMILY, family))
        if others:
            caption = "Not tested:" if family else "Shown, not tested."
            found.append(Table(name, title, caption, OTHERS, others))
    return found


def _number(row: Compared, number: Number) -> list[str]:
    """Return the name of a row's number, our value and the published one."""
    measure = heading(number, row.level, row.modulation)
    measure += "" if row.cycle is None else f", cycle {row.cycle}"
    if row.seed is not None:
        both = (
            NOTHING if mean is None else of_a_seed(mean, number)
            for mean in (row.mean, row.published_mean)
        )
        return [f"{measure}, seed {row.seed}", *both]
    extremes = row.published_mean is None
    sides = (
        Statistics(*(getattr(row, prefix + name) for name in Statistics._fields))
        for prefix in ("", "published_")
    )
    return [measure, *(shown(side, number, extremes=extremes) for side in sides)]


def _tests(row: Compared, number: Number) -> list[str]:
    result = f"{row.status}: {row.reason}" if row.status == NOT_TESTABLE else row.status
    if row.difference is None or row.low is None or row.high is None:
        return [*[NOTHING] * 4, result]
    more = number.decimals + 1
    difference, low, high = (_plus(value, more) for value in (row.difference, row.low, row.high))
    equivalent = NOTHING
    if row.equivalent is not None:
        equivalent = f"{'yes' if row.equivalent else 'no'} ({p_value(row.p_equivalent)})"
    detectable = f"{row.detectable:.{more}f} ({row.detectable_in_family:.{more}f})"
    found = [f"{difference} ({low} to {high})", p_value(row.p_holm), equivalent, detectable]
    return [*found, result]


def _plus(value: float, decimals: int) -> str:
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)
