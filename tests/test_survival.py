"""Relapse as time to event, checked with the textbooks' leukaemia trial (Freireich et al. 1963)."""

import numpy as np
import pytest

from pipeline_lib.analysis import survival
from pipeline_lib.analysis.intervals import proportion_interval
from pipeline_lib.analysis.welch import holm
from tests.handmade import trajectories


def times(cycles, relapsed, last=None):
    relapsed = np.broadcast_to(np.array(relapsed, dtype=bool), len(cycles))
    return survival.Times(np.array(cycles), relapsed, max(cycles) if last is None else last)


# Weeks of remission; a 0 below is a censored one.
MERCAPTOPURINE = times(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = times([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], True)
TRIAL = {"6-mp": MERCAPTOPURINE, "placebo": PLACEBO}

NONE = times([8] * 10, False)
ALL_AT_ONCE = times([3] * 10, True, last=8)


def test_the_event_is_the_first_cycle_below_the_threshold_of_the_seeds_that_responded():
    by_seed = {0: [70.0, 90.0, 70.0], 3: [90.0, 79.9, 70.0], 4: [90.0, 80.0, 85.0]}
    courses = trajectories({"a": by_seed, "nobody": [[70.0, 90.0, 90.0]]})
    ((who, (cycles, relapsed, last)),) = survival.relapse_times(courses).items()
    assert (who, cycles.tolist(), relapsed.tolist(), last) == ("a", [1, 2], [True, False], 2)


def test_the_curve_under_mercaptopurine_is_the_published_one():
    published = {
        6: (21, 3, 85.71, 61.97, 95.16),
        7: (17, 1, 80.67, 56.31, 92.28),
        10: (15, 1, 75.29, 50.32, 88.94),
        13: (12, 1, 69.02, 43.16, 84.91),
        16: (11, 1, 62.75, 36.75, 80.49),
        22: (7, 1, 53.78, 26.78, 74.68),
        23: (6, 1, 44.82, 18.81, 68.01),
    }
    curve = survival.survival_curves({"6-mp": MERCAPTOPURINE})
    steps = [step for step in curve if step.relapsed]
    assert [step.cycle for step in steps] == list(published)
    for step, (at_risk, relapsed, *shares) in zip(steps, published.values(), strict=True):
        assert (step.at_risk, step.relapsed, step.method) == (at_risk, relapsed, "log-log")
        found = (step.survival, step.ci_low, step.ci_high)
        assert found == pytest.approx(shares, abs=0.006)


@pytest.mark.parametrize(
    ("sample", "shares"), [(NONE, [1.0] * 9), (ALL_AT_ONCE, [1.0] * 3 + [0.0] * 6)]
)
def test_the_interval_is_wilsons_if_no_seed_or_every_seed_relapsed(sample, shares):
    curve = survival.survival_curves({"a": sample})
    assert [step.survival for step in curve] == [100.0 * share for share in shares]
    assert {step.method for step in curve} == {"Wilson"}
    expected = [proportion_interval(int(10 * share), 10) for share in shares]
    assert [(step.ci_low, step.ci_high) for step in curve] == expected


def test_log_rank_of_the_trial_is_the_published_one():
    tests = survival.log_rank_tests({**TRIAL, "none": times([23] * 12, False)})
    pairs = [("6-mp", "placebo"), ("6-mp", "none"), ("placebo", "none")]
    assert [(test.treatment, test.other) for test in tests] == pairs
    assert [test.p_holm for test in tests] == holm([test.p for test in tests])
    test = tests[0]
    assert test.chi_square == pytest.approx(16.79, abs=5e-3)
    assert test.p == pytest.approx(4.17e-5, rel=2e-3)
    assert (test.n, test.n_other, test.relapsed, test.relapsed_other) == (21, 21, 9, 21)


def test_fishers_test_is_of_the_counts_and_gives_the_published_p():
    # Two of Fisher's own convictions of twins (1935, 13 of 17 against 3 of 13): 0.0005 one-sided.
    twins = {
        "fraternal": times([1] * 17, [1] * 2 + [0] * 15),
        "identical": times([1] * 13, [1] * 10 + [0] * 3),
    }
    [test] = survival.log_rank_tests(twins)
    assert test.p_fisher == test.p_fisher_holm == pytest.approx(0.0005367, rel=1e-3)


def test_p_is_1_with_a_note_if_no_event_distinguishes_the_curves():
    for other, note in ((NONE, "no seed of either relapsed"), (ALL_AT_ONCE, "relapsed together")):
        [test] = survival.log_rank_tests({"a": other, "b": other})
        assert (test.chi_square, test.p, test.p_holm) == (0.0, 1.0, 1.0)
        assert note in test.note
