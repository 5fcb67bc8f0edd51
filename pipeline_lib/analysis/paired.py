"""Treatments compared on the same seeds.

All treatments of a seed start from one pruned network and are tested on the same points, so what
is compared is the difference within each seed; seeds without one of the two are left out. The
tests, and how they are corrected for their number, are those of `analysis.permutation`.
"""

import itertools
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import scipy

from pipeline_lib.analysis.intervals import ALPHA, SAME, mean_interval, mirrored
from pipeline_lib.analysis.permutation import differences_of, sign_flip_tests, smallest_p, test_name
from pipeline_lib.analysis.power import seeds_for_difference
from pipeline_lib.analysis.values import BySeed, by_key, of_all, of_two
from pipeline_lib.measures import Value
from pipeline_lib.names import HEALTHY, ON, UNTREATED, WITHDRAWN
from pipeline_lib.numbers import Key, Numbers

# With fewer seeds no sign-flip test can have p < ALPHA.
FEWEST_TESTED = next(n for n in itertools.count(2) if smallest_p(n) < ALPHA)
Matched = tuple[str, str, str, float | None]  # two treatments, a number and its level
ORDER = ("", UNTREATED, HEALTHY)  # in a pair: treatments come first


@dataclass(frozen=True)
class Pair:
    """A number of two treatments, in its own unit, over the `n` seeds that have both.

    `other` may be a state, or `withdrawn`: the treatment with its modulation off. `p_planned` is
    None if the pair is not among the study's contrasts. Elsewhere None is what few seeds do not
    give, and `note` says what a pair lacks.
    """

    treatment: str
    other: str
    number: str
    level: float | None
    n: int
    mean: float
    mean_other: float
    difference: float
    sd: float
    ci_low: float | None
    ci_high: float | None
    method: str
    p: float | None
    p_planned: float | None
    p_all: float | None
    test: str
    seeds_needed: int | None
    g_z: float | None
    superiority: float
    note: str

    def mirrored(self) -> Self:
        """Return the pair in the other direction."""
        low, high = mirrored(self.ci_low, self.ci_high)
        return replace(
            self,
            treatment=self.other,
            other=self.treatment,
            mean=self.mean_other,
            mean_other=self.mean,
            difference=-self.difference,
            ci_low=low,
            ci_high=high,
            g_z=None if self.g_z is None else -self.g_z,
            superiority=100.0 - self.superiority,
        )


def compare_treatments(
    values: Iterable[Value], numbers: Numbers, contrasts: Collection[tuple[str, str]]
) -> list[Pair]:
    """Compare every two treatments and states, and each treatment with itself withdrawn.

    The numbers are those that are `compared`, at any level but 0, in the order of the values.
    `contrasts` are the pairs that the study was made for; they have its direction. In other pairs
    the untreated and the healthy network come last, so that a difference is a treatment's gain.
    """
    matched = _matched(values, numbers, contrasts)
    differences = differences_of(matched.values())
    planned = [at for at, place in enumerate(matched) if place[:2] in contrasts]
    families = planned, range(len(matched))
    alone, (p_planned, p_all) = sign_flip_tests(differences, families)
    pairs = []
    for at, (place, both) in enumerate(matched.items()):
        ours, theirs = of_all(both).T
        difference = ours - theirs
        interval = mean_interval(difference, numbers[place[2]].limits_of_difference)
        means = (float(np.mean(ours)), float(np.mean(theirs)))
        # Without what the subtraction of floats adds to equal differences.
        spread = (float(np.round(np.mean(difference), 9)), float(np.round(np.std(difference), 9)))
        tested, (g, why_none) = at in p_all, g_z(difference)
        p = (float(alone[at]) if tested else None, p_planned.get(at), p_all.get(at))
        test = test_name(len(differences)) if tested else "none"
        size = (_seeds_needed(difference), g, 100.0 * superiority(difference))
        found = (*place, len(ours), *means, *spread, *interval[:3], *p, test, *size)
        pairs.append(Pair(*found, interval.note or why_none))
    return pairs


def g_z(difference: np.ndarray) -> tuple[float | None, str]:
    """Return the standardised mean difference of paired samples, and why there is none, if so.

    It is Cohen's d_z, the mean difference over the sample SD of the differences, times the exact
    correction J(n - 1) for its bias, which is 0.91 at ten seeds and 0 at two. It is not the g of
    independent groups, which divides by the SD within the groups.
    """
    freedom = len(difference) - 1
    if freedom < 1:
        return None, "one seed has no effect size"
    if np.ptp(difference) <= SAME:
        if abs(difference[0]) <= SAME:
            return 0.0, ""
        return None, "all seeds differ by the same, so g_z has no finite value"
    if freedom < 2:
        return None, "two seeds have no unbiased g_z"
    log_ratio = scipy.special.gammaln(freedom / 2) - scipy.special.gammaln((freedom - 1) / 2)
    correction = math.exp(log_ratio) * math.sqrt(2 / freedom)
    return float(correction * np.mean(difference) / np.std(difference, ddof=1)), ""


def superiority(difference: np.ndarray) -> float:
    """Return the probability of superiority, a fraction: of seeds whose difference is above 0.

    Ties count half. Unlike g_z it needs no scatter, and where the SD is tiny, as near 100 per cent,
    it does not grow without bound.
    """
    sign = np.sign(np.where(np.abs(difference) <= SAME, 0.0, difference))
    return float(np.mean((sign + 1) / 2))


def _seeds_needed(difference: np.ndarray) -> int | None:
    mean = float(np.mean(difference))
    if np.ptp(difference) <= SAME or abs(mean) <= SAME:
        return None
    needed = seeds_for_difference(mean, float(np.std(difference, ddof=1)))
    return needed and max(needed, FEWEST_TESTED)


def _matched(
    values: Iterable[Value], numbers: Numbers, contrasts: Collection[tuple[str, str]]
) -> dict[Matched, tuple[BySeed, BySeed]]:
    """Return the numbers of both treatments of each pair that any seed has."""
    names = {number.name for number in numbers.values() if number.compared}
    series = by_key(value for value in values if value.number in names)
    treatments: dict[tuple[str, float | None], list[str]] = {}
    for key in series:
        if key.modulation == ON and key.cycle is None and key.level != 0:
            treatments.setdefault((key.number, key.level), []).append(key.treatment)
    matched = {}
    for (number, level), names_of in treatments.items():
        order = sorted(names_of, key=lambda who: ORDER.index(who) if who in ORDER else 0)
        couples = [
            (second, first) if (second, first) in contrasts else (first, second)
            for first, second in itertools.combinations(order, 2)
        ]
        for first, second in [*couples, *((who, WITHDRAWN) for who in order)]:
            if both := of_two(series, Key(first, number, level=level), second):
                matched[first, second, number, level] = both
    return matched
