"""Permutation tests of two samples of seeds on many numbers at once.

If two studies draw their seeds from the same population, each seed could just as well have come
from the other study. Whole seeds are exchanged, so the numbers of a seed stay together and keep
their correlations: ten numbers that say the same thing count as one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from pipeline_lib.analysis.intervals import SAME
from pipeline_lib.analysis.max_t import step_down
from pipeline_lib.model.randomness import numpy_generator

DRAWS = 9999


@dataclass(frozen=True)
class Permuted:
    """The result of a permutation test for each of k numbers, and for all of them together.

    - `p` (k,) is two-sided and uncorrected;
    - `p_joint` (k,) is corrected for all k numbers by the step-down maximum (Westfall and Young
      1993). Its smallest value tests whether any number differs;
    - `p_directional` tests the mean of the standardised differences, which finds many small
      differences in one direction even if none of them stands out;
    - `alpha_of_one` is the level of a single Student's t test that needs as large a difference as
      the largest of all numbers does at alpha; None if there are too few seeds to show anything.
    """

    p: np.ndarray
    p_joint: np.ndarray
    p_directional: float
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
    drawn = generator.random((DRAWS, n + m)).argsort(axis=1) < n
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


def _alpha_of_one(largest: np.ndarray, seeds: int, alpha: float) -> float | None:
    descending = np.sort(largest)[::-1]
    limit = descending[math.ceil(alpha * len(largest)) - 1]  # larger statistics have p < alpha
    if limit >= descending[0] - SAME:
        return None
    freedom = seeds - 2
    t = limit * math.sqrt(freedom / (1 - limit**2))
    return float(2 * scipy.stats.t.sf(t, freedom))
