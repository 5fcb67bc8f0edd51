"""The tables of a study with axes: its numbers by scenario, the fitted curves, the variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline_lib.analysis.along import Along
from pipeline_lib.analysis.cells import Statistics
from pipeline_lib.analysis.claims import Judged
from pipeline_lib.analysis.varied import Variant, Varied
from pipeline_lib.names import FITS, RELAPSED, SCENARIOS, VARIANTS, label
from pipeline_lib.numbers import Key, Number, value_text
from pipeline_lib.reporting.claims import claim_table
from pipeline_lib.reporting.typesetting import (
    NOTHING,
    PLUS_MINUS,
    Table,
    columns,
    in_blocks,
    rows_of,
)
from pipeline_lib.reporting.wording import shown, signed, with_ends


def varied_tables(
    varied: Varied,
    along: Sequence[Along],
    variants: Sequence[Variant],
    claims: Sequence[Sequence[Judged]],
    labels: Mapping[str, str],
) -> list[Table]:
    """Return the tables of a study with axes; `labels` has its treatments for readers.

    `claims` has those of each scenario.
    """
    numbers = varied.numbers
    held = claim_table(claims, varied.scenarios, numbers, labels)
    others = fit_table(along, numbers, labels), variant_table(variants, numbers, labels)
    return [held, scenario_table(varied, labels), *others]


def scenario_table(varied: Varied, labels: Mapping[str, str]) -> Table:
    """Return the numbers of the summary, a row for each scenario and treatment."""
    keys, blocks = varied.summary(), []
    ends = ("ci_low", "ci_high")
    data: list[Sequence[object]] = [
        [*varied.axes, *Key._fields, "label", *Statistics._fields, *ends]
    ]
    relapses = any(key.number == RELAPSED for key in keys)
    for axes, cells in zip(varied.scenarios, varied.cells, strict=True):
        block = []
        for treatment in varied.treatments:
            name = label(treatment, labels)
            line = [*map(value_text, axes.values()), name]
            for key in keys:
                cell = cells.get(key._replace(treatment=treatment))
                found = cell.statistics if cell else Statistics()
                line.append(shown(found, varied.numbers[key.number]))
                if cell:
                    data.append(
                        [*axes.values(), *cell.key, name, *found, cell.ci_low, cell.ci_high]
                    )
            block.append(line)
        blocks.append(block)
    heads = [varied.numbers[key.number].at_level(key.level) for key in keys]
    return Table(
        SCENARIOS,
        "The study's numbers by scenario",
        "Accuracies and shares in per cent, drops in percentage points; mean "
        f"{PLUS_MINUS} population SD over the seeds. Only the strongest noise level is shown."
        + (" Seeds that relapsed at any cycle are counted." if relapses else ""),
        columns([*varied.axes, "Treatment"], heads),
        blocks,
        data,
    )


def fit_table(
    along: Sequence[Along], numbers: Mapping[str, Number], labels: Mapping[str, str]
) -> Table:
    """Return the curves along each numeric axis, or why there is none."""
    heads = ["Small values", "Large values", "Half-way", "Threshold", "All from", "All up to"]
    lines = []
    for row in along:
        number, held = numbers[row.number], (row.held_from, row.held_to)
        line = [_block(row, number), label(row.treatment, labels)]
        line += [NOTHING if x is None else signed(x, number) for x in (row.start, row.end)]
        line += [place(row.half, row.half_low, row.half_high)]
        line += [place(row.crossing, row.crossing_low, row.crossing_high)]
        line += [NOTHING if x is None else value_text(x) for x in held]
        lines.append([*line, row.note])
    return Table(
        FITS,
        "Curves along an axis",
        "A Hill curve of four parameters, fitted by least squares to the numbers of all seeds, "
        "with 95 % intervals from resampled seeds: its plateaus at small and at large values, the "
        "value half-way between them (the ED50 of a dose, the cliff of a severity), and the value "
        "at which it crosses the relapse threshold. No seed is below the threshold from the value "
        "in “All from” on, or up to the value in “All up to”. If there is no curve, the remark "
        "says why.",
        columns(("Number", "Treatment"), [*heads, "Remark"]),
        in_blocks(lines),
        rows_of(Along, along),
        empty="This study has no numeric axis.",
    )


def variant_table(
    variants: Sequence[Variant], numbers: Mapping[str, Number], labels: Mapping[str, str]
) -> Table:
    """Return each variant against the first, number by number."""
    lines = []
    for row in variants:
        number = numbers[row.number]
        means = (signed(each, number) for each in (row.mean, row.mean_base))
        difference = with_ends(signed(row.difference, number), row, number)
        names = [_block(row, number), label(row.treatment, labels), row.variant, row.base]
        lines.append([*names, *means, difference])
    return Table(
        VARIANTS,
        "Variants against the first",
        "Means over the seeds that have both, and their difference within seeds with its 95 % "
        "interval over the seeds.",
        columns(
            ("Number", "Treatment", "Variant", "First"), ("Mean", "Mean of the first", "Difference")
        ),
        in_blocks(lines),
        rows_of(Variant, variants),
        empty="This study has no named variants.",
    )


def place(at: float | None, low: float | None, high: float | None) -> str:
    """Return a place on an axis with its interval in brackets, a dash where there is none."""
    if at is None:
        return NOTHING
    return f"{at:.3g}" if low is None else f"{at:.3g} ({low:.3g} to {high:.3g})"


def _block(row: Along | Variant, number: Number) -> str:
    others = f", {row.others}" if row.others else ""
    return f"{number.at_level(row.level)} along {row.axis}{others}"
