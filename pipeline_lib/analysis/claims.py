"""What a study set out to show, held against its numbers: each claim holds or does not.

A claim says that a treatment does better than another on one number, as an abstract does. It is
judged by the difference within seeds, its interval and a test, since a difference can be certain
and still be too small to matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline_lib.analysis.intervals import ALPHA, EQUAL, FEWEST, difference_interval
from pipeline_lib.analysis.permutation import differences_of, sign_flip_tests
from pipeline_lib.analysis.values import BySeed, Series, of_all, of_two
from pipeline_lib.numbers import PER_CENT, POINTS, Key, Number, Numbers

# Percentage points. Differences that are smaller are too small to matter, however small their p:
# at 97 per cent of 4000 test points, one network's accuracy alone has a standard error of 0.3.
MARGIN = 2.0

HOLDS, TOO_SMALL, UNDECIDED, REVERSED = "holds", "too small to matter", "undecided", "reversed"


@dataclass(frozen=True)
class Judged:
    """A claim about two treatments, over the `n` seeds that have both.

    Numbers are in the number's own unit; a share of seeds is in per cent. `verdict` is `HOLDS` or
    `REVERSED` if p is significant and the whole interval is on one side of 0, but `TOO_SMALL` if
    the interval is within `MARGIN` of 0, and `UNDECIDED` otherwise.
    """

    number: str
    level: float | None
    better: str
    than: str
    n: int
    mean: float
    mean_than: float
    difference: float
    ci_low: float | None
    ci_high: float | None
    method: str
    p: float | None
    verdict: str


def judge(claims: Iterable[Mapping[str, Any]], series: Series, numbers: Numbers) -> list[Judged]:
    """Return each claim about each two treatments; those that no seed has both of are left out.

    A claim says that `better` does better than each of the list `than` on a `number`; of a series,
    at its strongest.
    """
    found: list[tuple[Key, str, tuple[BySeed, BySeed]]] = []
    for claim in claims:
        name = claim["number"]
        levels = [key.level for key in series if key.number == name and key.level]
        ours = Key(claim["better"], name, level=max(levels, default=None))
        for than in claim["than"]:
            if both := of_two(series, ours, than):
                found.append((ours, than, both))
    differences = differences_of([both for *_, both in found])
    _, [p] = sign_flip_tests(differences, [range(len(found))])
    return [
        _judged(key, than, of_all(both), numbers[key.number], p.get(at))
        for at, (key, than, both) in enumerate(found)
    ]


def _judged(key: Key, than: str, both: np.ndarray, number: Number, p: float | None) -> Judged:
    """Judge a claim by what both treatments (seeds, 2) have."""
    ours, theirs = (100.0 if number.share else 1.0) * both.T
    interval = difference_interval(ours, theirs, number.share, number.limits_of_difference)
    difference = float(np.round(np.mean(ours - theirs), 9))
    low, high, method, _ = interval
    if method == EQUAL and len(both) >= FEWEST:
        low = high = difference
    place = (number.name, key.level, key.treatment, than, len(both))
    means = (float(np.mean(ours)), float(np.mean(theirs)), difference)
    return Judged(*place, *means, *interval[:3], p, _verdict(number, low, high, p))


def _verdict(number: Number, low: float | None, high: float | None, p: float | None) -> str:
    if low is None or high is None or p is None:
        return UNDECIDED
    if small(number, low, high):
        return TOO_SMALL
    if number.better == "less":
        low, high = -high, -low
    if p < ALPHA and low > 0:
        return HOLDS
    return REVERSED if p < ALPHA and high < 0 else UNDECIDED


def small(number: Number, *differences: float | None) -> bool:
    """Tell whether differences of a number are all there and within the margin."""
    comparable = number.unit in (PER_CENT, POINTS)
    return comparable and all(each is not None and abs(each) <= MARGIN for each in differences)
