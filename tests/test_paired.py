"""Paired comparisons of treatments, checked against published and enumerated ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline_lib import names
from pipeline_lib.analysis import paired
from pipeline_lib.analysis.intervals import mean_intervals
from pipeline_lib.analysis.welch import holm
from pipeline_lib.files.rows import read_rows, write_rows
from pipeline_lib.measures import value
from pipeline_lib.numbers import Key
from tests.handmade import NUMBERS, reference_runs, values_of

pytestmark = pytest.mark.filterwarnings("error")

# Darwin's crossed minus self-fertilised Zea mays, in eighths of an inch (Fisher 1935, chapter 3).
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


def p_of(difference):
    return paired.sign_flip_tests([np.asarray(difference, dtype=float)])[0].p


def enumerated(difference):
    """The share of all signs whose sum is at least as far from 0, in whole numbers."""
    sums = np.zeros(1, dtype=int)
    for step in difference:
        sums = np.concatenate([sums + step, sums - step])
    return np.mean(np.abs(sums) >= abs(sum(difference)))


def pairs_of(by_treatment):
    """The pairs of one number: of each treatment its numbers by seed, or a list of them."""
    return paired.compare_treatments(values_of(names.COMBINED, by_treatment), NUMBERS)


@pytest.fixture(scope="module")
def of_runs():
    return paired.compare_treatments(reference_runs(), NUMBERS)


def test_p_equals_fishers_and_a_calculation_by_hand():
    # 863 of 32 768 sums are as large as Darwin's 314, and as many as small as -314.
    assert p_of(DARWIN) == 2 * 863 / 32768
    # Of the 8 signs of 1, 2 and 4, two give a sum as far from 0 as 7; six, as far as 3.
    assert (p_of([1, 2, 4]), p_of([1, -2, 4]), p_of([-5, -5])) == (2 / 8, 6 / 8, 0.5)
    assert p_of([0.0] * 10) == p_of([0.0] * 40) == 1.0


@pytest.mark.parametrize("total", [4000, 6000, 4001])
def test_equal_sums_of_accuracies_count_as_equal(total):
    steps = [-3, -3, 4, -1, 4, 2, 5, 2]  # of 1 / total
    before = np.array([3760, 3805, 3060, 3557, 3452, 3286, 3450, 3410])
    difference = 100.0 * (before + steps) / total - 100.0 * before / total
    assert p_of(difference) == enumerated(steps)


def test_above_the_limit_signs_are_drawn_and_p_is_close_to_the_exact_one():
    steps = np.random.default_rng(8).integers(-6, 9, paired.EXACT_UP_TO + 4)
    [test], exact = paired.sign_flip_tests([steps.astype(float)]), enumerated(steps)
    assert test.test == f"sign-flip, {paired.DRAWS} draws"
    assert 0.01 < exact < 0.9
    assert test.p == pytest.approx(exact, abs=8 * (exact / paired.DRAWS) ** 0.5)


@pytest.mark.parametrize("n", [paired.EXACT_UP_TO, paired.EXACT_UP_TO + 1])
def test_the_smallest_p_is_reached_when_all_seeds_agree(n):
    test = paired.sign_flip_tests([np.arange(1.0, n + 1)])[0]
    smallest = 2 / 2**n if n <= paired.EXACT_UP_TO else 2 / (paired.DRAWS + 1)
    assert test.p_smallest == smallest
    assert smallest <= test.p <= smallest * 2


@pytest.mark.parametrize("n", [9, 24])
def test_p_depends_neither_on_other_samples_nor_on_the_batch(n, monkeypatch):
    samples = list(np.random.default_rng(4).normal(0.4, 1.0, (4, n)))
    together = paired.sign_flip_tests([*samples, samples[0][:5]])
    assert together == [
        paired.sign_flip_tests([sample])[0] for sample in (*samples, samples[0][:5])
    ]
    monkeypatch.setattr(paired, "BATCH", 1000)
    assert together == paired.sign_flip_tests([*samples, samples[0][:5]])


@pytest.mark.parametrize(
    ("freedom", "factor"), [(2, 0.5642), (3, 0.7236), (4, 0.7979), (10, 0.9228)]
)
def test_hedges_g_has_hedges_factor(freedom, factor):
    # Hedges 1981, table 1; and d_z is t over the root of n.
    sample = np.random.default_rng(freedom).normal(1.0, 2.0, freedom + 1)
    t = stats.ttest_1samp(sample, 0.0).statistic
    assert paired.hedges_g(sample)[0] == pytest.approx(factor * t / (freedom + 1) ** 0.5, rel=1e-4)


def test_superiority_is_the_share_of_seeds_with_ties_as_halves():
    assert paired.superiority(DARWIN) == 13 / 15
    assert paired.superiority(np.array([1.0, 0.0, -3.0, 2.0])) == 2.5 / 4
    assert paired.superiority(np.array([99.95 - 99.9 - 0.05])) == 0.5


def test_all_pairs_of_treatments_are_compared_and_each_with_untreated_if_measured(of_runs):
    three = {("ketamine", "ssri"), ("ketamine", "neurosteroid"), ("ssri", "neurosteroid")}
    six = three | {(name, "untreated") for pair in three for name in pair}
    numbers = {(name, None): six for name in (names.CLEAN, names.STANDARD, names.COMBINED)}
    numbers |= {(names.INTERNAL, level): six for level in (0.5, 1.0, 1.5, 2.5)}
    drops = (names.ACUTE_DROP, names.TOTAL_DROP, names.MEAN_ACCURACY, names.FINAL_ACCURACY)
    numbers |= {(drop, None): three for drop in drops}
    expected = {(*number, *pair) for number, pairs in numbers.items() for pair in pairs}
    assert {(p.number, p.level, p.treatment, p.other) for p in of_runs} == expected
    assert len(of_runs) == 54


def test_shares_healthy_networks_and_unmodulated_networks_are_not_compared():
    values = values_of(names.RELAPSED, {"a": [0.0] * 3, "b": [1.0] * 3})
    values += values_of(names.COMBINED, {"healthy": [99.0] * 3, "a": [90.0, 91.0, 92.0]})
    values += [value(0, Key(name, names.COMBINED, names.OFF), 1.0) for name in "ab"]
    assert paired.compare_treatments(values, NUMBERS) == []


def test_pairs_are_compared_by_differences_within_seeds():
    ours, theirs = [90.0, 92.0, 97.0, 91.0], [80.0, 93.0, 90.0, 89.0]
    [pair] = pairs_of({"untreated": theirs, "a": ours})
    difference = np.subtract(ours, theirs)
    assert (pair.treatment, pair.other, pair.n) == ("a", "untreated", 4)
    assert (pair.mean, pair.mean_other, pair.difference) == (92.5, 88.0, 4.5)
    assert pair.sd == pytest.approx(np.std(difference))
    assert (pair.ci_low, pair.ci_high) == mean_intervals([difference])[0][:2]
    assert (pair.p, pair.superiority) == (enumerated([10, -1, 7, 2]), 75.0)
    assert pair.hedges_g == paired.hedges_g(difference)[0]


def test_a_mirrored_pair_equals_the_comparison_in_the_other_direction():
    a, b = [90.0, 92.0, 97.0, 91.0], [80.0, 93.0, 90.0, 89.0]
    [pair], [other] = pairs_of({"a": a, "b": b}), pairs_of({"b": b, "a": a})
    # The bootstrap draws of one direction are not the mirror image of the other's.
    ends = {"ci_low": -pair.ci_high, "ci_high": -pair.ci_low}
    assert pair.mirrored() == replace(other, **ends)
    assert pair.mirrored().mirrored() == pair


def test_seeds_are_matched_and_those_without_a_partner_left_out():
    [pair] = pairs_of({"a": {3: 90.0, 0: 80.0, 7: 70.0}, "b": {0: 79.0, 3: 88.0, 5: 1.0}})
    assert (pair.n, pair.difference) == (2, 1.5)
    assert pairs_of({"a": {0: 1.0}, "b": {1: 1.0}}) == []


def test_holm_is_over_all_pairs_and_over_those_of_one_number_and_level(of_runs):
    assert [pair.p_holm for pair in of_runs] == holm([pair.p for pair in of_runs])
    for place in {(pair.number, pair.level) for pair in of_runs}:
        pairs = [pair for pair in of_runs if (pair.number, pair.level) == place]
        assert [pair.p_holm_number for pair in pairs] == holm([pair.p for pair in pairs])


def test_one_seed_has_means_but_no_test_and_its_file_can_be_read_back(tmp_path):
    [pair] = pairs_of({"a": [90.0], "b": [80.0]})
    assert (pair.difference, pair.superiority, pair.test) == (10.0, 100.0, "none")
    assert {pair.ci_low, pair.p, pair.p_smallest, pair.p_holm, pair.p_holm_number} == {None}
    assert pair.mirrored().hedges_g is None
    assert "one seed" in pair.note
    write_rows(tmp_path / "paired.parquet", [pair], paired.Pair)
    assert read_rows(tmp_path / "paired.parquet", paired.Pair) == [pair]


def test_a_pair_says_what_it_lacks():
    numbers = {"a": [90.0, 91.0, 92.0], "b": [80.0, 81.0, 82.0], "c": [80.0, 81.0, 82.0]}
    shifted, _, same = pairs_of(numbers)
    assert (same.difference, same.ci_low, same.ci_high, same.p, same.hedges_g) == (0, 0, 0, 1, 0)
    assert (shifted.ci_low, shifted.ci_high, shifted.p) == (10.0, 10.0, 0.25)
    assert shifted.hedges_g is None
    assert "differ by the same" in shifted.note
    # 99.95 - 99.9 and 0.05 are the same, but not in floats.
    assert paired.hedges_g(np.array([99.95 - 99.9, 0.05, 0.05])) == (None, shifted.note)
    assert "two seeds" in pairs_of({"a": [90.0, 91.0], "b": [80.0, 83.0]})[0].note
