"""Numbers and names as readers see them, in tables and in sentences."""

from collections.abc import Iterable
from dataclasses import replace

from pipeline_lib.analysis.cells import Cell, Statistics
from pipeline_lib.analysis.claims import Judged
from pipeline_lib.analysis.intervals import EQUAL, might_differ, mirrored
from pipeline_lib.analysis.paired import Pair
from pipeline_lib.analysis.predictors import Association
from pipeline_lib.analysis.varied import Variant
from pipeline_lib.numbers import CYCLES, PER_CENT, PLAIN, POINTS, Number, printed
from pipeline_lib.reporting.typesetting import EN_DASH, MINUS, NOTHING

OURS, PUBLISHED = "this study", "published"

WithInterval = Cell | Judged | Pair | Variant


def signed(value: float, number: Number | None = None, *, decimals: int = 1) -> str:
    """Return a value as printed, with a true minus sign; a `number` has decimals of its own."""
    return printed(value, number.decimals if number else decimals).replace("-", MINUS)


def shown(found: Statistics, number: Number, *, extremes: bool = False) -> str:
    """Return the mean ± SD, the range, or the count of seeds, as a table shows it.

    One seed has no SD, so only its value is shown; a missing number is a dash.
    """
    if found.count is not None:
        return f"{found.count}" + ("" if found.n is None else f" of {found.n}")
    first, second = (found.min, found.max) if extremes else (found.mean, found.sd)
    if first is None:
        return NOTHING
    if second is None or (found.n == 1 and not extremes):
        return signed(first, number)
    between = EN_DASH if extremes else " ± "
    return f"{signed(first, number)}{between}{signed(second, number)}"


def of_a_seed(value: float, number: Number) -> str:
    """Return the value of a single seed; cycles are printed as integers."""
    return f"{value:.0f}" if number.unit == CYCLES else signed(value, number)


def own_units(numbers: Iterable[Number]) -> str:
    """Return what to add to "in per cent" if some of the numbers have other units."""
    own = (number.heading.lower() for number in numbers if number.unit in (CYCLES, PLAIN))
    names = dict.fromkeys(own)
    whose = "its own unit" if len(names) == 1 else "units of their own"
    return f" ({listed(names)} in {whose})" if names else ""


def mean(cell: Cell, number: Number) -> str:
    """Return a mean with its unit, and with its interval in brackets if it has one."""
    return estimate(cell.mean, cell, number, number.unit)


def estimate(value: float, of: WithInterval, number: Number, unit: str) -> str:
    """Return an estimate with its unit and, in brackets, its interval or what replaces it."""
    if of.method == EQUAL:
        seeds = "both seeds" if of.n == 2 else f"all {of.n} seeds"
        others = f"among all possible seeds, up to {might_differ(of.n):.0f}{PER_CENT} may differ"
        return f"{signed(value, number)}{unit} (the same in {seeds}; {others})"
    return with_ends(f"{signed(value, number)}{unit}", of, number)


def size(of: Judged | Pair | Variant, number: Number, *, turned: bool | None = None) -> str:
    """Return a difference with its unit and interval, or the one in the other direction.

    Without `turned` it is the positive one of the two.
    """
    if of.difference <= 0 if turned is None else turned:
        low, high = mirrored(of.ci_low, of.ci_high)
        of = replace(of, difference=-of.difference, ci_low=low, ci_high=high)
    return estimate(of.difference, of, number, POINTS if number.unit == PER_CENT else number.unit)


def with_ends(text: str, of: WithInterval, number: Number | None = None) -> str:
    """Return a number's text with its interval in brackets, if it has one."""
    if of.method == EQUAL:
        return f"{text} (all equal)"
    interval = ends(of, number)
    return text if interval == NOTHING else f"{text} ({interval})"


def counted(cell: Cell, number: Number | None = None) -> str:
    """Return a count of the seeds, or the mean of a number, each with its interval if it has one.

    The interval of a count is that of the share, in per cent.
    """
    if cell.count is None:
        return with_ends(signed(cell.mean, number), cell, number)
    interval = "" if cell.n == 1 else f" ({ends(cell)}{PER_CENT})"
    return f"{cell.count} of {cell.n}{interval}"


def coefficient(value: float | None, of: Association | None = None) -> str:
    """Return a correlation or a score, and the interval of a correlation if it has one."""
    if value is None:
        return NOTHING
    text = signed(value, decimals=2)
    if of is None or of.ci_low is None or of.ci_high is None:
        return text
    return f"{text} ({signed(of.ci_low, decimals=2)} to {signed(of.ci_high, decimals=2)})"


def ends(of: WithInterval, number: Number | None = None) -> str:
    """Return the ends of an interval, a dash where there is none."""
    if of.ci_low is None or of.ci_high is None:
        return NOTHING
    return f"{signed(of.ci_low, number)} to {signed(of.ci_high, number)}"


def share(fraction: float | str) -> str:
    """Return a fraction in per cent, without trailing zeros; words if it is drawn for each seed."""
    if isinstance(fraction, str):
        return f"a part ({fraction})"
    return f"{round(100.0 * fraction, 9):g}{PER_CENT}"


def points(margin: float) -> str:
    """Return a number of percentage points."""
    return f"{margin:g} percentage point{'' if margin == 1 else 's'}"


def p_value(p: float | None) -> str:
    """Return a p-value as a table shows it, a dash where there is none."""
    if p is None:
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_equals(p: float | None) -> str:
    """Return a p-value as it appears in a sentence."""
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def listed(names: Iterable[str]) -> str:
    """Return names as a list in English: "a, b and c"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural unless the count is 1."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
