"""Sign-flip tests of many samples on the same seeds, corrected together.

If two treatments are alike, the difference of each seed could as well have the other sign. A test
compares the mean difference with what all signs would give; it assumes no normal distribution,
which accuracies near 100 per cent do not have. The signs of a seed are flipped in all samples at
once, so the family-wise error is controlled under whatever dependence the samples have: this is
the step-down max-T procedure of Westfall and Young (1993, algorithm 2.8). Unlike Holm's it loses
little by samples that are correlated, and its smallest p does not grow with the family.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np

from pipeline_lib.analysis.values import BySeed
from pipeline_lib.model.randomness import numpy_generator

# Up to this many seeds all signs are tried: fewer than would be drawn, since opposite signs agree.
EXACT_UP_TO = 17
# Beyond, this many are drawn. The smallest p is 1e-5, which even Bonferroni's correction of a
# thousand tests leaves at 0.01, and a p near 0.05 has a standard error of 0.0007.
DRAWS = 99_999
BATCH = 4096  # signs in memory at once; no result depends on it
TIE = 1e-9  # relative: equal sums of accuracies differ by rounding, unequal ones by far more

Families = Sequence[Sequence[int]]  # each the indices of its samples
Corrected = list[dict[int, float]]  # the corrected p of each sample of a family, by its index


def differences_of(samples: Collection[tuple[BySeed, BySeed]]) -> np.ndarray:
    """Return the differences (seeds, samples) within seeds, NaN where one side lacks a seed."""
    seeds = sorted({seed for ours, theirs in samples for seed in ours.keys() & theirs.keys()})
    return np.array(
        [
            [ours.get(s, math.nan) - theirs.get(s, math.nan) for ours, theirs in samples]
            for s in seeds
        ]
    )


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


def _signs(n: int) -> Iterator[np.ndarray]:
    """Yield signs (up to `BATCH`, n): all, but for those opposite to others, or drawn ones."""
    if n <= EXACT_UP_TO:
        for start in range(0, 2 ** (n - 1), BATCH):
            numbers = np.arange(start, min(start + BATCH, 2 ** (n - 1)))
            yield 1.0 - 2.0 * (numbers[:, None] >> np.arange(n) & 1)
        return
    rng = numpy_generator(0, "sign flips over seeds", n)
    yield np.ones((1, n))
    for start in range(0, DRAWS, BATCH):
        yield 1.0 - 2.0 * rng.integers(0, 2, (min(BATCH, DRAWS - start), n))
