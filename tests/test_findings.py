"""Findings: each sentence is true of the data behind it, also in small studies."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline_lib.analysis.paired import compare_treatments
from pipeline_lib.analysis.power import seeds_for_shares
from pipeline_lib.measures import switch, value
from pipeline_lib.names import COMBINED, OFF, UNTREATED
from pipeline_lib.numbers import Key, Number
from pipeline_lib.reporting.findings import findings, markdown
from pipeline_lib.reporting.reading import reading
from tests.handmade import LABELS, measured, results

NAMES = tuple(LABELS)
RELAPSE = "Who responds, and who relapses after that"


def sure(found):
    return " ".join(text for _, text in reading(found))


def sentences(found):
    text = {f.topic: " ".join([*f.sentences, *f.differences]) for f in findings(found)}
    return {topic: words.replace("\N{NO-BREAK SPACE}", " ") for topic, words in text.items()}


def combined(found):
    return next(asked for asked in found.asked() if asked.number.name == COMBINED)


FLAT = {"first": [[90.0, 90.0]] * 4, "second": [[85.0, 85.0]] * 4}


def test_the_highest_mean_comes_first_and_is_compared_with_the_others():
    found = results(
        measured({"first": [[81.0], [83.0], [80.0]], "second": [[90.0], [94.0], [91.0]]})
    )
    said = sentences(found)["Who resists combined stress"]
    assert said.startswith("From highest to lowest: Second 91.7 % (")
    assert re.search(
        r"Second is 10\.3 points \(.*\) above First, a difference that is not significant",
        said,
    )
    assert "; detecting a true difference of this size would need about 6 seeds)." in said


def test_the_smallest_drop_comes_first():
    drops = {"first": [5.0, 6.0, 7.0, 5.0], "second": [1.0, 2.0, 1.0, 1.0]}
    said = sentences(results(measured(FLAT, drops=drops)))["Who resists one sudden pruning"]
    assert said.startswith("From the smallest drop to the largest: Second 1.2 points (")
    assert re.search(r"Second loses 4\.5 points \(.*\) less than First", said)


def test_a_difference_is_significant_where_its_corrected_p_says_so():
    ten = {
        "first": [[80.0 + seed / 10] for seed in range(10)],
        "second": [[90.0 + seed] for seed in range(10)],
    }
    found = results(measured(ten))
    pair = found.pairs_of(combined(found))["first", "second"]
    assert pair.p_planned == 2 / 2**10
    said = sentences(found)["Who resists combined stress"]
    assert re.search(r"Second is 14\.1 points \(.*\) above First \(p = 0\.002\)\.", said)
    gains = sentences(found)["Who gains over the untreated network under combined stress"]
    assert re.search(r"above Untreated \(p = 0\.\d+, among all pairs\)\.", gains)
    assert "not significant" not in said + gains
    assert len(found.pairs) > sum(pair.p_planned is not None for pair in found.pairs) > 1
    for text in ("over the 5 planned comparisons", f"over all {len(found.pairs)} comparisons"):
        assert text in sure(found)


def test_a_difference_within_the_margin_is_no_lead_however_small_its_p():
    ten = {
        "first": [[97.0 + seed / 10] for seed in range(10)],
        "second": [[97.5 + seed / 9] for seed in range(10)],
    }
    found = results(measured(ten))
    assert found.pairs_of(combined(found))["second", "first"].p_planned == 2 / 2**10
    said = sentences(found)["Who resists combined stress"]
    assert re.search(r"above First, a difference too small to matter \(p = 0\.002\)\.", said)
    ten["second"] = [[mean + 3.0] for [mean] in ten["second"]]
    found = results(measured(ten))
    assert "too small" not in sentences(found)["Who resists combined stress"]


def test_a_lead_in_few_of_the_seeds_is_said_to_be_one():
    # In 8 of 14 seeds the first is a little behind, in the others far ahead.
    few = {
        "first": [[90.0 + seed / 10] for seed in range(14)],
        "second": [[(90.5 if seed < 8 else 20.0) + seed / 10] for seed in range(14)],
    }
    asked = "Who resists combined stress"
    said = sentences(results(measured(few)))[asked]
    assert re.search(
        r"First is 29\.7 points \(.*\) above Second, but in only 43 % of the seeds \(p", said
    )
    turned = sentences(results(measured(dict(zip(few, reversed(few.values()), strict=True)))))[
        asked
    ]
    assert re.search(r"Second is 29\.7 points \(.*\) above First, but in only 43 %", turned)


def test_a_gain_over_the_cycles_is_not_taken_for_an_effect_of_stress():
    asked, why = (
        "Who holds through the stress cycles",
        "Maintenance after each cycle is more training",
    )
    rising = {who: [[80.0 + s, 85.0 + s] for s in range(4)] for who in NAMES}
    assert why in sentences(results(measured(rising)))[asked]
    falling = {who: [[85.0 + s, 80.0 + s] for s in range(4)] for who in NAMES}
    assert why not in sentences(results(measured(falling)))[asked]


def test_planned_contrasts_are_told_whoever_leads_the_largest_difference_first():
    labels = {"first": "First", "second": "Second", "third": "Third"}
    means = {"first": 70.0, "second": 90.0, "third": 60.0}
    three = {who: [[mean + s % 3] for s in range(8)] for who, mean in means.items()}
    said = sentences(results(measured(three), labels))["Who resists combined stress"]
    places = [said.index(text) for text in ("30.0 points", "20.0 points", "10.0 points")]
    assert places == sorted(places)
    assert "First is 10.0 points (in each of 8 seeds; up to 37 % of all seeds may differ)" in said


def test_few_seeds_are_said_to_be_few():
    few = {who: [[80.0 + 3 * s] for s in range(4)] for who in NAMES}
    said = sure(results(measured(few)))
    assert "With fewer than 5 seeds all of this is rough." in said
    assert "With 4 seeds no p can be below 0.125." in said
    ten = {who: [[80.0 + s] for s in range(10)] for who in NAMES}
    assert "rough" not in (said := sure(results(measured(ten))))
    assert "no p can" not in said
    assert "not a patient" in said


def test_markdown_has_a_section_per_question_and_escapes_names():
    found = results(measured(FLAT), {"first": "First *", "second": "Second"})
    text = markdown(sure(found), findings(found))
    assert text.startswith(sure(found)[:20])
    assert text.count("\n## ") == len(findings(found))
    assert text.count("\n- ") == sum(
        len(each.sentences) + len(each.differences) for each in findings(found)
    )
    assert r"First \*" in text
    assert "First *" not in text


def test_equal_treatments_are_called_equal():
    found = results(measured({"first": [[81.0], [83.0]], "second": [[81.0], [83.0]]}))
    assert "First and Second are equal in every seed." in sentences(found).get(
        "Who resists combined stress"
    )


def test_a_treatment_worse_than_none_is_below_the_untreated_network():
    found = results(measured({"first": [[20.0]] * 3, "second": [[90.0]] * 3}))
    said = sentences(found)["Who gains over the untreated network under combined stress"]
    assert re.search(r"First is 11\.0 points \(.*\) below Untreated", said)
    assert re.search(r"Second is 59\.0 points \(.*\) above Untreated", said)


def test_slow_responders_are_distinguished_from_relapses_after_response():
    courses = {
        "first": [[70.0, 95.0], [95.0, 95.0], [70.0, 70.0]],
        "second": [[95.0, 70.0], [95.0, 70.0], [95.0, 95.0]],
    }
    found = results(measured(courses))
    said = sentences(found)[RELAPSE]
    assert re.search(r"First: 1 of 3 \(.*?\) responded, and of these 0 of 1 relapsed\.", said)
    assert "relapsed. Another 1 was a slow responder, below 80 % at cycle 0 but not after" in said
    assert "the last cycle. 1 seed responded neither at once nor slowly." in said
    assert re.search(r"and of these 2 of 3 \(.*?\) relapsed, at cycle 1\.0 on average\.", said)
    assert "fail" not in said  # a slow responder was not treated in vain


def test_where_no_seed_responded_none_could_relapse():
    courses = {"first": [[70.0, 70.0]] * 2, "second": [[70.0, 95.0]] * 2}
    said = sentences(results(measured(courses)))[RELAPSE]
    assert "2 seeds responded neither at once nor slowly." in said
    assert "relapse" not in said
    assert "log-rank" not in said


def test_without_relapse_there_are_no_times_to_compare():
    said = sentences(results(measured(FLAT)))[RELAPSE]
    assert "so there are no times to relapse to compare" in said
    assert "differ" not in said


def test_all_relapsed_together_do_not_differ():
    courses = {name: [[90.0, 60.0]] * 4 for name in NAMES}
    said = sentences(results(measured(courses)))[RELAPSE]
    assert "responded, and of these 4 of 4 (" in said
    assert "The two treatments do not differ significantly in the time to relapse" in said
    assert "would need" not in said


def test_shares_that_cannot_be_told_apart_are_said_to_need_more_seeds():
    courses = {"first": [[90.0, 60.0], *[[90.0, 90.0]] * 4], "second": [[90.0, 90.0]] * 5}
    said = sentences(results(measured(courses)))[RELAPSE]
    needed = f"0 of 5 apart would need about {seeds_for_shares(0.2, 0.0)} seeds"
    assert f"To tell shares of 1 of 5 and {needed} that responded to each" in said


def test_times_to_relapse_that_differ_are_said_to_differ():
    courses = {"first": [[90.0, 60.0]] * 12, "second": [[90.0, 90.0]] * 12}
    said = sentences(results(measured(courses)))[RELAPSE]
    assert "time to relapse differs between First and Second (log-rank test, p < 0.001" in said
    assert "Fisher's exact test of the counts, p < 0.001" in said


def test_accuracy_that_rises_over_the_cycles_is_a_gain():
    courses = {
        "first": [[90.0, 96.0], [90.0, 98.0], [90.0, 97.0]],
        "second": [[90.0, 85.0], [90.0, 88.0], [90.0, 86.5]],
        "third": [[90.0, 90.02], [90.0, 90.01], [90.0, 90.0]],
    }
    labels = {**LABELS, "third": "Third"}
    found = results(measured(courses), labels)
    said = sentences(found)["Who holds through the stress cycles"]
    first, second, third = re.search(
        r"From cycle 0 to cycle 1, First gains 7\.0 points \((.*?)\), Second loses 3\.5 points "
        r"\((.*?)\) and Third changes by 0\.0 points \((.*?)\)\.",
        said,
    ).groups()
    for text, middle in ((first, 7.0), (second, 3.5), (third, 0.01)):
        low, high = (float(end.replace("\N{MINUS SIGN}", "-")) for end in text.split(" to "))
        assert low <= middle <= high + 0.05


def test_the_strongest_noise_is_the_sweeps_last_and_left_out_if_there_is_none():
    noise = {"first": [40.0, 41.0, 42.0, 43.0], "second": [60.0, 61.0, 62.0, 63.0]}
    said = sentences(results(measured(FLAT, noise=noise)))
    assert "Second 61.5 %" in said["Who resists the strongest internal noise (σ = 2.5)"]
    assert not [topic for topic in sentences(results(measured(FLAT))) if "internal" in topic]


def test_one_seed_has_neither_intervals_nor_tests():
    found = results(measured({"first": [[81.0, 60.0]], "second": [[90.0, 90.0]]}))
    assert sure(found).startswith("The study has one seed")
    said = " ".join(sentences(found).values())
    assert "significant" not in said
    assert "Second is 9.0 points above First; one seed allows no test." in said
    assert "First: 1 of 1 responded, and of these 1 of 1 relapsed, at cycle 1.0" in said
    assert not re.search(r"\([^)]*\d to \d", said)
    assert "nan" not in said


def test_one_treatment_is_compared_with_none_but_the_untreated():
    found = results(measured({"first": [[81.0, 82.0]] * 3}), {"first": "First"})
    said = sentences(found)
    assert "From" not in said["Who resists combined stress"]
    assert "log-rank" not in said[RELAPSE]
    assert "above Untreated" in said["Who gains over the untreated network under combined stress"]


def test_withdrawal_is_reported_for_treatments_measured_off_medication():
    off = [value(seed, Key("second", COMBINED, OFF), 40.0 + seed) for seed in range(4)]
    found = results([*measured(FLAT), *off])
    said = sentences(found)["What depends on the medication"]
    assert said.startswith("Under combined stress, Second reaches 41.5 % (")
    assert re.search(
        r"43\.5 points \(.*\) lower than with it on, a difference that is not significant",
        said,
    )
    assert "First" not in said


def test_a_new_measures_number_has_a_finding(monkeypatch):
    speed = Number("speed", "Reaction time", unit=" ms", better="less")
    lean = Number("lean", "Lean", unit="", decimals=2, better="neither")
    told = Number("told", "Told", compared=False)
    monkeypatch.setattr(switch, "NUMBERS", (speed, lean, told))
    new = [
        value(seed, Key(who, number.name), start + seed)
        for number in (speed, lean, told)
        for who, start in (("first", 5.0), ("second", 2.0), (UNTREATED, 9.0))
        for seed in range(4)
    ]
    found = results([*measured(FLAT), *new])
    found = replace(found, pairs=compare_treatments(new, found.numbers, []))
    said = sentences(found)
    assert said["Reaction time"].startswith("From the smallest value to the largest: Second 3.5 ms")
    assert (
        "Second is 3.0 ms (in each of 4 seeds; up to 60 % of all seeds may differ) below First"
        in said["Reaction time"]
    )
    assert said["Lean"].startswith("From highest to lowest: Untreated 10.50 (")
    assert "above" not in said["Lean"]
    assert "Told" not in said


def test_a_pair_is_the_same_comparison_from_either_side():
    seeds = {"first": [[81.0], [83.0], [88.0]], "second": [[90.0], [99.0], [91.0]]}
    found = results(measured(seeds))
    pairs = found.pairs_of(combined(found))
    assert pairs["second", "first"] == pairs["first", "second"].mirrored()
