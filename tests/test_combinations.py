"""What a combination adds to the better of its parts."""

from dataclasses import replace

import pytest

from pipeline_lib.names import ACUTE_DROP, COMBINED, FINAL_ACCURACY, MEAN_ACCURACY
from pipeline_lib.reporting.findings import findings
from pipeline_lib.reporting.statistics_tables import combination_table
from pipeline_lib.study import slices
from pipeline_lib.study.config import STUDY
from tests.conftest import overlaid
from tests.handmade import measured, results

LABELS = {"first": "First", "second": "Second", "both": "Both"}


def sentences(study):
    said = {finding.topic: finding.sentences for finding in findings(study)}
    return said.get("What combinations add to the better of their parts", [])


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
    return replace(results(values, LABELS), combines={"both": ["first", "second"]})


def test_the_better_part_has_the_higher_accuracy_or_the_smaller_drop(study):
    assert {pair.number: (pair.treatment, pair.other) for _, pair in study.additions()} == {
        COMBINED: ("both", "first"),
        ACUTE_DROP: ("both", "second"),
        MEAN_ACCURACY: ("both", "first"),
        FINAL_ACCURACY: ("both", "first"),
    }


def test_what_is_added_is_the_paired_difference(study):
    table = combination_table(study)
    number, difference = (table.fields.index(name) for name in ("number", "difference"))
    assert {row[number]: row[difference] for row in table.data} == {
        COMBINED: 2.0,
        ACUTE_DROP: 1.0,
        MEAN_ACCURACY: 2.0,
        FINAL_ACCURACY: 2.0,
    }
    row = table.blocks[0][0]
    assert row[:6] == ["Combined stress", "Both", "First", "92.3", "90.3", "2.0"]


def test_findings_say_what_a_combination_adds(study):
    combined, drop, *accuracies = sentences(study)
    assert len(accuracies) == 2  # over all cycles, and after the last
    assert combined.startswith("Combined stress: Both is 2.0 points (in each of 7 seeds; up to 41")
    assert combined.endswith("better than First (p = 0.016).")
    # A drop that is one point larger is one point worse.
    assert drop.startswith("Acute drop: Both is 1.0 points (in each of 7 seeds; up to 41")
    assert drop.endswith("worse than Second (p = 0.016).")


def test_a_study_without_combinations_says_nothing(study):
    assert replace(study, combines={}).additions() == []
    assert sentences(replace(study, combines={})) == []


def test_the_study_has_six_combinations_and_the_three_treatments(paper):
    study = STUDY.model_validate(overlaid(paper, "studies/combinations.yaml"))
    assert len(study.treatments) == 9
    assert set(slices.combines(study)) == set(list(study.treatments)[3:])
    boosted = slices.report(study)["treatments"]["boosted"]
    assert boosted["maintenance"][0]["every"] == 4
    assert slices.treat(study, "bridge")["course"][-1] == {"withdraw": {}}
