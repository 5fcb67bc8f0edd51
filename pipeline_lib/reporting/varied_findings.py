"""What a study with axes found, in sentences made from its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline_lib import names
from pipeline_lib.analysis.along import FEWEST_VALUES, TOO_FEW, UNCHANGED, Along
from pipeline_lib.analysis.cells import Cell
from pipeline_lib.analysis.claims import Judged
from pipeline_lib.analysis.intervals import EQUAL, LEVEL, SAME
from pipeline_lib.analysis.varied import Line, Variant, Varied
from pipeline_lib.names import label
from pipeline_lib.numbers import MAIN, Key, Number, axis_text, in_words, is_numeric, value_text
from pipeline_lib.reporting.claims import varied_claim_sentences
from pipeline_lib.reporting.findings import Finding
from pipeline_lib.reporting.reading import few_seeds, least_p
from pipeline_lib.reporting.varied_tables import place
from pipeline_lib.reporting.wording import listed, mean, plural, share, signed, size

TOPICS = {
    names.COMBINED: "Accuracy under combined stress",
    names.INTERNAL: "Accuracy under the strongest internal noise",
    names.ACUTE_DROP: "The loss after sudden pruning",
    names.FINAL_ACCURACY: "Accuracy after the stress cycles",
    names.RELAPSED: "The share of seeds that relapsed",
}


def varied_findings(
    varied: Varied,
    along: Sequence[Along],
    variants: Sequence[Variant],
    claims: Sequence[Sequence[Judged]],
    labels: Mapping[str, str],
    threshold: float | None,
) -> list[Finding]:
    """Return which claims hold, and what each axis does to the main numbers.

    The latter is told at the first value of the other axes. `claims` has those of each scenario,
    `labels` names the treatments, and `threshold` is the relapse threshold, a fraction, or None if
    it is what is varied.
    """
    held = varied_claim_sentences(claims, varied.scenarios, varied.numbers, labels)
    found = [Finding("Which claims hold", list(held))]
    for axis, values in varied.axes.items():
        line, numeric = next(varied.lines(axis)), is_numeric(values[0])
        # A table can compare many variants, and sentences cannot.
        told = [name for name in TOPICS if name in varied.numbers and (numeric or name in MAIN)]
        of_axis: Sequence[Any] = along if numeric else variants
        rows = [row for row in of_axis if (row.axis, row.others) == (axis, line.where)]
        rows = [row for row in rows if row.number in told and row.treatment != names.HEALTHY]
        moved = {row.treatment for row in rows if not _is_same(row)}
        unmoved = [who for who in dict.fromkeys(row.treatment for row in rows) if who not in moved]
        words = axis_text(axis, labels)
        where = f", at {in_words(line.others, labels)}" if line.others else ""
        for name in told:
            here = [row for row in rows if row.number == name and row.treatment in moved]
            sentences = variant_sentences(here, varied.numbers[name], labels)
            if numeric:
                limit = threshold if name in MAIN else None  # the others have no threshold
                sentences = _along(varied, line, here, varied.numbers[name], labels, limit)
            found.append(Finding(f"{TOPICS[name]} and {words}{where}", list(sentences)))
        same = [_unchanged(varied, line, name, labels) for name in unmoved]
        found.append(Finding(f"What {words} does not change{where}", same))
    return [finding for finding in found if finding.sentences]


def varied_reading(varied: Varied, labels: Mapping[str, str]) -> str:
    """Say what is varied, and how the numbers in the findings are read."""
    axes = [(axis_text(axis, labels), values) for axis, values in varied.axes.items()]
    parts = [f"{axis} ({listed(map(value_text, values))})" for axis, values in axes]
    seeds = max((cell.n for cell in varied.cells[0].values()), default=0)
    few = [axis for axis, x in axes if is_numeric(x[0]) and len(x) < FEWEST_VALUES]
    none = f" No curve is fitted along {listed(few)}: {TOO_FEW}." if few else ""
    return (
        f"The study varies {listed(parts)}: {plural(len(varied.scenarios), 'scenario')} of "
        f"{plural(seeds, 'seed')} each, the same seeds in all. Numbers are means over the seeds; "
        f"brackets hold their {100 * LEVEL:g} % intervals.{few_seeds(seeds)}{least_p(seeds)}{none}"
    )


def _along(
    varied: Varied,
    line: Line,
    rows: Sequence[Along],
    number: Number,
    labels: Mapping[str, str],
    threshold: float | None,
) -> Iterator[str]:
    values, same = list(map(value_text, line.values)), []
    for row in rows:
        key = Key(row.treatment, row.number, level=row.level)
        cells = [varied.cells[at].get(key) for at in line.places]
        if cells[0] is None or cells[-1] is None:
            continue
        first, last = (mean(cell, number) for cell in (cells[0], cells[-1]))
        who = label(row.treatment, labels)
        if row.note == UNCHANGED:
            same.append(f"{who} {first}")
            continue
        curve = [f"No curve was fitted: {row.note}."] if row.note != TOO_FEW else []
        if row.half is not None:
            where = place(row.half, row.half_low, row.half_high)
            curve = [f"The half-way point of the fitted curve is {where}."]
        crossed = () if threshold is None else _threshold(cells, values, row, threshold)
        lead = f"{who}: {first} at {values[0]} and {last} at {values[-1]}."
        yield " ".join([lead, *curve, *crossed])
    if same:
        yield f"The same at every value: {listed(same)}."


def _threshold(
    cells: Sequence[Cell | None], values: Sequence[str], row: Along, threshold: float
) -> Iterator[str]:
    """Say where the means cross the relapse threshold, and where no seed is below it."""
    none, nowhere = "No seed relapsed", "at any value"
    if row.number != names.RELAPSED:
        none, nowhere = f"Every seed is at {share(threshold)} or above", "at every value"
        limit = round(100.0 * threshold, 9)
        held = [cell is not None and cell.mean >= limit for cell in cells]
        turns = [at for at in range(1, len(held)) if held[at] != held[at - 1]]
        for at in turns:
            verb = "rises above" if held[at] else "falls below"
            text = f"The mean {verb} {share(threshold)} between {values[at - 1]} and {values[at]}"
            if row.crossing is not None and len(turns) == 1:
                where = place(row.crossing, row.crossing_low, row.crossing_high)
                text += f"; the curve crosses it at {where}"
            yield f"{text}."
        if not turns:
            side = "at or above" if held[0] else "below"
            yield f"The mean is {side} {share(threshold)} at every value."
    if row.held_from is not None:
        first = value_text(row.held_from)
        yield f"{none} {nowhere if first == values[0] else f'from {first} on'}."
    elif row.held_to is not None:
        yield f"{none} up to {value_text(row.held_to)}."


def variant_sentences(
    rows: Sequence[Variant], number: Number, labels: Mapping[str, str]
) -> Iterator[str]:
    """Say, row by row, whether a number differs between a variant and the first one."""
    for row in rows:
        name = label(row.treatment, labels)
        ours, theirs = (f"{signed(x, number)}{number.unit}" for x in (row.mean, row.mean_base))
        if _is_same(row):
            yield f"{name} has {ours} with both {row.variant} and {row.base}, in every seed."
            continue
        unsure = ""
        if row.method != EQUAL and (row.ci_low is None or row.ci_high is None):
            unsure = f"; {plural(row.n, 'seed')} cannot tell them apart"
        elif row.method != EQUAL and (row.ci_low or 0) <= 0 <= (row.ci_high or 0):
            unsure = ", a difference that may be 0"
        yield (
            f"{name} is {size(row, number)} {'lower' if row.difference <= 0 else 'higher'} with "
            f"{row.variant} ({ours}) than with {row.base} ({theirs}){unsure}."
        )


def _unchanged(varied: Varied, line: Line, treatment: str, labels: Mapping[str, str]) -> str:
    """Return the main numbers of a treatment that is the same along the whole line."""
    numbers = [varied.numbers[name] for name in MAIN if name in varied.numbers]
    found = [varied.cells[line.places[0]].get(Key(treatment, each.name)) for each in numbers]
    both = zip(numbers, found, strict=True)
    texts = [f"{number.heading.lower()} {mean(cell, number)}" for number, cell in both if cell]
    return f"{label(treatment, labels)} is the same at every value: {listed(texts)}."


def _is_same(row: Along | Variant) -> bool:
    """Tell whether a number is the same at every value, or in both variants, in every seed."""
    if isinstance(row, Along):
        return row.note == UNCHANGED
    return abs(row.difference) < SAME and (row.method == EQUAL or row.n == 1)
