"""PROTOCOL, the task: clouds, data sets, and the published draws."""

import numpy as np
import pytest

from pipeline_lib.model.task import clean_points, standard_points, training_points
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import CENTRES


def test_the_paper_has_four_clouds_and_three_data_sets_per_seed(paper):
    study = validate(paper)
    assert [list(centre) for centre in study.task.centres] == CENTRES
    assert study.task.sd == 0.8
    assert study.task.train == 12_000
    assert study.task.test == 4_000
    assert study.task.clean == 2_000


@pytest.mark.parametrize(
    ("draw", "offset", "count", "sd"),
    [
        (lambda seed: training_points(seed, centres=CENTRES, sd=0.8, train=50), 100, 50, 0.8),
        (lambda seed: standard_points(seed, centres=CENTRES, sd=0.8, test=40), 200, 40, 0.8),
        (lambda seed: clean_points(seed, centres=CENTRES, clean=30), 300, 30, 0.0),
    ],
    ids=["train", "standard", "clean"],
)
@pytest.mark.parametrize("seed", [0, 7])
def test_each_data_set_has_the_published_random_state(draw, offset, count, sd, seed):
    state = np.random.RandomState(1000 * seed + offset)
    labels = state.randint(0, 4, count)
    x = (np.array(CENTRES, dtype=float)[labels] + state.randn(count, 2) * sd).astype("float32")
    points = draw(seed)
    assert np.array_equal(points.labels, labels)
    assert np.array_equal(points.x, x)
    assert points.x.dtype == np.float32


def test_clean_points_lie_exactly_on_the_centres():
    points = clean_points(3, centres=CENTRES, clean=200)
    assert np.array_equal(points.x, np.array(CENTRES, dtype="float32")[points.labels])


def test_labels_are_classes_in_the_order_of_the_centres():
    points = training_points(1, centres=CENTRES, sd=0.8, train=4000)
    for label, centre in enumerate(CENTRES):
        cloud = points.x[points.labels == label]
        assert np.allclose(cloud.mean(axis=0), centre, atol=0.1)
        assert np.allclose(cloud.std(axis=0), 0.8, atol=0.05)


def test_a_data_set_depends_only_on_its_settings(paper):
    before = slices.treat(validate(paper), "ssri")
    paper["task"]["test"] = 77
    assert slices.treat(validate(paper), "ssri") == before
