"""The claims of a study, in sentences and as a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, fields
from itertools import groupby

from pipeline_lib.analysis.claims import HOLDS, MARGIN, REVERSED, TOO_SMALL, UNDECIDED, Judged
from pipeline_lib.analysis.intervals import ALPHA, LEVEL
from pipeline_lib.names import CLAIMS, WITHDRAWN, label
from pipeline_lib.numbers import Axes, Number, in_words, value_text
from pipeline_lib.reporting.typesetting import Table, columns, in_blocks
from pipeline_lib.reporting.wording import (
    ends,
    listed,
    p_equals,
    p_value,
    plural,
    signed,
    size,
)

# What becomes of a claim that a treatment does better than another.
IS = {
    HOLDS: "better than {}",
    TOO_SMALL: "practically equal to {}",
    UNDECIDED: "not shown to be better than {}",
    REVERSED: "worse than {}",
}
MOST_NAMED = 4  # scenarios that a sentence names


def claim_sentences(
    claims: Iterable[Judged], numbers: Mapping[str, Number], labels: Mapping[str, str]
) -> Iterator[str]:
    """Say of each claim whether it holds, against one treatment after the other."""
    groups = groupby(claims, lambda row: (row.number, row.level, row.better))
    for (name, level, better), rows in groups:
        number, parts = numbers[name], []
        for row in rows:
            said = _is(row.verdict, row.than, labels)
            # In the direction of the claim or, if reversed, against it.
            gain = size(row, number, turned=(number.better == "less") != (row.verdict == REVERSED))
            if row.verdict in (HOLDS, REVERSED):
                parts.append(f"{gain} {said} ({p_equals(row.p)})")
            else:
                p = "" if row.p is None else f", {p_equals(row.p)}"  # one seed allows no test
                parts.append(f"{said}, with a difference of {gain}{p}")
        yield f"{number.at_level(level)}: {label(better, labels)} is {'; '.join(parts)}."


def varied_claim_sentences(
    claims: Sequence[Sequence[Judged]],
    scenarios: Sequence[Axes],
    numbers: Mapping[str, Number],
    labels: Mapping[str, str],
) -> Iterator[str]:
    """Say of each claim in how many scenarios it holds, and which the others are."""
    found: dict[tuple[str, str, str], list[tuple[Judged, str]]] = {}
    for rows, axes in zip(claims, scenarios, strict=True):
        for row in rows:
            place = (row.number, row.better, row.than)
            found.setdefault(place, []).append((row, in_words(axes, labels)))
    for (name, better, than), places in found.items():
        parts: list[str] = []
        for verdict in IS:
            if there := [axes for row, axes in places if row.verdict == verdict]:
                part = f"{_is(verdict, than, labels)} in {len(there)}"
                part += "" if parts else f" of {plural(len(places), 'scenario')}"
                named = verdict != HOLDS and len(there) <= MOST_NAMED
                parts.append(f"{part} ({'; '.join(there)})" if named else part)
        where = numbers[name].at_level(places[0][0].level)
        yield f"{where}: {label(better, labels)} is {listed(parts)}."


def claim_table(
    claims: Sequence[Sequence[Judged]],
    scenarios: Sequence[Axes],
    numbers: Mapping[str, Number],
    labels: Mapping[str, str],
) -> Table:
    """Return the claims of each scenario with both means, their difference and the verdict."""
    lines, named = [], len(scenarios[0]) + 2
    family = "the claims of each scenario" if scenarios[0] else "all claims"
    data: list[Sequence[object]] = [[*scenarios[0], *(field.name for field in fields(Judged))]]
    for rows, axes in zip(claims, scenarios, strict=True):
        for row in rows:
            number = numbers[row.number]
            line = [*map(value_text, axes.values()), number.at_level(row.level)]
            line += [label(row.better, labels), label(row.than, labels)]
            line += [signed(x, number) for x in (row.mean, row.mean_than, row.difference)]
            lines.append([*line, ends(row, number), p_value(row.p), row.verdict])
            data.append([*axes.values(), *astuple(row)])
    return Table(
        CLAIMS,
        "Claims",
        "Each claim says that the first treatment does better than the other. The table gives the "
        "means over the seeds that have both (shares of seeds in per cent), and the difference "
        f"within seeds with its {100 * LEVEL:g} % interval. p is from sign-flip permutation tests, "
        f"corrected by step-down max-T over {family}. A claim holds if p is below {ALPHA:g} and "
        "the whole interval is on the claimed side of 0. It is reversed if the same is true on the "
        f"other side. A difference that is within {MARGIN:g} points of 0 is too small to matter.",
        columns(
            [*scenarios[0], "Number", "Better", "Than"],
            ["Mean", "Mean of the other", "Difference", "95 % interval", "p", "Claim"],
        ),
        in_blocks(lines, named),
        data,
        empty="This study makes no claim.",
    )


def _is(verdict: str, than: str, labels: Mapping[str, str]) -> str:
    """Say what a treatment is, compared with another or with itself withdrawn."""
    if than != WITHDRAWN:
        return IS[verdict].format(label(than, labels))
    if verdict == TOO_SMALL:
        return "practically equal with and without its modulation"
    return IS[verdict].format("without its modulation")
