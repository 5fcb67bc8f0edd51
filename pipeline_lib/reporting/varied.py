"""What a study with axes found, in sentences and in tables made from its numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline_lib import names
from pipeline_lib.analysis.along import FEWEST_VALUES, TOO_FEW, UNCHANGED, Along
from pipeline_lib.analysis.cells import Cell, Statistics
from pipeline_lib.analysis.intervals import EQUAL, LEVEL, SAME
from pipeline_lib.analysis.varied import Line, Variant
from pipeline_lib.names import label
from pipeline_lib.numbers import MAIN, Key, Number, axis_text, in_words, is_numeric, value_text
from pipeline_lib.reporting import wording
from pipeline_lib.reporting.claims import claim_table, varied_claim_sentences
from pipeline_lib.reporting.findings import Finding
from pipeline_lib.reporting.methods import few_seeds, least_p
from pipeline_lib.reporting.results import VariedResults
from pipeline_lib.reporting.typesetting import NOTHING, Table, columns, in_blocks, rows_of
from pipeline_lib.reporting.wording import listed, mean, plural, share, signed

TOPICS = {
    names.COMBINED: "Accuracy under combined stress",
    names.INTERNAL: "Accuracy under the strongest internal noise",
    names.ACUTE_DROP: "The loss after sudden pruning",
    names.FINAL_ACCURACY: "Accuracy after the stress cycles",
    names.RELAPSED: "The share of seeds that relapsed",
}


def varied_findings(results: VariedResults) -> list[Finding]:
    """Return which claims hold, and what each axis does to the main numbers.

    The latter is told at the first value of the other axes.
    """
    varied, labels = results.varied, results.labels
    held = varied_claim_sentences(results.claims, varied.scenarios, varied.numbers, labels)
    found = [Finding("Which claims hold", list(held))]
    for axis, values in varied.axes.items():
        line, numeric = next(varied.lines(axis)), is_numeric(values[0])
        # A table can compare many variants, and sentences cannot.
        told = [name for name in TOPICS if name in varied.numbers and (numeric or name in MAIN)]
        of_axis: Sequence[Any] = results.along if numeric else results.variants
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
                sentences = _along(results, line, here, varied.numbers[name])
            found.append(Finding(f"{TOPICS[name]} and {words}{where}", list(sentences)))
        same = [_unchanged(results, line, who) for who in unmoved]
        found.append(Finding(f"What {words} does not change{where}", same))
    return [finding for finding in found if finding.sentences]


def varied_reading(results: VariedResults) -> str:
    """Say what is varied, and how the numbers in the findings are read."""
    varied = results.varied
    axes = [(axis_text(axis, results.labels), values) for axis, values in varied.axes.items()]
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
    results: VariedResults, line: Line, rows: Sequence[Along], number: Number
) -> Iterator[str]:
    """Say of each treatment what a number is at both ends of a line, and where it changes."""
    values, same = list(map(value_text, line.values)), []
    for row in rows:
        key = Key(row.treatment, row.number, level=row.level)
        cells = [results.varied.cells[at][key] for at in line.places]
        first, last = (mean(cell, number) for cell in (cells[0], cells[-1]))
        who = label(row.treatment, results.labels)
        if row.note == UNCHANGED:
            same.append(f"{who} {first}")
            continue
        said = [f"{who}: {first} at {values[0]} and {last} at {values[-1]}."]
        if row.half is not None:
            said.append(f"The half-way point of the fitted curve is {_place(row, 'half')}.")
        elif row.note != TOO_FEW:
            said.append(f"No curve was fitted: {row.note}.")
        if results.threshold is not None and row.number in MAIN:  # the others have no threshold
            said += _threshold(cells, values, row, results.threshold)
        yield " ".join(said)
    if same:
        yield f"The same at every value: {listed(same)}."


def _threshold(
    cells: Sequence[Cell], values: Sequence[str], row: Along, threshold: float
) -> Iterator[str]:
    """Say where the means cross the relapse threshold, and where no seed is below it."""
    none, nowhere = "No seed relapsed", "at any value"
    if row.number != names.RELAPSED:
        none, nowhere = f"Every seed is at {share(threshold)} or above", "at every value"
        held = [cell.mean >= round(100.0 * threshold, 9) for cell in cells]
        turns = [at for at in range(1, len(held)) if held[at] != held[at - 1]]
        for at in turns:
            verb = "rises above" if held[at] else "falls below"
            text = f"The mean {verb} {share(threshold)} between {values[at - 1]} and {values[at]}"
            if row.crossing is not None and len(turns) == 1:
                text += f"; the curve crosses it at {_place(row, 'crossing')}"
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
        size, verb = wording.size(row, number), "lower" if row.difference <= 0 else "higher"
        yield (
            f"{name} is {size} {verb} with {row.variant} ({ours}) than with {row.base} "
            f"({theirs}){unsure}."
        )


def _unchanged(results: VariedResults, line: Line, treatment: str) -> str:
    """Return the main numbers of a treatment that is the same along the whole line."""
    cells, texts = results.varied.cells[line.places[0]], []
    for name in MAIN:
        if cell := cells.get(Key(treatment, name)):
            number = results.varied.numbers[name]
            texts.append(f"{number.heading.lower()} {mean(cell, number)}")
    return f"{label(treatment, results.labels)} is the same at every value: {listed(texts)}."


def _is_same(row: Along | Variant) -> bool:
    """Tell whether a number is the same at every value, or in both variants, in every seed."""
    if isinstance(row, Along):
        return row.note == UNCHANGED
    return abs(row.difference) < SAME and (row.method == EQUAL or row.n == 1)


def varied_tables(results: VariedResults) -> list[Table]:
    """Return the tables of a study with axes."""
    varied = results.varied
    held = claim_table(results.claims, varied.scenarios, varied.numbers, results.labels)
    return [held, _scenario_table(results), _fit_table(results), variant_table(results)]


def _scenario_table(results: VariedResults) -> Table:
    """Return the numbers of the summary, a row for each scenario and treatment."""
    varied, blocks = results.varied, []
    keys = varied.summary()
    ends = ("ci_low", "ci_high")
    data: list[Sequence[object]] = [
        [*varied.axes, *Key._fields, "label", *Statistics._fields, *ends]
    ]
    for axes, cells in zip(varied.scenarios, varied.cells, strict=True):
        block = []
        for treatment in varied.treatments:
            name = label(treatment, results.labels)
            line = [*map(value_text, axes.values()), name]
            for key in keys:
                cell = cells.get(key._replace(treatment=treatment))
                found = cell.statistics if cell else Statistics()
                line.append(wording.shown(found, varied.numbers[key.number]))
                if cell:
                    interval = (cell.ci_low, cell.ci_high)
                    data.append([*axes.values(), *cell.key, name, *found, *interval])
            block.append(line)
        blocks.append(block)
    relapses = any(key.number == names.RELAPSED for key in keys)
    heads = [varied.numbers[key.number].at_level(key.level) for key in keys]
    return Table(
        names.SCENARIOS,
        "The study's numbers by scenario",
        "Accuracies and shares in per cent, drops in percentage points; mean ± population SD over "
        "the seeds. Only the strongest noise level is shown."
        + (" Seeds that relapsed at any cycle are counted." if relapses else ""),
        columns([*varied.axes, "Treatment"], heads),
        blocks,
        data,
    )


def _fit_table(results: VariedResults) -> Table:
    """Return the curves along each numeric axis, or why there is none."""
    heads = ["Small values", "Large values", "Half-way", "Threshold", "All from", "All up to"]
    lines = []
    for row in results.along:
        number, held = results.varied.numbers[row.number], (row.held_from, row.held_to)
        line = [_line(row, number), label(row.treatment, results.labels)]
        line += [NOTHING if x is None else signed(x, number) for x in (row.start, row.end)]
        line += [_place(row, "half"), _place(row, "crossing")]
        line += [NOTHING if x is None else value_text(x) for x in held]
        lines.append([*line, row.note])
    return Table(
        names.FITS,
        "Curves along an axis",
        "A Hill curve of four parameters, fitted by least squares to the numbers of all seeds, "
        "with 95 % intervals from resampled seeds: its plateaus at small and at large values, the "
        "value half-way between them (the ED50 of a dose, the cliff of a severity), and the value "
        "at which it crosses the relapse threshold. No seed is below the threshold from the value "
        "in “All from” on, or up to the value in “All up to”. If there is no curve, the remark "
        "says why.",
        columns(("Number", "Treatment"), [*heads, "Remark"]),
        in_blocks(lines),
        rows_of(Along, results.along),
        empty="This study has no numeric axis.",
    )


def variant_table(results: VariedResults) -> Table:
    """Return each variant against the first, number by number."""
    lines = []
    for row in results.variants:
        number = results.varied.numbers[row.number]
        means = (signed(each, number) for each in (row.mean, row.mean_base))
        difference = wording.with_ends(signed(row.difference, number), row, number)
        who = label(row.treatment, results.labels)
        lines.append([_line(row, number), who, row.variant, row.base, *means, difference])
    return Table(
        names.VARIANTS,
        "Variants against the first",
        "Means over the seeds that have both, and their difference within seeds with its 95 % "
        "interval over the seeds.",
        columns(
            ("Number", "Treatment", "Variant", "First"), ("Mean", "Mean of the first", "Difference")
        ),
        in_blocks(lines),
        rows_of(Variant, results.variants),
        empty="This study has no named variants.",
    )


def _line(row: Along | Variant, number: Number) -> str:
    others = f", {row.others}" if row.others else ""
    return f"{number.at_level(row.level)} along {row.axis}{others}"


def _place(row: Along, name: str) -> str:
    """Return a place on an axis with its interval in brackets, a dash where there is none."""
    at, low, high = (getattr(row, name + end) for end in ("", "_low", "_high"))
    if at is None:
        return NOTHING
    return f"{at:.3g}" if low is None else f"{at:.3g} ({low:.3g} to {high:.3g})"
