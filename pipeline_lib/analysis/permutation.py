"""Two samples of seeds compared on many numbers at once, by permuting which seed is whose.

If two studies draw their seeds from one population, a seed could as well have come from the other
study. Whole seeds are exchanged, so the numbers of a seed stay together, and so does whatever
correlation they have: ten numbers that say the same thing count as one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline_lib.model.randomness import numpy_generator

DRAWS = 9999

# Sums of the same numbers in another order differ in their last bits, and are ties all the same.
TIE = 1e-9


@dataclass(frozen=True)
class Permuted:
    """What a permutation test says of k numbers, and of all of them together.

    - `p` (k,) is two-sided, each number by itself;
    - `p_joint` (k,) is corrected for all k by the step-down maximum (Westfall and Young 1993), and
      its smallest value is the p of the whole: that any number differs;
    - `p_directional` is that of the mean of the standardised differences: many small ones in one
      direction, none of which stands out;
    - `alpha_of_one` is the level at which Student's t of a single number is as large as the largest
      of all must be to be significant at alpha; None if so few seeds can show nothing.
    """

    p: np.ndarray
    p_joint: np.ndarray
    p_directional: float
    alpha_of_one: float | None


def compare_samples(
    ours: np.ndarray, theirs: np.ndarray, better: np.ndarray, alpha: float
) -> Permuted:
    """Compare two samples of seeds, (n, k) and (m, k), none of whose k numbers is constant.

    The statistic of a number is the difference of its means over the SD of both samples together,
    which ranks arrangements as Student's t does. `better` (k,) has 1 for a number of which more is
    better, -1 where less is, 0 where neither. The arrangement that was found is counted among the
    draws (Phipson and Smyth 2010), so p is never 0.
    """
    n, m = len(ours), len(theirs)
    both = np.concatenate([ours, theirs])
    standard = (both - both.mean(axis=0)) / both.std(axis=0)
    generator = numpy_generator(0, "seeds of two samples", n, m)
    drawn = generator.random((DRAWS, n + m)).argsort(axis=1) < n
    is_ours = np.concatenate([np.arange(n + m)[None] < n, drawn])
    # The difference of the means, scaled so that it is the correlation of the number with whose
    # seed it is. The columns sum to 0, so the sum of ours is all that it takes.
    found = (is_ours @ standard) / math.sqrt(n * m)
    size = np.abs(found)
    order = np.argsort(-size[0], kind="stable")
    rest = np.maximum.accumulate(size[:, order[::-1]], axis=1)[:, ::-1]
    p_joint = np.empty(len(order))
    p_joint[order] = np.maximum.accumulate(_p(rest))
    return Permuted(
        _p(size),
        p_joint,
        float(_p(np.abs(found @ better))),
        _alpha_of_one(rest[:, 0], n + m, alpha),
    )


def _p(statistics: np.ndarray) -> np.ndarray:
    """Return the share of arrangements whose statistic is as large as that found, the first."""
    share: np.ndarray = np.mean(statistics >= statistics[0] - TIE, axis=0)
    return share


def _alpha_of_one(largest: np.ndarray, seeds: int, alpha: float) -> float | None:
    descending = np.sort(largest)[::-1]
    limit = descending[math.ceil(alpha * len(largest)) - 1]  # what is larger has p < alpha
    if limit >= descending[0] - TIE:
        return None
    freedom = seeds - 2
    t = limit * math.sqrt(freedom / (1 - limit**2))
    return float(2 * stats.t.sf(t, freedom))
