"""Permutation tests of the numbers of seeds, each number alone and many corrected together.

If two treatments are alike, the difference of each seed could as well have the other sign. If two
studies draw their seeds from the same population, each seed could as well have come from the other
study. A test compares what was found with what all signs, or exchanges of seeds, would give; it
assumes no normal distribution, which accuracies near 100 per cent do not have. All numbers of a
seed are flipped or exchanged at once, so the family-wise error is controlled under whatever
dependence they have: this is the step-down max-T procedure of Westfall and Young (1993, algorithm
2.8). Unlike Holm's it loses little by numbers that are correlated, of which ten that say the same
count as one, and its smallest p does not grow with the family.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy

from pipeline_lib.analysis.intervals import SAME
from pipeline_lib.analysis.values import BySeed
from pipeline_lib.model.randomness import numpy_generator

# Up to this many seeds all signs are tried: fewer than would be drawn, since opposite signs agree.
EXACT_UP_TO = 17
# Beyond, this many are drawn. The smallest p is 1e-5, which even Bonferroni's correction of a
# thousand tests leaves at 0.01, and a p near 0.05 has a standard error of 0.0007.
DRAWS = 99_999
BATCH = 4096  # signs in memory at once; no result depends on it
EXCHANGES = 9999  # of seeds between two studies
TIE = 1e-9  # relative: equal sums of accuracies differ by rounding, unequal ones by far more

Families = Sequence[Sequence[int]]  # each the indices of its samples
Corrected = list[dict[int, float]]  # the corrected p of each sample of a family, by its index


def differences_of(samples: Collection[tuple[BySeed, BySeed]]) -> np.ndarray:
    """Return the differences (seeds, samples) within seeds, NaN where one side lacks a seed."""
    seeds = sorted({seed for ours, theirs in samples for seed in ours.keys() & theirs.keys()})
    nan = math.nan
    found = [[ours.get(s, nan) - theirs.get(s, nan) for ours, theirs in samples] for s in seeds]
    return np.array(found).reshape(len(seeds), len(samples))


def sign_flip_tests(
    differences: np.ndarray, families: Families = ()
) -> tuple[np.ndarray, Corrected]:
    """Test for every sample whether its mean is 0, two-sided, alone and within families.

    `differences` (seeds, samples) has NaN where a sample lacks a seed; samples of one seed are left
    out of the families. Returns the p-values (samples,), and those of each family, corrected. Exact
    for up to `EXACT_UP_TO` seeds; above, the signs that were found count among the drawn ones
    (Phipson and Smyth 2010), so p is never 0. Where all differences are 0, p is 1.
    """
    sizes = np.isfinite(differences).sum(axis=0)
    families = [[at for at in family if sizes[at] > 1] for family in families]
    unit = np.nan_to_num(differences)
    norm = np.sqrt(np.sum(unit**2, axis=0))
    # Under random signs each column's sum has a variance of 1, however many seeds it has.
    unit = np.divide(unit, norm, out=np.zeros_like(unit), where=norm > TIE)
    drawn = (np.abs(signs @ unit) for signs in _signs(len(unit)))
    return step_down(np.abs(unit.sum(axis=0)), drawn, families)


def step_down(
    found: np.ndarray, drawn: Iterable[np.ndarray], families: Families
) -> tuple[np.ndarray, Corrected]:
    """Return the p of each statistic (samples,), alone and corrected within families.

    Statistics are compared by size with those that chance gives, batches (n, samples) of `drawn`.
    """
    least = found * (1 - TIE) - TIE
    # From the smallest statistic to the largest: each is compared with the largest up to itself.
    orders = [np.array(sorted(family, key=found.__getitem__), dtype=int) for family in families]
    alone, total = np.zeros(len(found)), 0
    counts = [np.zeros(len(order)) for order in orders]
    for sizes in drawn:
        alone += np.count_nonzero(sizes >= least, axis=0)
        for count, order in zip(counts, orders, strict=True):
            largest = np.maximum.accumulate(sizes[:, order], axis=1)
            count += np.count_nonzero(largest >= least[order], axis=0)
        total += len(sizes)
    corrected = []
    for order, count in zip(orders, counts, strict=True):
        p = np.maximum.accumulate(count[::-1] / total)[::-1]  # none below a larger statistic's
        corrected.append(dict(zip(order.tolist(), p.tolist(), strict=True)))
    return alone / total, corrected


def test_name(n: int) -> str:
    """Return how the test of n seeds is done."""
    return "sign-flip, exact" if n <= EXACT_UP_TO else f"sign-flip, {DRAWS} draws"


def smallest_p(n: int) -> float:
    """Return the smallest p that n seeds can give, corrected or not."""
    return 1 / 2 ** (n - 1) if n <= EXACT_UP_TO else 1 / (DRAWS + 1)


class Permuted(NamedTuple):
    """The result of a permutation test for each of k numbers, and for all of them together."""

    p: np.ndarray  # (k,), two-sided and uncorrected
    p_joint: np.ndarray  # (k,), corrected; the smallest tests whether any number differs
    # Of the mean of the standardised differences, which finds many small ones in one direction even
    # if none of them stands out.
    p_directional: float
    # The level of a single Student's t test that needs as large a difference as the largest of all
    # numbers does at alpha; None if there are too few seeds to show anything.
    alpha_of_one: float | None


def compare_samples(
    ours: np.ndarray, theirs: np.ndarray, better: np.ndarray, alpha: float
) -> Permuted:
    """Compare two samples of seeds, (n, k) and (m, k), none of whose k numbers is constant.

    The statistic of a number is the difference of its means divided by the SD of both samples
    together, which ranks permutations in the same order as Student's t. `better` (k,) is 1 for a
    number that is better if larger, -1 if smaller, and 0 for neither. The observed arrangement is
    counted among the draws (Phipson and Smyth 2010), so p is never 0.
    """
    n, m = len(ours), len(theirs)
    both = np.concatenate([ours, theirs])
    standard = (both - both.mean(axis=0)) / both.std(axis=0)
    generator = numpy_generator(0, "seeds of two samples", n, m)
    drawn = generator.random((EXCHANGES, n + m)).argsort(axis=1) < n
    is_ours = np.concatenate([np.arange(n + m)[None] < n, drawn])
    # The difference of the means, scaled to the correlation of the number with the study that the
    # seed belongs to. Each column sums to 0, so the sum over our seeds is enough.
    found = (is_ours @ standard) / math.sqrt(n * m)
    sizes, score = np.abs(found), np.abs(found @ better)
    p, [p_joint] = step_down(sizes[0], [sizes], [range(len(better))])
    return Permuted(
        p,
        np.array([p_joint[number] for number in range(len(better))]),
        float(np.mean(score >= score[0] - SAME)),
        _alpha_of_one(sizes.max(axis=1), n + m, alpha),
    )


def _signs(n: int) -> Iterator[np.ndarray]:
    """Yield signs (up to `BATCH`, n): all, but for those opposite to others, or drawn ones."""
    if n <= EXACT_UP_TO:
        for start in range(0, 2**n // 2, BATCH):
            numbers = np.arange(start, min(start + BATCH, 2**n // 2))
            yield 1.0 - 2.0 * (numbers[:, None] >> np.arange(n) & 1)
        return
    rng = numpy_generator(0, "sign flips over seeds", n)
    yield np.ones((1, n))
    for start in range(0, DRAWS, BATCH):
        yield 1.0 - 2.0 * rng.integers(0, 2, (min(BATCH, DRAWS - start), n))


def _alpha_of_one(largest: np.ndarray, seeds: int, alpha: float) -> float | None:
    descending = np.sort(largest)[::-1]
    limit = descending[math.ceil(alpha * len(largest)) - 1]  # larger statistics have p < alpha
    if limit >= descending[0] - SAME:
        return None
    freedom = seeds - 2
    t = limit * math.sqrt(freedom / (1 - limit**2))
    return float(2 * scipy.stats.t.sf(t, freedom))
