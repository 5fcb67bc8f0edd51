"""What a combination adds to the better of the treatments that it puts together."""

import pytest

from pipeline_lib.reporting.combinations import additions, combination_table, sentences
from pipeline_lib.reporting.methods import in_words
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import overlaid
from tests.handmade import measured, results

LABELS = {"first": "First", "second": "Second", "both": "Both"}


@pytest.fixture
def study():
    """Seven seeds: combined accuracy 90, 85 and 92; drops of 5, 3 and 4 points."""
    n = range(7)
    courses = {"first": 90.0, "second": 85.0, "both": 92.0}
    drops = {"first": 5.0, "second": 3.0, "both": 4.0}
    values = measured(
        {name: [[level + 0.1 * s, level + 0.1 * s] for s in n] for name, level in courses.items()},
        drops={name: [drop + (s % 2) / 10 for s in n] for name, drop in drops.items()},
    )
    found = results(values, LABELS)
    return type(found)(**(vars(found) | {"combines": {"both": ["first", "second"]}}))


def test_the_better_half_has_the_higher_accuracy_or_the_smaller_drop(study):
    found = {a.metric: (a.combination, a.half) for a in additions(study)}
    assert found == {
        "combined": ("both", "first"),
        "acute_relapse_drop": ("both", "second"),
        "final_accuracy": ("both", "first"),
    }


def test_what_is_added_is_the_paired_difference(study):
    table = combination_table(study)
    assert table.data.set_index("metric")["difference"].to_dict() == {
        "combined": 2.0,
        "acute_relapse_drop": 1.0,
        "final_accuracy": 2.0,
    }
    row = table.blocks[0][0]
    assert row[:6] == ["Combined stress", "Both", "First", "92.3", "90.3", "2.0"]


def test_it_is_said_in_plain_words(study):
    combined, drop, _ = sentences(study)
    assert combined.startswith(
        "Combined stress: Both is 2.0 points (in every seed) better than First: "
    )
    # A point more of a drop is a point worse.
    assert drop.startswith(
        "Acute drop: Both is 1.0 points (in every seed) worse than Second: significant among"
    )
    assert drop.endswith(").")


def test_a_study_without_combinations_says_nothing(study):
    alone = type(study)(**(vars(study) | {"combines": {}}))
    assert additions(alone) == []
    assert list(sentences(alone)) == []


def test_the_study_has_six_combinations_beside_the_three_treatments(paper):
    study = validate(overlaid(paper, "studies/combinations.yaml"))
    assert len(study.treatments) == 9
    assert set(slices.combinations(study)["combines"]) == set(list(study.treatments)[3:])
    boosted = slices.relapse(study, "boosted")["maintenance"]
    assert boosted[0]["every"] == 4
    assert in_words(boosted[0]).endswith("; every 4 cycles")
    assert slices.treat(study, "bridge")["course"][-1] == {"withdraw": {}}


def test_steps_with_a_gain_are_told_with_it():
    step = {"train": {"epochs": 100, "lr": 1e-5, "noise": [0.5, 0.0], "gain": [1.0, 1.6]}}
    assert in_words(step) == (
        "train 100 epochs at learning rate 0.00001, internal noise σ from 0.5 to 0, "
        "gain from 1 to 1.6"
    )
    assert in_words({"modulate": {"gain": 1.25}}) == "modulate: gain 1.25"
