"""How many seeds a comparison needs, given the scatter that a study found.

Power is the probability of p < `ALPHA`, before any correction, if the true difference is as large
as given. It is an estimate for planning: the scatter is estimated too, and a difference that was
found is often larger than the true one.
"""

from bisect import bisect_left

import numpy as np
import scipy

from pipeline_lib.analysis.intervals import ALPHA

POWER = 0.8
MOST = 10_000  # seeds of a difference within seeds
MOST_OF_SHARES = 500  # seeds


def power_of_differences(n: int, difference: float, sd: float) -> float:
    """Return the power of the paired t-test; `sd` is the sample SD of the seeds' differences."""
    return power_of_shift(abs(difference) / sd * np.sqrt(n), critical_limits(n - 1, ALPHA))


def critical_limits(freedom: float, alpha: float) -> np.ndarray:
    """Return the limits of a two-sided t-test, in true standard errors, over estimated scatters.

    They make the noncentral t a mixture of normals, because scipy's nct gives NaN in its tails.
    """
    shares = (np.arange(2000) + 0.5) / 2000
    scatters = np.sqrt(scipy.stats.chi2.ppf(shares, freedom) / freedom)
    return np.asarray(float(scipy.stats.t.isf(alpha / 2, freedom)) * scatters)


def power_of_shift(shift: float, limits: np.ndarray) -> float:
    """Return the power for a true difference of `shift` standard errors."""
    return float(np.mean(scipy.special.ndtr(shift - limits) + scipy.special.ndtr(-shift - limits)))


def smallest_shift(limits: np.ndarray) -> float:
    """Return the true difference, in standard errors, that is found with a power of `POWER`."""
    most = float(np.max(limits)) + 10.0
    found = scipy.optimize.brentq(lambda shift: power_of_shift(shift, limits) - POWER, 0.0, most)
    return float(found)


def seeds_for_difference(difference: float, sd: float) -> int | None:
    """Return how many seeds show a mean difference within seeds; None above `MOST`."""
    if difference == 0:
        return None
    # What the normal distribution would need; Student's t needs a few more.
    both = scipy.stats.norm.isf(ALPHA / 2) + scipy.stats.norm.ppf(POWER)
    start = max(2, int(min(MOST, (both * sd / difference) ** 2)))
    enough = (n for n in range(start, MOST) if power_of_differences(n, difference, sd) >= POWER)
    return next(enough, None)


def smallest_difference(n: int) -> float:
    """Return the mean difference, in sample SDs, that this many seeds (2 or more) show."""
    return float(smallest_shift(critical_limits(n - 1, ALPHA)) / np.sqrt(n))


def power_of_shares(n: int, first: float, second: float) -> float:
    """Return the power of Fisher's exact test for two shares (fractions), each of n seeds."""
    counts = np.arange(n + 1)
    ways = -scipy.special.betaln(counts + 1, n - counts + 1)  # up to a constant
    rejected = np.zeros((n + 1, n + 1), dtype=bool)
    for total in range(1, n + 1):
        # Groups of one size: the test's distribution is symmetric, and so is the table of totals.
        ours = counts[: total + 1]
        chances = scipy.special.softmax(ways[ours] + ways[total - ours])
        extreme = ours[: total // 2 + 1][2 * np.cumsum(chances)[: total // 2 + 1] < ALPHA]
        for side in (extreme, total - extreme):
            rejected[side, total - side] = rejected[n - side, n - total + side] = True
    both = np.outer(*(scipy.stats.binom.pmf(counts, n, share) for share in (first, second)))
    return float(both[rejected].sum())


def seeds_for_shares(first: float, second: float) -> int | None:
    """Return how many seeds tell two shares (fractions) apart; None above `MOST_OF_SHARES`."""
    if first == second:
        return None
    low, high = 2, 4
    while power_of_shares(high, first, second) < POWER:
        if high == MOST_OF_SHARES:
            return None
        low, high = high + 1, min(2 * high, MOST_OF_SHARES)
    sizes = range(low, high)
    return low + bisect_left(sizes, POWER, key=lambda n: power_of_shares(n, first, second))
