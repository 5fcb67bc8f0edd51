"""PROTOCOL, measurements: what is measured of which network, under which noise, and what it means.

What holds for every measure is in `test_items`.
"""

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline_lib.engines import plain
from pipeline_lib.engines.accuracy import Stress, Subject, measure
from pipeline_lib.measures import evaluate, relapse, structure, switch
from pipeline_lib.model.activity import mean_activity
from pipeline_lib.model.network import Modulation, Network, dense
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.task import Points, clouds
from pipeline_lib.names import INPUT
from pipeline_lib.numbers import Key
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import CENTRES, modulated

COMBINED = {"input_noise": 1.0, "internal_noise": 0.5}
ON = Modulation("tanh", 0.7, gain=0.85)


@pytest.fixture
def standard():
    return clouds("standard", 0, centres=CENTRES, sd=0.8, test=1500)


@pytest.fixture
def evaluated(standard):
    points = {"standard": standard, "clean": clouds("clean", 0, centres=CENTRES, clean=100)}
    options = {"combined": COMBINED, "sweep": (0.0, 0.5, 2.5), "withdrawal": False}
    subject = Subject(0, "ssri", plain)
    return lambda network, **more: evaluate.run(subject, network, **points, **(options | more))


def values_of(measure, rows, **options):
    """The values of a measure's rows by key, for one seed."""
    made = list(measure.values([asdict(row) for row in rows], {}, **options))
    assert {value.seed for value in made} == {0}
    return {value.key: value.value for value in made}


def test_the_papers_measurements(paper):
    study = validate(paper)
    options = {
        name: study.options_of(name).model_dump(exclude_none=True) for name in study.measures
    }
    assert options == {
        "evaluate": {"combined": COMBINED, "sweep": [0.0, 0.5, 1.0, 1.5, 2.5]},
        "acute": {"prune": 0.4, "cap": 0.99},
        "relapse": {"cycles": 8, "prune": 0.1, "threshold": 0.8},
    }
    assert study.seed_list == list(range(10))
    withdrawals = {name: t.withdrawal for name, t in study.treatments.items()}
    assert withdrawals == {"ketamine": False, "ssri": False, "neurosteroid": True}
    treated = ["ketamine", "ssri", "neurosteroid"]
    assert slices.states(study, "evaluate") == ["healthy", "untreated", *treated]
    assert slices.states(study, "acute") == slices.states(study, "relapse") == treated


@pytest.mark.parametrize("other", ["seed", "assessment", "condition", "cycle"])
def test_seed_assessment_condition_and_cycle_each_have_their_own_noise(network, standard, other):
    states = []

    def count_correct(network, points, *, generator, **noise):
        states.append(generator.initial_seed())
        return 0

    engine = SimpleNamespace(generator=plain.generator, count_correct=count_correct)
    base = {"seed": 0, "assessment": "evaluate", "condition": "combined", "cycle": 2}
    another = {"seed": 1, "assessment": "acute", "condition": "standard", "cycle": 3}
    for key in (base, base | {other: another[other]}):
        subject = Subject(key["seed"], "ssri", engine)
        stress = Stress(key["condition"], standard, **COMBINED)
        measure(subject, network, stress, assessment=key["assessment"], cycle=key["cycle"])
    assert states[0] != states[1]


def test_every_network_is_measured_on_clean_standard_combined_and_the_sweep(evaluated, network):
    rows = evaluated(network)
    assert [(r.condition, r.input_noise, r.internal_noise, r.total) for r in rows] == [
        ("clean", 0.0, 0.0, 100),
        ("standard", 0.0, 0.0, 1500),
        ("combined", 1.0, 0.5, 1500),
        ("internal", 0.0, 0.0, 1500),
        ("internal", 0.0, 0.5, 1500),
        ("internal", 0.0, 2.5, 1500),
    ]
    assert all(r.modulation == "on" and r.cycle is None for r in rows)
    assert all(r.accuracy == r.correct / r.total for r in rows)
    assert rows[3].correct == rows[1].correct  # without noise the sweep is the standard accuracy


def test_noise_on_the_inputs_alone_is_measured_by_level_and_changes_no_other_row(
    evaluated, network
):
    rows = evaluated(network, input_sweep=[1.0, 2.0])
    added = [row for row in rows if row.condition == INPUT]
    assert [row for row in rows if row not in added] == evaluated(network)
    assert [(r.input_noise, r.internal_noise) for r in added] == [(1.0, 0.0), (2.0, 0.0)]
    found = values_of(evaluate, rows)
    for row in added:
        assert found[Key("ssri", INPUT, level=row.input_noise)] == 100 * row.correct / row.total


def test_withdrawal_measures_combined_and_the_strongest_noise_with_relu_and_no_damping(
    evaluated, network
):
    rows = evaluated(modulated(network, ON), withdrawal=True)
    off = [row for row in rows if row.modulation == "off"]
    unmodulated = evaluated(network)
    assert [(r.condition, r.internal_noise) for r in off] == [("combined", 0.5), ("internal", 2.5)]
    # Under the same noise, being off medication is being unmodulated.
    assert [r.correct for r in off] == [unmodulated[2].correct, unmodulated[5].correct]


def test_more_cycles_do_not_change_the_first_ones(network, points, standard):
    told = {"training": points, "batch_size": 128, "standard": standard, "combined": COMBINED}
    told |= {"maintenance": [{"train": {"epochs": 1, "lr": 1e-3}}], "prune": 0.1}
    short, long = Subject(0, "ssri", plain), Subject(0, "ssri", plain)
    rows = relapse.run(short, prune(network, 0.5), cycles=2, **told)
    assert relapse.run(long, prune(network, 0.5), cycles=4, **told)[:3] == rows
    assert long.history[: len(short.history)] == short.history


# Switch liability


def test_activity_is_the_mean_over_layers_of_absolute_activity():
    # Two points, 1 and -2 in; two hidden layers, of one unit and of three.
    weights = ([[1.0, 0.0]], [[2.0], [-2.0], [0.0]], np.ones((4, 3)))
    arrays = [np.array(weight, np.float32) for weight in weights]
    network = dense(arrays, [np.zeros(len(each), np.float32) for each in arrays])
    x = np.array([[1.0, 0.0], [-2.0, 0.0]], np.float32)
    # Layer 1: 1.5 and 0. Layer 2: 2 * 1.5 * 1.5 = 4.5 in one unit at one point, 0 elsewhere.
    relu = modulated(network, Modulation(damping=0.5, gain=3.0))
    assert mean_activity(relu, x) == pytest.approx((1.5 / 2 + 4.5 / 6) / 2)
    # Under tanh both points and all signs count.
    first = 1.5 * np.tanh([1.0, 2.0])
    second = 1.5 * np.tanh(np.outer([2, 2, 0], first))
    tanh = modulated(network, Modulation("tanh", 0.5, 3.0))
    assert mean_activity(tanh, x) == pytest.approx((first.mean() + second.mean()) / 2, rel=1e-6)


def test_biased_noise_is_measured_with_the_gain_on_and_off(engine, network, standard):
    on = modulated(network, ON)
    subject, options = Subject(0, "neurosteroid", engine), {"bias": 1.5, "internal_noise": 1.0}
    rows = switch.run(subject, on, standard=standard, withdrawal=True, **options)
    noise = {"input_noise": 0.0, "internal_noise": 1.0, "internal_bias": 1.5}
    values = values_of(switch, rows)
    for row, modulation, state in zip(rows, ("on", "off"), (on, network), strict=True):
        generator = engine.generator(0, "measure", "switch", 1.5, 1.0)  # the same draws for both
        correct = engine.count_correct(state, standard, **noise, generator=generator)
        assert (row.modulation, row.correct) == (modulation, correct)
        assert row.activity == mean_activity(state, standard.x)
        key = Key("neurosteroid", "biased", modulation)
        assert values[key] == 100 * correct / 1500
        assert values[key._replace(number="activity")] == row.activity


def test_a_network_has_switched_if_it_is_below_the_threshold_under_biased_noise():
    def switched(correct, **options):
        row = switch.Row(0, "ssri", "on", 1.0, 1.0, correct, 1000, correct / 1000, 0.1)
        return values_of(switch, [row], **options).get(Key("ssri", "switched"))

    assert [switched(correct, threshold=0.55) for correct in (549, 550)] == [1.0, 0.0]
    assert switched(549) is None


# The structure of a network, where paths can be counted by hand

TWO_POINTS = Points(np.array([[1, 0], [0, 1]], dtype=np.float32), np.array([0, 1]))


def made_of(*weights):
    """A network of these weights, without biases, of which those that are 0 are pruned."""
    arrays = tuple(np.array(weight, dtype=np.float32) for weight in weights)
    biases = tuple(np.zeros(len(weight), np.float32) for weight in weights)
    return Network(arrays, biases, tuple(weight != 0 for weight in arrays))


def structure_of(given):
    rows = structure.run(Subject(7, "untreated", plain), given, clean=TWO_POINTS)
    return {(row.number, row.layer): row.result for row in rows}


def test_a_unit_that_leads_nowhere_is_not_live():
    # The second unit of the first layer has an input, and the second of the next has an output.
    given = made_of([[1, 1], [1, 0]], [[1, 0], [0, 0]], [[1, 1], [1, 0]])
    found = structure_of(given)
    assert (found["live_units", 1], found["live_units", 2]) == (0.5, 0.5)
    assert found["paths", None] == pytest.approx(np.log10(5))  # one more than there are
    without = structure_of(made_of([[1, 0], [0, 0]], [[0, 1], [0, 1]]))
    assert (without["live_units", 1], without["paths", None]) == (0.0, 0.0)


def test_the_structure_of_a_network_made_by_hand():
    # Three hidden units: the first sees x, the second x and y, the third neither. The first
    # output sees all three, the second output the second unit alone.
    found = structure_of(made_of([[2, 0], [1, -1], [0, 0]], [[1, 1, 3], [0, 2, 0]]))
    assert found["live_units", 1] == pytest.approx(2 / 3)
    assert found["paths", None] == pytest.approx(np.log10(6))
    assert found["weight_norm", None] == pytest.approx(np.sqrt(4 + 1 + 1 + 1 + 1 + 9 + 4))
    # At (1, 0) the units are 2, 1, 0 and the logits 3, 2; at (0, 1) all units and logits are 0.
    assert found["clean_margin", None] == pytest.approx(((3 - 2) + 0) / 2)


def test_a_wrong_decision_has_a_negative_margin_and_the_modulation_counts():
    given = made_of([[1, 0], [0, 1]], [[0, 5], [1, 0]])
    assert structure_of(given)["clean_margin", None] == pytest.approx((-1 - 5) / 2)
    damped = modulated(given, Modulation("relu", 0.5))
    assert structure_of(damped)["clean_margin", None] == pytest.approx(-1.5)
