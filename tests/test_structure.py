"""The structure of a network, on networks whose paths can be counted by hand."""

from functools import reduce

import numpy as np
import pytest

from pipeline_lib.engines import plain
from pipeline_lib.engines.accuracy import Subject
from pipeline_lib.measures import structure
from pipeline_lib.model.network import Modulation, Network
from pipeline_lib.model.paths import paths_through
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.task import Points
from tests.conftest import modulated

POINTS = Points(np.array([[1, 0], [0, 1]], dtype=np.float32), np.array([0, 1]))


def network(*weights):
    """A network of these weights, without biases, of which those that are 0 are pruned."""
    arrays = tuple(np.array(weight, dtype=np.float32) for weight in weights)
    biases = tuple(np.zeros(len(weight), np.float32) for weight in weights)
    return Network(arrays, biases, tuple(weight != 0 for weight in arrays))


def measured(given):
    rows = structure.run(Subject(7, "untreated", plain), given, clean=POINTS)
    return {(row.number, row.layer): row.result for row in rows}


def test_a_unit_that_leads_nowhere_is_not_live():
    # The second unit of the first layer has an input, and the second of the next has an output.
    given = network([[1, 1], [1, 0]], [[1, 0], [0, 0]], [[1, 1], [1, 0]])
    found = measured(given)
    assert (found["live_units", 1], found["live_units", 2]) == (0.5, 0.5)
    assert found["paths", None] == pytest.approx(np.log10(5))  # one more than there are
    without = measured(network([[1, 0], [0, 0]], [[0, 1], [0, 1]]))
    assert (without["live_units", 1], without["paths", None]) == (0.0, 0.0)


def test_paths_are_the_entries_of_the_product_of_the_masks(network):
    given = prune(network, 0.8)
    ends = reduce(lambda below, mask: mask.astype(int) @ below, given.masks, np.eye(2, dtype=int))
    layers = paths_through(given)
    assert layers[-1].tolist() == ends.sum(axis=1).tolist()
    assert {layer.sum() for layer in layers} == {ends.sum()}  # every path meets every layer once


def test_the_numbers_of_a_network_made_by_hand():
    # Three hidden units: the first sees x, the second x and y, the third neither. The first
    # output sees all three, the second output the second unit alone.
    found = measured(network([[2, 0], [1, -1], [0, 0]], [[1, 1, 3], [0, 2, 0]]))
    assert found["live_units", 1] == pytest.approx(2 / 3)
    assert found["paths", None] == pytest.approx(np.log10(6))
    assert found["weight_norm", None] == pytest.approx(np.sqrt(4 + 1 + 1 + 1 + 1 + 9 + 4))
    # At (1, 0) the units are 2, 1, 0 and the logits 3, 2; at (0, 1) all units and logits are 0.
    assert found["clean_margin", None] == pytest.approx(((3 - 2) + 0) / 2)


def test_a_wrong_decision_has_a_negative_margin_and_the_modulation_counts():
    given = network([[1, 0], [0, 1]], [[0, 5], [1, 0]])
    assert measured(given)["clean_margin", None] == pytest.approx((-1 - 5) / 2)
    damped = modulated(given, Modulation("relu", 0.5))
    assert measured(damped)["clean_margin", None] == pytest.approx(-1.5)
