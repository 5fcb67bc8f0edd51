"""Paired comparisons of treatments, held to published and enumerated ones."""

import numpy as np
import pytest
from scipy import stats

from pipeline_lib import names
from pipeline_lib.analysis import paired
from pipeline_lib.analysis.intervals import mean_interval
from pipeline_lib.analysis.power import seeds_for_difference
from tests.handmade import NUMBERS, values_of

CONTRASTS = [("ssri", "ketamine"), ("neurosteroid", "withdrawn"), ("healthy", "ketamine")]


def pairs_of(by_treatment, contrasts=()):
    """The pairs of one number: of each treatment its numbers by seed, or a list of them."""
    values = values_of(names.COMBINED, by_treatment)
    return paired.compare_treatments(values, NUMBERS, contrasts)


def test_no_interval_reaches_beyond_what_accuracies_can_differ_by():
    seeds = {"ketamine": {0: 99.0, 1: 5.0, 2: 6.0}, "ssri": {0: 1.0, 1: 5.5, 2: 5.0}}
    [pair] = pairs_of(seeds)
    assert -100.0 < pair.ci_low < 0.0
    assert pair.ci_high == 100.0


@pytest.fixture(scope="module")
def of_runs(runs):
    return paired.compare_treatments(runs, NUMBERS, CONTRASTS)


@pytest.mark.parametrize(
    ("freedom", "factor"), [(2, 0.5642), (3, 0.7236), (4, 0.7979), (10, 0.9228)]
)
def test_g_z_has_hedges_factor(freedom, factor):
    # Hedges 1981, table 1; and d_z is t over the root of n.
    sample = np.random.default_rng(freedom).normal(1.0, 2.0, freedom + 1)
    t = stats.ttest_1samp(sample, 0.0).statistic
    assert paired.g_z(sample)[0] == pytest.approx(factor * t / (freedom + 1) ** 0.5, rel=1e-4)


def test_all_pairs_of_treatments_and_states_and_withdrawal_where_they_were_measured(of_runs):
    three = {("ssri", "ketamine"), ("ketamine", "neurosteroid"), ("ssri", "neurosteroid")}
    six = three | {(name, "untreated") for pair in three for name in pair}
    numbers = {(name, None): {*six} for name in (names.CLEAN, names.STANDARD, names.COMBINED)}
    numbers |= {(names.INTERNAL, level): {*six} for level in (0.5, 1.0, 1.5, 2.5)}
    numbers[names.COMBINED, None].add(("neurosteroid", "withdrawn"))
    numbers[names.INTERNAL, 2.5].add(("neurosteroid", "withdrawn"))
    drops = (names.ACUTE_DROP, names.TOTAL_DROP, names.MEAN_ACCURACY, names.FINAL_ACCURACY)
    numbers |= {(drop, None): three for drop in drops}
    expected = {(*number, *pair) for number, pairs in numbers.items() for pair in pairs}
    assert {(p.number, p.level, p.treatment, p.other) for p in of_runs} == expected


def test_a_contrast_has_the_direction_of_the_study_and_states_come_last_elsewhere():
    numbers = {"healthy": [99.0, 98.0], "untreated": [30.0, 33.0], "a": [90.0, 92.0]}
    found = [(p.treatment, p.other) for p in pairs_of(numbers)]
    assert found == [("a", "untreated"), ("a", "healthy"), ("untreated", "healthy")]
    first, second, _ = pairs_of(numbers, [("healthy", "a")])
    assert (second.treatment, second.other, second.difference) == ("healthy", "a", 7.5)
    assert (first.p_planned, second.p_planned) == (None, 0.5)


def test_planned_contrasts_are_corrected_among_themselves_and_all_pairs_together(of_runs):
    planned = [p for p in of_runs if (p.treatment, p.other) in CONTRASTS]
    assert [p for p in of_runs if p.p_planned is not None] == planned
    for pair in of_runs:
        assert pair.p <= pair.p_all
        if pair.p_planned is not None:
            assert pair.p <= pair.p_planned <= pair.p_all + 1e-12
    assert any(p.p_planned < p.p_all for p in planned)
    # In a family of this size, Holm's procedure could reject nothing with ten seeds.
    assert len(of_runs) * 2 / 2**10 > 0.05
    assert sum(pair.p_all < 0.05 for pair in of_runs) > 35


def test_a_pair_is_of_the_differences_within_seeds():
    ours, theirs = [90.0, 92.0, 97.0, 91.0], [80.0, 93.0, 90.0, 89.0]
    [pair] = pairs_of({"untreated": theirs, "a": ours})
    difference = np.subtract(ours, theirs)
    assert (pair.treatment, pair.other, pair.n) == ("a", "untreated", 4)
    assert (pair.mean, pair.mean_other, pair.difference) == (92.5, 88.0, 4.5)
    assert pair.sd == pytest.approx(np.std(difference))
    assert (pair.ci_low, pair.ci_high) == mean_interval(difference)[:2]
    # Of the 8 sums of 10, -1, 7 and 2 that differ but for their sign, two are 18 or more.
    assert (pair.p, pair.superiority) == (2 / 8, 75.0)
    assert pair.g_z == paired.g_z(difference)[0]
    assert pair.seeds_needed == seeds_for_difference(4.5, np.std(difference, ddof=1)) == 12


def test_a_mirrored_pair_is_the_pair_of_the_other_treatment():
    a, b = [90.0, 92.0, 97.0, 91.0], [80.0, 93.0, 90.0, 89.0]
    [pair], [other] = pairs_of({"a": a, "b": b}), pairs_of({"b": b, "a": a})
    assert vars(pair.mirrored()) == pytest.approx(vars(other))


def test_seeds_are_matched_by_number_and_those_without_a_partner_left_out():
    [pair] = pairs_of({"a": {3: 90.0, 0: 80.0, 7: 70.0}, "b": {0: 79.0, 3: 88.0, 5: 1.0}})
    assert (pair.n, pair.difference) == (2, 1.5)
    assert pairs_of({"a": {0: 1.0}, "b": {1: 1.0}}) == []


def test_what_a_pair_lacks_it_says():
    numbers = {"a": [90.0, 91.0, 92.0], "b": [80.0, 81.0, 82.0], "c": [80.0, 81.0, 82.0]}
    shifted, _, same = pairs_of(numbers)
    assert (same.difference, same.ci_low, same.p, same.g_z) == (0, None, 1, 0)
    assert (shifted.difference, shifted.ci_low, shifted.p) == (10.0, None, 0.25)
    assert (shifted.method, shifted.g_z, shifted.seeds_needed) == ("all equal", None, None)
    assert shifted.note == same.note == "0 of 3 seeds differ; up to 70.8 % of all seeds may"
    # 99.95 - 99.9 and 0.05 are the same, but not in floats.
    assert paired.g_z(np.array([99.95 - 99.9, 0.05, 0.05]))[0] is None
    assert paired.superiority(np.array([1.0, 99.95 - 99.9 - 0.05, -3.0, 2.0])) == 2.5 / 4
