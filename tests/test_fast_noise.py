"""The fast engine's noise: normal, and independent between lanes, seeds and draws."""

import numpy as np
import pytest
from scipy import stats

from pipeline_lib.engines import fast
from pipeline_lib.engines.fast.noise import CHUNK, LANES, fill_normal

COUNT = 1 << 22


def draws(seed, count=COUNT, purpose="noise"):
    out = np.empty(count, np.float32)
    fill_normal(fast.generator(seed, purpose).lanes, out, np.float32(1))
    return out


@pytest.fixture(scope="module")
def many():
    return draws(0).astype(np.float64)


def within(found, expected, standard_error):
    """Tell whether a statistic is within 4.5 standard errors: one miss in 150,000."""
    return abs(found - expected) < 4.5 * standard_error


def test_draws_have_the_moments_and_the_distribution_of_the_normal(many):
    n = len(many)
    assert within(many.mean(), 0, 1 / np.sqrt(n))
    assert within(many.var(), 1, np.sqrt(2 / n))
    assert within((many**3).mean(), 0, np.sqrt(15 / n))
    assert within((many**4).mean(), 3, np.sqrt(96 / n))
    assert stats.kstest(many, "norm").pvalue > 1e-3


@pytest.mark.parametrize("limit", [2.0, 3.0, 4.0, 4.5])
def test_both_tails_have_the_expected_share(many, limit):
    expected = len(many) * stats.norm.sf(limit)
    assert within((many > limit).sum(), expected, np.sqrt(expected))
    assert within((many < -limit).sum(), expected, np.sqrt(expected))


def test_draws_near_each_other_are_independent(many):
    standard_error = 1 / np.sqrt(len(many))
    for lag in (1, 2, LANES, 2 * LANES, CHUNK, 2 * CHUNK, 65536):
        assert within((many[lag:] * many[:-lag]).mean(), 0, standard_error)
        # Squares are tested too, because pairs with a common radius would show only there.
        squares = many**2 - 1
        assert within((squares[lag:] * squares[:-lag]).mean(), 0, 2 * standard_error)


def test_seeds_and_purposes_are_independent():
    streams = [draws(seed, 1 << 18) for seed in range(8)]
    streams.append(draws(0, 1 << 18, "another"))
    r = np.corrcoef(np.stack(streams))[np.triu_indices(len(streams), 1)]
    assert np.abs(r).max() < 4.5 / np.sqrt(1 << 18)


@pytest.mark.parametrize("count", [1, 31, CHUNK, 2 * CHUNK - 1, 2 * CHUNK + 1])
def test_any_number_of_draws_is_possible_and_the_sd_scales_them(count):
    out = np.full(count + 1, 7, np.float32)
    fill_normal(fast.generator(1, "n").lanes, out[:count], np.float32(2))
    assert out[count] == 7
    assert np.array_equal(out[:count], 2 * draws(1, count, "n"))
