"""What jobs cost: queues are told limits that grow with what a study asks of its stages."""

from __future__ import annotations

import re

import pytest

from pipeline_lib.study import cost
from pipeline_lib.study.validation import validate
from tests.conftest import ROOT


@pytest.mark.parametrize("stage", cost.STAGES)
def test_the_papers_jobs_are_given_minutes(paper, stage):
    limits = [cost.minutes(validate(paper), stage, name) for name in paper["treatments"]]
    assert all(1 <= limit <= 10 for limit in limits)


@pytest.mark.parametrize("stage", ["evaluate", "acute", "relapse", "switch"])
def test_more_points_to_test_give_every_measurement_more_time(paper, stage):
    before = cost.minutes(validate(paper), stage, "ssri")
    paper["task"]["test"] = 20_000_000
    assert cost.minutes(validate(paper), stage, "ssri") > before


def test_more_levels_give_the_evaluation_more_time(paper):
    paper["task"]["test"] = 4_000_000
    before = cost.minutes(validate(paper), "evaluate")
    paper["evaluate"]["sweep"] = [level / 10 for level in range(40)]
    assert cost.minutes(validate(paper), "evaluate") > 2 * before


@pytest.mark.parametrize(("stage", "key"), [("treat", "course"), ("relapse", "maintenance")])
def test_a_treatment_that_trains_for_longer_is_given_more_time(paper, stage, key):
    before = cost.minutes(validate(paper), stage, "ssri")
    paper["treatments"]["ssri"][key] = [{"train": {"epochs": 5000, "lr": 1e-5}}]
    study = validate(paper)
    assert cost.minutes(study, stage, "ssri") > 10 * before
    assert cost.minutes(study, stage, "ketamine") < 10


def test_more_seeds_give_what_reads_them_all_more_memory_and_time_and_no_other_job(paper):
    few = validate(paper)
    paper["seeds"] = 5000
    many = validate(paper)
    for stage in (*cost.STAGES, *cost.SHORT):
        assert cost.megabytes(many, stage) == cost.megabytes(few, stage)
        assert cost.minutes(many, stage, "ssri") == cost.minutes(few, stage, "ssri")
    # A row is a kilobyte, and a tenth of a millisecond.
    assert cost.megabytes(many, cost.TOGETHER) > cost.megabytes(few, cost.TOGETHER) + 2000
    assert cost.minutes(many, cost.TOGETHER) > cost.minutes(few, cost.TOGETHER) + 5


def test_a_stage_that_there_is_not_is_no_stage_of_a_minute(paper):
    with pytest.raises(ValueError, match="no stage evalute"):
        cost.minutes(validate(paper), "evalute")


def test_every_rule_asks_for_the_limits_of_its_own_stage():
    asked = {}
    for path in (ROOT / "rules").glob("*.smk"):
        for rule in re.split(r"^ *rule\b", path.read_text("utf-8"), flags=re.M)[1:]:
            found = set(re.findall(r"(?:mem_mb=memory|runtime=time_limit)\((.*?)\)", rule))
            if found:
                named = re.match(r" (\w+):", rule) or re.search(r'name:\s+f"(\w+)_{', rule)
                [asked[named[1]]] = found
    together = [
        "figure",
        "figure_comparison",
        "gather",
        "tables",
        "reproduction",
        "statistics",
        "combinations",
        "report",
        "replay_gather",
        "replay_compare",
    ]
    assert asked == {
        **{stage: f'"{stage}"' for stage in (*cost.STAGES, "prune")},
        **dict.fromkeys(("figure_regions", "figure_regrowth"), '"figure"'),
        **dict.fromkeys(together, "cost.TOGETHER"),
        "replay_seed": "cost.REPLAY",
    }
