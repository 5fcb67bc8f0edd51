"""Kindling: cycles of stress, maintenance and a probe, and what an episode leaves behind."""

from dataclasses import asdict

import pytest

from pipeline_lib.engines import plain
from pipeline_lib.engines.accuracy import Subject
from pipeline_lib.measures import kindling
from pipeline_lib.model.pruning import prune
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate

SCAR = {"scar": {"fraction": 0.1}}


@pytest.fixture
def course(network, points):
    """The cycles of a pruned network, with these options instead of the usual ones."""

    def run(engine=plain, **changes):
        options = {
            "cycles": 2,
            "stress": [],
            "maintenance": [],
            "probe": {"bias": [1.5, 0.5], "internal_noise": 1.0, "threshold": 1.0},
            "episode": [SCAR],
            **changes,
        }
        subject = Subject(0, "a", engine)
        data = {"training": points, "standard": points, "batch_size": 64}
        return kindling.run(subject, prune(network, 0.5), **data, **options), subject.history

    return run


def test_the_probe_changes_linearly_and_an_episode_leaves_scars_for_good(course):
    rows, _ = course(afterwards={"bias": 0.3, "internal_noise": 2.0, "threshold": 0.01})
    assert [(row.cycle, row.bias, row.internal_noise, row.episode) for row in rows] == [
        *((0, 1.5, 1.0, True), (1, 1.0, 1.0, True), (2, 0.5, 1.0, True)),
        (None, 0.3, 2.0, False),
    ]
    left = [0.5 * 0.9**n for n in (1, 2, 3, 3)]
    assert [1 - row.sparsity for row in rows] == pytest.approx(left, abs=0.01)
    assert [row.scars for row in rows] == pytest.approx([0.5 - each for each in left], abs=0.01)


def test_a_network_at_the_threshold_has_no_episode(course):
    accuracy = course()[0][0].accuracy
    probe = {"bias": 1.5, "internal_noise": 1.0}
    at, above = (course(probe=probe | {"threshold": accuracy + x})[0][0] for x in (0.0, 1e-9))
    assert (at.episode, at.scars, above.episode) == (False, 0.0, True)


def test_stress_and_maintenance_begin_with_the_first_cycle_and_training_is_told(course):
    prune_more, train = {"prune": {"fraction": 0.2}}, {"train": {"epochs": 2, "lr": 1e-3}}
    rows, history = course(stress=[prune_more], maintenance=[train], episode=[])
    left = [1 - row.sparsity for row in rows]
    assert left == pytest.approx([0.5, 0.4, 0.32], abs=0.01)
    assert [row.scars for row in rows] == [0.0] * 3
    assert [(row.stage, row.cycle, row.epoch) for row in history] == [
        ("kindling", cycle, epoch) for cycle in (1, 2) for epoch in (0, 1)
    ]


def test_the_noise_is_the_same_whatever_the_mean_and_the_consequences(course, engine):
    bare, scarred = course(engine, episode=[])[0], course(engine)[0]
    assert bare[0].accuracy == scarred[0].accuracy
    steady = {"bias": 1.0, "internal_noise": 1.0, "threshold": 1.0}
    assert course(engine, episode=[], probe=steady)[0][1] == bare[1]


def test_numbers_by_cycle_and_of_the_whole_course(course):
    rows, _ = course(afterwards={"bias": 0.3, "internal_noise": 1.0, "threshold": 1.0})
    found = {(v.number, v.cycle): v.value for v in kindling.values(map(asdict, rows), {})}
    change = found["kindling_accuracy", 2] - found["kindling_accuracy", 0]
    assert found["kindling_change", None] == pytest.approx(change)
    assert (found["episodes", None], found["autonomous", None]) == (3.0, 1.0)
    assert found["scars_left", None] == found["kindling_scars", 2] == 100 * rows[2].scars
    assert found["autonomy_accuracy", None] == 100 * rows[3].accuracy


def test_only_maintained_treatments_are_measured_if_there_are_any(paper):
    probe = {"bias": 1.0, "internal_noise": 1.0, "threshold": 0.6}
    paper["kindling"] = {"cycles": 2, "probe": probe, "episode": [SCAR]}
    paper["treatments"]["ssri"]["maintenance"] = []
    assert slices.states(validate(paper), "kindling") == ["ketamine", "neurosteroid"]
    for treatment in paper["treatments"].values():
        treatment["maintenance"] = []
    assert slices.states(validate(paper), "kindling") == list(paper["treatments"])
