"""Weight change: what is compared, and which jobs read the untreated network of their seed."""

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
    l1, l2, _ = change.run(Subject(3, "first", plain), treated, untreated=network)
    count = sum(weight.size for weight in network.weights)
    assert (l1.seed, l1.treatment) == (3, "first")
    assert l1.result == pytest.approx(0.5, rel=1e-5)
    assert l2.result == pytest.approx(0.5 / np.sqrt(count), rel=1e-5)
    unmoved = change.run(Subject(3, "first", plain), network, untreated=network)
    assert [row.result for row in unmoved] == [0, 0, 0]


def test_only_this_measure_reads_a_second_network(paper):
    study = validate(paper | {"change": {}})
    assert slices.states(study, "change") == list(study.treatments)
    found = {name: slices.beside(name) for name in study.measures}
    assert found.pop("change") == ["untreated"]
    assert not any(found.values())
