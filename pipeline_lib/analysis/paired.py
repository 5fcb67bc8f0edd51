"""Treatments compared on the same seeds.

All treatments of a seed start from the same pruned network and are tested on the same points, so
treatments are compared by their difference within each seed. Seeds that lack one of the two are
left out. The test is the sign-flip permutation test of a mean difference of 0: if two treatments
did not differ, each seed's difference could just as well have the opposite sign. It does not assume
a normal distribution, which accuracies near 100 per cent do not have.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from pipeline_lib.analysis.intervals import BATCH, mean_intervals, mean_on_grid, on_grid
from pipeline_lib.analysis.values import by_key
from pipeline_lib.analysis.welch import holm
from pipeline_lib.measures import Value
from pipeline_lib.model.randomness import numpy_generator
from pipeline_lib.names import HEALTHY, ON, UNTREATED
from pipeline_lib.numbers import Number

# With up to this many seeds all 2^n sign patterns are tried (at most 65 536); with more seeds,
# that many are drawn.
EXACT_UP_TO = 16
DRAWS = 9999


@dataclass(frozen=True)
class Pair:
    """Two treatments compared on a number, in its unit, over the `n` seeds that have both.

    `difference` is the mean of `treatment` minus that of `other`, `sd` is the population SD of the
    seeds' differences, and the interval is from `mean_intervals`. `p` is two-sided, and
    `p_smallest` is the smallest p that the test can give with n seeds. `p_holm` is corrected by
    Holm's procedure over all pairs of a study, `p_holm_number` over the pairs of this number and
    level. `hedges_g` and `superiority` (in per cent) are effect sizes; see the functions of these
    names. A field is None if one seed is too few for it, and `note` says what is missing.
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
    p_smallest: float | None
    p_holm: float | None
    p_holm_number: float | None
    test: str
    hedges_g: float | None
    superiority: float
    note: str

    def mirrored(self) -> Pair:
        """Return the pair in the other direction."""
        return replace(
            self,
            treatment=self.other,
            other=self.treatment,
            mean=self.mean_other,
            mean_other=self.mean,
            difference=-self.difference,
            ci_low=_negative(self.ci_high),
            ci_high=_negative(self.ci_low),
            hedges_g=_negative(self.hedges_g),
            superiority=100.0 - self.superiority,
        )


class SignFlip(NamedTuple):
    """A permutation test: its p-value, the smallest p that it can give, and the method."""

    p: float | None
    p_smallest: float | None
    test: str


def compare_treatments(values: Iterable[Value], numbers: Mapping[str, Number]) -> list[Pair]:
    """Compare every two treatments, and each with the untreated network, on every number.

    The numbers are those that are `compared`, with the modulation on and at all levels except 0.
    They keep the order of the values. The untreated network comes last in a pair, so the difference
    from it is the treatment's gain.
    """
    matched = _matched(values, numbers)
    differences = [ours - theirs for ours, theirs in matched.values()]
    intervals = mean_intervals([difference.tolist() for difference in differences])
    tests = sign_flip_tests(differences)
    p_values = [test.p for test in tests]
    p_holm = _corrected(p_values, [None] * len(tests))
    p_holm_number = _corrected(p_values, [place[2:] for place in matched])
    pairs = []
    for index, (place, (ours, theirs)) in enumerate(matched.items()):
        difference, interval, test = differences[index], intervals[index], tests[index]
        g, why_none = hedges_g(difference)
        pairs.append(
            Pair(
                *place,
                len(ours),
                float(np.mean(ours)),
                float(np.mean(theirs)),
                # Remove the floating-point error that makes equal differences unequal.
                float(np.round(np.mean(difference), 9)),
                float(np.round(np.std(difference), 9)),
                *interval[:3],
                p=test.p,
                p_smallest=test.p_smallest,
                p_holm=p_holm[index],
                p_holm_number=p_holm_number[index],
                test=test.test,
                hedges_g=g,
                superiority=100.0 * superiority(difference),
                note=why_none or interval.note,
            )
        )
    return pairs


def sign_flip_tests(differences: Sequence[np.ndarray]) -> list[SignFlip]:
    """Test for each sample of differences, one per seed, whether its mean is 0, two-sided.

    For up to `EXACT_UP_TO` seeds the test is exact, over all 2^n sign patterns. For more it uses
    `DRAWS` random patterns and counts the observed one among them (Phipson and Smyth 2010), so p is
    never 0. All samples of one size get the same patterns, so a p-value depends only on its sample.
    If all differences are 0, p is 1. One seed allows no test.
    """
    found = [SignFlip(None, None, "none")] * len(differences)
    by_size: dict[int, list[int]] = {}
    for index, sample in enumerate(differences):
        if len(sample) > 1:
            by_size.setdefault(len(sample), []).append(index)
    for n, indices in by_size.items():
        exact = n <= EXACT_UP_TO
        result = stats.permutation_test(
            (np.stack([differences[index] for index in indices]),),
            mean_on_grid,
            permutation_type="samples",  # with a single sample, scipy flips the signs
            axis=-1,
            n_resamples=2**n if exact else DRAWS,
            batch=BATCH,
            rng=numpy_generator(0, "sign flips over seeds", n),
        )
        smallest = 2 / 2**n if exact else 2 / (DRAWS + 1)
        name = "sign-flip, exact" if exact else f"sign-flip, {DRAWS} draws"
        for index, p in zip(indices, result.pvalue.tolist(), strict=True):
            found[index] = SignFlip(p, smallest, name)
    return found


def hedges_g(difference: np.ndarray) -> tuple[float | None, str]:
    """Return Hedges' g of paired samples, or None and the reason why there is none.

    It is Cohen's d_z, the mean difference over the sample SD of the differences, times the exact
    correction J(n - 1) for its bias, which is 0.91 for ten seeds. It is 0 if all differences are 0.
    It does not exist if all differences are equal but not 0, or with fewer than three seeds, since
    J is 0 for two.
    """
    freedom = len(difference) - 1
    if freedom < 1:
        return None, "one seed: no interval, no test, no Hedges' g"
    if np.ptp(on_grid(difference)) == 0:
        if on_grid(difference)[0] == 0:
            return 0.0, ""
        return None, "all seeds differ by the same, so Hedges' g has no finite value"
    if freedom < 2:
        return None, "two seeds: Hedges' g has no unbiased value"
    log_ratio = special.gammaln(freedom / 2) - special.gammaln((freedom - 1) / 2)
    correction = math.exp(log_ratio) * math.sqrt(2 / freedom)
    return float(correction * np.mean(difference) / np.std(difference, ddof=1)), ""


def superiority(difference: np.ndarray) -> float:
    """Return the probability of superiority: the fraction of seeds whose difference is above 0.

    Ties count half. It is the common-language effect size of paired samples: how often the first
    treatment has the larger number, 0.5 if neither is ahead. Unlike g, it exists without scatter
    and stays bounded where the SD is tiny, as it is near 100 per cent.
    """
    return float(np.mean((np.sign(on_grid(difference)) + 1) / 2))


def _matched(
    values: Iterable[Value], numbers: Mapping[str, Number]
) -> dict[tuple[str, str, str, float | None], np.ndarray]:
    """Return the numbers (2, seeds) of both treatments of each pair, in seeds that both have."""
    names = {number.name for number in numbers.values() if number.compared}
    found: dict[tuple[str, float | None], dict[str, dict[int, float]]] = {}
    for key, by_seed in by_key(value for value in values if value.number in names).items():
        measured_once = key.modulation == ON and key.cycle is None and key.level != 0
        if measured_once and key.treatment != HEALTHY:
            of_number = found.setdefault((key.number, key.level), {})
            of_number[key.treatment] = dict(zip(*by_seed, strict=True))
    matched = {}
    for place, of_number in found.items():
        order = sorted(of_number.items(), key=lambda item: item[0] == UNTREATED)
        for (first, ours), (second, theirs) in itertools.combinations(order, 2):
            if both := [(ours[seed], theirs[seed]) for seed in ours if seed in theirs]:
                # Both sides must be contiguous, or numpy would add them in a different order.
                matched[first, second, *place] = np.array(list(zip(*both, strict=True)))
    return matched


def _corrected(
    p_values: Sequence[float | None], families: Sequence[Hashable]
) -> list[float | None]:
    """Return Holm-corrected p-values, each corrected within its family."""
    tested: dict[Hashable, dict[int, float]] = {}
    corrected: list[float | None] = [None] * len(p_values)
    for index, (p, family) in enumerate(zip(p_values, families, strict=True)):
        if p is not None:
            tested.setdefault(family, {})[index] = p
    for members in tested.values():
        for index, p in zip(members, holm(list(members.values())), strict=True):
            corrected[index] = p
    return corrected


def _negative(number: float | None) -> float | None:
    return None if number is None else -number
