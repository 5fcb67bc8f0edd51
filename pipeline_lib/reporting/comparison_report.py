"""The comparison with published numbers as readers see it: a verdict in one line, and tables."""

import itertools
import statistics
from collections.abc import Mapping, Sequence

from pipeline_lib import measures
from pipeline_lib.analysis import reproduction
from pipeline_lib.analysis.cells import Statistics
from pipeline_lib.analysis.permutation import EXCHANGES
from pipeline_lib.analysis.power import POWER
from pipeline_lib.analysis.reproduction import OF_MEANS, Compared, sds
from pipeline_lib.names import label
from pipeline_lib.numbers import Number
from pipeline_lib.reporting.typesetting import MINUS, NOTHING, Column, Table, escaped_markdown, grid
from pipeline_lib.reporting.wording import (
    of_a_seed,
    own_units,
    p_equals,
    p_value,
    plural,
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


def verdict(comparison: Sequence[Compared]) -> str:
    """Say in one line whether a study is consistent with the published one as a whole.

    It is inconsistent if any mean differs after p is corrected for all of them, or if a constant
    differs. Relapse counts and single runs are reported but do not decide, because they follow from
    trajectories whose means are tested. If only single runs were published, they decide.
    """
    published = [row for row in comparison if None not in (row.published_mean, row.published_sd)]
    kinds = {reproduction.CONSTANT: "constants equal", reproduction.FISHER: "counts consistent"}
    kinds |= {reproduction.SINGLE: "single runs consistent"}
    agrees: dict[str, list[bool]] = {kind: [] for kind in kinds}
    for row in comparison:
        if row.test in agrees:
            agrees[row.test].append(row.status == reproduction.CONSISTENT)
    if not published:
        single = agrees[reproduction.SINGLE]
        head = reproduction.CONSISTENT if all(single) else reproduction.INCONSISTENT
        found = f"{head}: {sum(single)} of {len(single)} numbers of single runs consistent"
        return found if single else "no published mean with an SD to compare with"
    means = [row for row in comparison if row.test in OF_MEANS]
    decisive = [row for row in comparison if row.test in (*OF_MEANS, reproduction.CONSTANT)]
    parts = _of_means(means) if means else ["no mean could be tested"]
    parts += [f"{sum(each)} of {len(each)} {kinds[kind]}" for kind, each in agrees.items() if each]
    for status in (reproduction.MISSING, reproduction.NOT_TESTABLE):
        if number := sum(row.status == status for row in published):
            parts.append(f"{plural(number, 'published mean')} {status}")
    differs = any(row.status == reproduction.INCONSISTENT for row in decisive)
    head = reproduction.INCONSISTENT if differs else reproduction.CONSISTENT
    if not means and head == reproduction.CONSISTENT:
        head = reproduction.NOT_TESTABLE
    return f"{head}: {'; '.join(parts)}"


def _of_means(means: Sequence[Compared]) -> list[str]:
    """Say how many means are equivalent, whether any differs, and what could be detected."""
    alpha, margin = means[0].alpha, means[0].margin_sds
    equivalent = sum(row.equivalent is True for row in means)
    differ = sum(row.status == reproduction.INCONSISTENT for row in means)
    least = min(row.p_corrected for row in means if row.p_corrected is not None)
    directional = [row.p_directional for row in means if row.p_directional is not None]
    joint = f"joint {p_equals(least)}"
    joint += f", directional {p_equals(directional[0])}" if directional else ""
    hits = sum(row.p is not None and row.p < alpha for row in means)
    parts = [
        f"{equivalent} of {plural(len(means), 'distinct mean')} equivalent within {sds(margin)}",
        f"{differ or 'none'} shown to differ ({joint})",
        f"{hits} uncorrected p below {alpha:g}, {alpha * len(means):.1f} expected by chance",
    ]
    visible = [
        row.detectable / row.published_sd
        for row in means
        if row.detectable is not None and row.published_sd
    ]
    if visible:
        median = statistics.median(visible)
        parts.append(f"{share(POWER)} power for a difference of {median:.1f} SDs in one mean")
    return parts


def report(comparison: Sequence[Compared], names: Sequence[str], labels: Mapping[str, str]) -> str:
    """Return a comparison in Markdown: its verdict, then table by table.

    `names` are those of the study's measures.
    """
    parts = [f"# Reproduction of the published numbers\n\n**{verdict(comparison)}**\n"]
    if comparison:
        parts.append(explanation(comparison, names) + "\n")
    every = tables(comparison, names, labels)
    for title, group in itertools.groupby(every, key=lambda table: table.title):
        parts.append(f"## {escaped_markdown(title)}\n")
        for table in group:
            parts += [f"{table.caption}\n"] if table.caption else []
            parts.append(grid(table))
    return "\n".join(parts)


def explanation(comparison: Sequence[Compared], names: Sequence[str]) -> str:
    """Explain how to read the tables of a non-empty comparison, with its terms in asterisks."""
    alpha, margin = comparison[0].alpha, sds(comparison[0].margin_sds)
    there = {row.number for row in comparison}
    units = own_units(x for name, x in measures.numbers(names).items() if name in there)
    by_seed = any(row.test == reproduction.PERMUTATION for row in comparison)
    how = (
        f"*p* is from {EXCHANGES:,} permutations of whole seeds between this study and the "
        "published run, which is known seed by seed; *corrected* is by the largest difference of "
        "all means in each permutation (step-down max-T)."
        if by_seed
        else "*p* is from Welch's test that the difference is larger than the rounding of the "
        "printed means; *corrected* is by Holm's procedure over all means."
    )
    return (
        f"Means ± population SDs, in per cent{units}. Only distinct numbers that vary between "
        "seeds are tested. *Equivalent* says whether two one-sided Welch tests, each mean by "
        f"itself at {alpha:g}, place the difference within {margin} of the published seeds, and "
        "gives their p. *Difference* is this study's mean minus the published one, with its Welch "
        f"interval at {share(1 - alpha)}. {how} *Detectable* is the smallest true difference, in "
        f"percentage points{units}, that this many seeds would have shown with a power of "
        f"{share(POWER)}, after the correction. Counts of seeds are compared by Fisher's exact "
        "test. A single published seed is compared with the range in which a single seed of this "
        "study may lie (Crawford and Howell 1998). These p are corrected by Holm's procedure, each "
        "kind by itself."
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
    measure = number.at_level(row.level, row.modulation)
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
    if row.status == reproduction.NOT_TESTED:
        return row.reason
    result = row.status + (f": {row.reason}" if row.reason else "")
    p = f"{p_equals(row.p)}, {p_value(row.p_corrected)} corrected"  # the latter decides
    if row.test == reproduction.FISHER:
        return f"{result} (Fisher's exact test, {p})"
    if row.test == reproduction.SINGLE:
        assert row.mean is not None
        assert row.difference is not None
        assert row.high is not None
        reach = row.high - row.difference
        low, high = (signed(end, number) for end in (row.mean - reach, row.mean + reach))
        return f"{result} (a single seed may have {low} to {high}, {p})"
    return result


def _tests(row: Compared, number: Number) -> list[str]:
    assert row.difference is not None
    assert row.low is not None
    assert row.high is not None
    more = number.decimals + 1
    texts = [f"{value:+.{more}f}" for value in (row.difference, row.low, row.high)]
    difference, low, high = (x[1:] if float(x) == 0 else x.replace("-", MINUS) for x in texts)
    return [
        f"{'yes' if row.equivalent else 'no'} ({p_value(row.p_equivalent)})",
        f"{difference} ({low} to {high})",
        *(p_value(row.p), p_value(row.p_corrected)),
        NOTHING if row.detectable is None else f"{row.detectable:.{more}f}",
        row.status,
    ]
