"""Claims: when one holds, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline_lib.analysis.claims import HOLDS, REVERSED, TOO_SMALL, UNDECIDED, judge
from pipeline_lib.analysis.intervals import NEWCOMBE, mean_interval
from pipeline_lib.analysis.permutation import sign_flip_tests
from pipeline_lib.analysis.values import by_key
from pipeline_lib.names import ACUTE_DROP, COMBINED, INTERNAL, OFF, RELAPSED, WITHDRAWN
from pipeline_lib.reporting.claims import claim_sentences, claim_table, varied_claim_sentences
from tests.handmade import LABELS, NUMBERS, values_of

SEEDS = range(8)


def study(first, second, number=COMBINED, **key):
    return by_key(values_of(number, {"first": first, "second": second}, **key))


def claim(number=COMBINED, than="second"):
    return {"number": number, "better": "first", "than": [than]}


AHEAD = [90 + seed for seed in SEEDS]
BEHIND = [70 + 2 * seed for seed in SEEDS]


@pytest.mark.parametrize(
    ("first", "second", "number", "expected"),
    [
        (AHEAD, BEHIND, COMBINED, HOLDS),
        (BEHIND, AHEAD, COMBINED, REVERSED),
        (AHEAD, BEHIND, ACUTE_DROP, REVERSED),  # a smaller drop is the better one
        (BEHIND, AHEAD, ACUTE_DROP, HOLDS),
        (AHEAD, [each - 1 - seed / 9 for seed, each in enumerate(AHEAD)], COMBINED, TOO_SMALL),
        (AHEAD, AHEAD, COMBINED, TOO_SMALL),
        (AHEAD, [80, 99, 85, 99, 80, 99, 99, 85], COMBINED, UNDECIDED),
        (AHEAD[:2], BEHIND[:2], COMBINED, UNDECIDED),  # no test of two seeds is significant
        ([0] * 8, [1] * 8, RELAPSED, HOLDS),
        ([0] * 8, [0, 0, 0, 0, 0, 0, 1, 1], RELAPSED, UNDECIDED),
    ],
)
def test_a_claim_holds_if_its_test_and_its_whole_interval_say_so(first, second, number, expected):
    [row] = judge([claim(number)], study(first, second, number), NUMBERS)
    assert row.verdict == expected


def test_the_numbers_are_those_of_the_seeds_that_have_both():
    values = study(AHEAD, BEHIND[:-1])
    [row] = judge([claim()], values, NUMBERS)
    differences = np.subtract(AHEAD, BEHIND)[:-1]
    interval = mean_interval(differences)
    assert (row.n, row.ci_low, row.ci_high) == (7, interval.low, interval.high)
    assert row.difference == pytest.approx(sum(differences) / 7)
    assert judge([claim(than="third")], values, NUMBERS) == []


def test_p_is_corrected_over_all_claims():
    shaky = [89, 84, 95, 91, 84, 99, 90, 93]
    values = study(AHEAD, shaky) | study(BEHIND, AHEAD, ACUTE_DROP)
    rows = judge([claim(), claim(ACUTE_DROP)], values, NUMBERS)
    columns = [np.subtract(AHEAD, shaky), np.subtract(BEHIND, AHEAD)]
    _, [together] = sign_flip_tests(np.array(columns, dtype=float).T, [[0, 1]])
    assert [row.p for row in rows] == [together[0], together[1]]


def test_a_series_is_claimed_at_its_strongest_level_and_off_medication_is_another_treatment():
    weak, strong = (study(AHEAD, BEHIND, INTERNAL, level=level) for level in (0.5, 2.5))
    [row] = judge([claim(INTERNAL)], strong | weak, NUMBERS)
    assert row.level == 2.5
    on, off = study(AHEAD, []), study(BEHIND, [], modulation=OFF)
    [row] = judge([claim(than=WITHDRAWN)], on | off, NUMBERS)
    assert (row.than, row.verdict) == (WITHDRAWN, HOLDS)


def test_shares_of_seeds_are_compared_in_per_cent():
    [row] = judge([claim(RELAPSED)], study([0] * 8, [1] * 6 + [0] * 2, RELAPSED), NUMBERS)
    assert (row.mean, row.mean_than, row.difference, row.method) == (0.0, 75.0, -75.0, NEWCOMBE)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (COMBINED, "Combined stress: First is 16.5 points (14.5 to 18.5) better than Second"),
        (ACUTE_DROP, "Acute drop: First is 16.5 points (14.5 to 18.5) worse than Second"),
    ],
)
def test_what_is_said_of_a_claim(number, said):
    rows = judge([claim(number)], study(AHEAD, BEHIND, number), NUMBERS)
    [sentence] = claim_sentences(rows, NUMBERS, LABELS)
    assert sentence.startswith(said)
    assert sentence.endswith(" (p = 0.008).")
    [sentence] = claim_sentences([replace(rows[0], p=None, verdict=UNDECIDED)], NUMBERS, LABELS)
    assert "p = " not in sentence  # one seed has none


def test_scenarios_are_counted_and_the_few_in_which_a_claim_fails_are_named():
    holds, fails = (
        judge([claim()], study(*each), NUMBERS) for each in ((AHEAD, BEHIND), (BEHIND, AHEAD))
    )
    scenarios = [{"network": name} for name in ("small", "wide", "deep")]
    [said] = varied_claim_sentences([holds, fails, holds], scenarios, NUMBERS, LABELS)
    assert said == (
        "Combined stress: First is better than Second in 2 of 3 scenarios and worse than Second "
        "in 1 (network = wide)."
    )
    table = claim_table([holds, fails, holds], scenarios, NUMBERS, LABELS)
    assert table.data[0][:2] == ["network", "number"]
    assert [block[0][0] for block in table.blocks] == ["small", "wide", "deep"]
    assert table.blocks[0][0][1:7] == ["Combined stress", "First", "Second", "93.5", "77.0", "16.5"]
    assert table.blocks[0][0][-1] == HOLDS
    assert "max-T over the claims of each scenario" in table.caption
