"""How readers see numbers and names, in tables and within sentences."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline_lib.analysis.cells import Cell, Statistics
from pipeline_lib.analysis.intervals import EQUAL
from pipeline_lib.analysis.paired import Pair
from pipeline_lib.analysis.published import printed
from pipeline_lib.analysis.survival import RelapseCount
from pipeline_lib.analysis.variants import Variant
from pipeline_lib.names import ON
from pipeline_lib.numbers import CYCLES, PER_CENT, PLAIN, Number
from pipeline_lib.reporting.typesetting import EN_DASH, MINUS, NOTHING, PLUS_MINUS

OURS, PUBLISHED = "this study", "published"


WithInterval = Cell | Pair | RelapseCount | Variant


def heading(number: Number, level: float | None = None, modulation: str = ON) -> str:
    """Return what readers call a number, at a level of its series if it has one."""
    text = number.heading if level is None else f"{number.heading} = {level}"
    return text if modulation == ON else f"{text}, off"


def signed(value: float, number: Number | None = None) -> str:
    """Return a value of a number as printed, with a typographer's minus.

    What is no number of a measure has one decimal.
    """
    return printed(value, number.decimals if number else 1).replace("-", MINUS)


def shown(found: Statistics, number: Number, *, extremes: bool = False) -> str:
    """Return mean ± SD, lowest to highest, or a count of the seeds, as a table shows it.

    One seed has no SD, so its value stands alone; a number that is not there is a dash.
    """
    if found.count is not None:
        return f"{found.count}" + ("" if found.n is None else f" of {found.n}")
    first, second = (found.min, found.max) if extremes else (found.mean, found.sd)
    if first is None:
        return NOTHING
    if second is None or (found.n == 1 and not extremes):
        return signed(first, number)
    between = EN_DASH if extremes else f" {PLUS_MINUS} "
    return f"{signed(first, number)}{between}{signed(second, number)}"


def of_a_seed(value: float, number: Number) -> str:
    """Return the value of a single seed; cycles are whole."""
    return f"{value:.0f}" if number.unit == CYCLES else signed(value, number)


def own_units(numbers: Iterable[Number]) -> str:
    """Return what to add to "in per cent" where some numbers are in units of their own."""
    names = dict.fromkeys(number.heading.lower() for number in numbers if number.unit == PLAIN)
    whose = "its own unit" if len(names) == 1 else "units of their own"
    return f" ({listed(names)} in {whose})" if names else ""


def mean(cell: Cell, number: Number) -> str:
    """Return a mean with its unit, and with its interval in brackets if it has one."""
    return estimate(cell.mean, cell, number, number.unit)


def estimate(value: float, of: WithInterval, number: Number, unit: str) -> str:
    """Return an estimate with its unit, and with its interval in brackets if it has one."""
    if of.method == EQUAL:
        return f"{signed(value, number)}{unit} (in every seed)"
    return with_ends(f"{signed(value, number)}{unit}", of, number)


def with_ends(text: str, of: WithInterval, number: Number | None = None) -> str:
    """Return a number's text with its interval in brackets, if it has one."""
    interval = ends(of, number)
    return text if interval == NOTHING else f"{text} ({interval})"


def ends(of: WithInterval, number: Number | None = None) -> str:
    """Return the ends of an interval, a dash where there is none."""
    if of.ci_low is None or of.ci_high is None:
        return NOTHING
    return f"{signed(of.ci_low, number)} to {signed(of.ci_high, number)}"


def share(fraction: float) -> str:
    """Return a fraction in per cent, with as many digits as it has."""
    return f"{round(100.0 * fraction, 9):g}{PER_CENT}"


def p_value(p: float | None) -> str:
    """Return a p-value as a table shows it, a dash where there is none."""
    if p is None:
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_equals(p: float | None) -> str:
    """Return a p-value as a sentence says it."""
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def listed(names: Iterable[str]) -> str:
    """Return names as English lists them: "a, b and c"."""
    *others, last = list(names)
    return f"{', '.join(others)} and {last}" if others else last


def plural(count: int, noun: str) -> str:
    """Return a number of things."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
