"""Weight change: what is compared, and that a job reads the untreated network of its seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline_lib.engines import plain
from pipeline_lib.engines.accuracy import Subject
from pipeline_lib.measures import change
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate


def test_the_change_of_a_network_is_per_weight_and_leaves_out_biases(network):
    moved = tuple(weight + np.float32(0.5) for weight in network.weights)
    biases = tuple(bias + 1 for bias in network.biases)
    treated = replace(network, weights=moved, biases=biases)
    [row] = change.run(Subject(3, "first", plain), treated, untreated=network)
    count = sum(weight.size for weight in network.weights)
    assert (row.seed, row.treatment) == (3, "first")
    assert row.l1 == pytest.approx(0.5, rel=1e-5)
    assert row.l2 == pytest.approx(0.5 / np.sqrt(count), rel=1e-5)
    [same] = change.run(Subject(3, "first", plain), network, untreated=network)
    assert (same.l1, same.l2, same.turnover, same.sparsity) == (0, 0, 0, 0)


def test_only_this_measure_reads_a_second_network(paper):
    study = validate(paper | {"change": {}})
    assert slices.states(study, "change") == list(study.treatments)
    found = {name: slices.compared_with(name) for name in study.measures}
    assert found.pop("change") == ["untreated"]
    assert not any(found.values())
