"""PROTOCOL, measurements: what is measured of which network, under which noise, and what it means.

What holds for every measure is in `test_items`.
"""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import torch

from pipeline_lib.analysis.values import study_values
from pipeline_lib.engines import fast, plain
from pipeline_lib.engines.accuracy import Measurement, Stress, Subject, measure
from pipeline_lib.measures import acute, evaluate, relapse, switch
from pipeline_lib.model.activity import hidden_activity, logits, mean_activity
from pipeline_lib.model.network import UNMODULATED, Modulation, dense
from pipeline_lib.model.pruning import prune, prune_further
from pipeline_lib.model.task import clean_points, standard_points
from pipeline_lib.names import INPUT, INTERNAL
from pipeline_lib.numbers import Key
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import CENTRES, modulated, overlaid

COMBINED = {"input_noise": 1.0, "internal_noise": 0.5}
MAINTENANCE = [{"train": {"epochs": 1, "lr": 1e-3}}]
ON = Modulation("tanh", 0.7, gain=0.85)


@pytest.fixture
def standard():
    return standard_points(0, centres=CENTRES, sd=0.8, test=1500)


@pytest.fixture
def subject():
    return Subject(0, "ssri", plain)


def evaluated(subject, network, standard, *, withdrawal=False, sweep=(0.0, 0.5, 2.5), **more):
    clean = clean_points(0, centres=CENTRES, clean=100)
    return evaluate.run(
        subject,
        network,
        standard=standard,
        clean=clean,
        combined=COMBINED,
        sweep=sweep,
        withdrawal=withdrawal,
        **more,
    )


def relapsed_at_once(subject, network, standard, *, prune=0.4, cap=0.99):
    return acute.run(subject, network, standard=standard, combined=COMBINED, prune=prune, cap=cap)


@pytest.fixture
def cycled(subject, points, standard):
    """Return the longitudinal test of a network; its training goes into the subject's history."""

    def cycled(network, *, cycles=3, maintenance=MAINTENANCE, prune=0.1):
        subject.history.clear()
        return relapse.run(
            subject,
            network,
            training=points,
            batch_size=128,
            maintenance=maintenance,
            standard=standard,
            combined=COMBINED,
            cycles=cycles,
            prune=prune,
        )

    return cycled


def values_of(name, rows, found=None, **options):
    """The values of a measure's rows by key, for one seed."""
    module = {"evaluate": evaluate, "acute": acute, "relapse": relapse, "switch": switch}[name]
    made = list(module.values([asdict(row) for row in rows], found or {}, **options))
    assert {value.seed for value in made} == {0}
    return {value.key: value.value for value in made}


# One measurement


def test_combined_stress_adds_noise_to_the_input_and_to_the_hidden_layers(network, standard):
    generator = plain.generator(4)
    got = plain.count_correct(network, standard, **COMBINED, generator=plain.generator(4))
    torch.empty((), dtype=torch.int64).random_(generator=generator)
    expected = 0
    for start in range(0, 1500, 1000):  # test batches of 1000, the published ones
        hidden = standard.x[start : start + 1000]
        hidden = hidden + torch.randn(hidden.shape, generator=generator).numpy() * 1.0
        for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weight.T + bias, 0)
            hidden = hidden + 0.5 * torch.randn(hidden.shape, generator=generator).numpy()
        out = hidden @ network.weights[-1].T + network.biases[-1]
        expected += np.count_nonzero(out.argmax(1) == standard.labels[start : start + 1000])
    assert abs(got - expected) <= 1  # but for a logit tie within rounding


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"assessment": "acute"}, {"condition": "standard"}, {"cycle": 3}],
    ids=lambda other: next(iter(other)),
)
def test_seed_assessment_condition_and_cycle_each_have_their_own_noise(network, standard, other):
    states = []

    def count_correct(network, points, *, generator, **noise):
        states.append(generator.initial_seed())
        return 0

    engine = SimpleNamespace(generator=plain.generator, count_correct=count_correct)
    base = {"seed": 0, "assessment": "evaluate", "condition": "combined", "cycle": None}
    for key in (base, base | other):
        measure(
            Subject(key["seed"], "ssri", engine),
            network,
            Stress(key["condition"], standard, **COMBINED),
            assessment=key["assessment"],
            cycle=key["cycle"],
        )
    assert states[0] != states[1]


# Evaluation


def test_the_papers_measurements(paper):
    study = validate(paper)
    assert study.measures == ["evaluate", "acute", "relapse"]
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


def test_the_untreated_network_is_only_evaluated(paper):
    study = validate(paper)
    treated = ["ketamine", "ssri", "neurosteroid"]
    assert slices.states(study, "evaluate") == ["healthy", "untreated", *treated]
    assert slices.states(study, "acute") == slices.states(study, "relapse") == treated


def test_every_network_is_measured_on_clean_standard_combined_and_the_sweep(
    subject, network, standard
):
    rows = evaluated(subject, network, standard)
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
    subject, network, standard
):
    without = evaluated(subject, network, standard, withdrawal=True)
    rows = evaluated(subject, network, standard, withdrawal=True, input_sweep=[1.0, 2.0])
    added = [row for row in rows if row.condition == INPUT]
    assert [row for row in rows if row not in added] == without
    assert [(r.input_noise, r.internal_noise, r.total) for r in added] == [
        (1.0, 0.0, 1500),
        (2.0, 0.0, 1500),
    ]
    table = pa.Table.from_pylist([asdict(row) for row in rows])
    found = {value.key: value.value for value in study_values({"evaluate": table}, {})}
    for row in added:
        assert found[Key("ssri", INPUT, level=row.input_noise)] == 100 * row.correct / row.total


def test_a_study_may_leave_out_both_relapse_tests_and_then_claims_nothing_of_them(paper):
    study = validate(paper | {"acute": None, "relapse": None})
    assert study.measures == ["evaluate"]
    left = {claim["number"] for claim in slices.claims(study)}
    assert left == {"combined", "internal"}
    assert slices.tables(study)["threshold"] is None


def test_withdrawal_measures_combined_and_the_strongest_noise_with_relu_and_no_damping(
    subject, network, standard
):
    rows = evaluated(subject, modulated(network, ON), standard, withdrawal=True)
    off = [row for row in rows if row.modulation == "off"]
    unmodulated = evaluated(subject, modulated(network, UNMODULATED), standard)
    assert [(r.condition, r.internal_noise) for r in off] == [("combined", 0.5), ("internal", 2.5)]
    # Under the same noise, being off medication is being unmodulated.
    assert [r.correct for r in off] == [unmodulated[2].correct, unmodulated[5].correct]


def test_very_small_levels_are_ordinary_levels(subject, network, standard):
    rows = evaluated(subject, network, standard, sweep=[0.0, 5e-5], withdrawal=True)
    table = pa.Table.from_pylist([asdict(row) for row in rows])
    found = {value.key: value.value for value in study_values({"evaluate": table}, {})}
    of_level = Key("ssri", INTERNAL, level=5e-05)
    assert found[of_level] == pytest.approx(100 * rows[1].accuracy, abs=0.1)  # hardly any noise
    assert of_level._replace(modulation="off") in found
    assert {key.level for key in found if key.number == INTERNAL} == {0.0, 5e-05}


def test_values_are_percentages_of_counts_and_gains_are_over_the_same_seeds_untreated_network():
    def row(seed, treatment, condition, correct, modulation="on", noise=0.0):
        return Measurement(
            seed, treatment, "evaluate", condition, modulation, noise, noise, None, 0.95,
            correct, 4000, correct / 4000,
        )  # fmt: skip

    rows = [
        row(3, "healthy", "combined", 3900),
        row(3, "untreated", "combined", 1000),
        row(3, "untreated", "clean", 4000),
        row(3, "ssri", "combined", 3706),
        row(3, "ssri", "combined", 1706, "off"),
        row(3, "ssri", "internal", 2000, "off", noise=2.5),
    ]
    values = list(evaluate.values([asdict(each) for each in rows], {}))
    assert [(value.seed, value.treatment, *value.key[1:4], value.value) for value in values] == [
        (3, "healthy", "combined", "on", None, 97.5),
        (3, "untreated", "combined", "on", None, 25.0),
        (3, "untreated", "sparsity", "on", None, 95.0),
        (3, "untreated", "clean", "on", None, 100.0),
        (3, "ssri", "combined", "on", None, 92.65),  # where 100 * (3706 / 4000) is a little more
        (3, "ssri", "gain_over_untreated", "on", None, 92.65 - 25.0),
        (3, "ssri", "combined", "off", None, 42.65),
        (3, "ssri", "internal", "off", 2.5, 50.0),
    ]


# Acute relapse


def test_acute_relapse_measures_combined_stress_after_pruning_40_per_cent(
    subject, network, standard
):
    pruned = modulated(prune(network, 0.5), ON)
    (row,) = relapsed_at_once(subject, pruned, standard)
    assert row.sparsity == pytest.approx(0.7, abs=0.01)
    stress = Stress("combined", standard, **COMBINED)
    # The modulation stays on.
    assert row == measure(subject, prune_further(pruned, 0.4), stress, assessment="acute")
    found = {(0, Key("ssri", "combined")): 90.0}
    drop = {Key("ssri", "acute_drop"): 90.0 - 100 * row.correct / 1500}
    assert values_of("acute", [row], found) == drop


@pytest.mark.parametrize(
    ("start", "cap", "reached"), [(0.985, 0.99, 0.99), (0.5, 0.8, 0.8), (0.5, 1.0, 0.95)]
)
def test_an_acute_relapse_stops_at_its_cap(subject, network, standard, start, cap, reached):
    pruned = prune(network, start)
    (row,) = relapsed_at_once(subject, pruned, standard, prune=0.9, cap=cap)
    assert row.sparsity == prune(pruned, reached).sparsity
    assert (row.sparsity < prune_further(pruned, 0.9).sparsity) == (cap < 1)


# Longitudinal relapse


def test_cycle_0_is_a_fresh_measurement_and_each_cycle_prunes_a_tenth_of_the_survivors(
    network, cycled
):
    rows = cycled(prune(network, 0.5))
    assert [row.cycle for row in rows] == [0, 1, 2, 3]
    assert {row.condition for row in rows} == {"combined"}
    assert [row.sparsity for row in rows] == pytest.approx([0.5, 0.55, 0.595, 0.6355], abs=0.01)


def test_stress_cycles_have_no_cap(network, cycled):
    rows = cycled(prune(network, 0.985), cycles=1, maintenance=[], prune=0.9)
    assert rows[1].sparsity > 0.99


def test_a_booster_comes_in_every_nth_cycle(network, cycled):
    booster = {"regrow": {"fraction": 0.5, "batches": 2, "sd": 0.03}, "every": 2}
    rows = cycled(prune(network, 0.5), cycles=4, maintenance=[booster])
    # A tenth of the survivors goes in every cycle, before half of what is pruned comes back in 2
    # and 4 and the network is measured.
    expected = [0.5, 0.55, 0.2975, 0.368, 0.216]
    assert [row.sparsity for row in rows] == pytest.approx(expected, abs=0.01)


def test_more_cycles_do_not_change_the_first_ones(subject, network, cycled):
    pruned = prune(network, 0.5)
    short, history = cycled(pruned, cycles=2), list(subject.history)
    assert cycled(pruned, cycles=4)[:3] == short
    assert subject.history[: len(history)] == history


def test_the_maintenance_history_names_its_cycle(subject, network, cycled):
    train = {"train": {"epochs": 2, "lr": 1e-3, "noise": [0.3, 0.0]}}
    cycled(prune(network, 0.5), cycles=2, maintenance=[train])
    assert [(row.stage, row.cycle, row.epoch, row.noise) for row in subject.history] == [
        ("maintenance", 1, 0, 0.3),
        ("maintenance", 1, 1, 0.0),
        ("maintenance", 2, 0, 0.3),
        ("maintenance", 2, 1, 0.0),
    ]


def test_the_modulation_survives_pruning_training_and_measurement(
    subject, network, standard, cycled, monkeypatch
):
    seen = []

    def count_correct(network, points, **noise):
        seen.append(network.modulation)
        return 0

    monkeypatch.setattr(plain, "count_correct", count_correct)
    on = modulated(prune(network, 0.5), ON)
    evaluated(subject, on, standard)
    relapsed_at_once(subject, on, standard)
    cycled(on, cycles=2)
    assert seen == [ON] * (6 + 1 + 3)


def outcome(*accuracies, threshold=0.8):
    """The values of stress cycles of these accuracies, in points of 4000."""
    rows = [
        Measurement(
            0, "ssri", "relapse", "combined", "on", 1.0, 0.5, cycle, 0.5 + cycle / 10,
            correct, 4000, correct / 4000,
        )
        for cycle, correct in enumerate(accuracies)
    ]  # fmt: skip
    values = values_of("relapse", rows, threshold=threshold)
    return {key.number: v for key, v in values.items() if key.level is key.cycle is None}, values


def test_a_network_relapses_at_its_first_cycle_below_the_threshold():
    told, values = outcome(3600, 3199, 3600, 2000)
    assert told == {
        "total_drop": 40.0,
        "mean_accuracy": pytest.approx(77.49375),
        "final_accuracy": 50.0,
        "responded": 1.0,
        "slow_response": 0.0,
        "relapsed_after_response": 1.0,
        "relapsed": 1.0,
        "not_relapsed": 0.0,
        "relapse_cycle": 1.0,
    }
    assert values[Key("ssri", "longitudinal_combined", cycle=2)] == 90.0
    assert values[Key("ssri", "longitudinal_sparsity", cycle=2)] == pytest.approx(70.0)


def test_cycle_0_counts_and_an_accuracy_at_the_threshold_is_not_a_relapse():
    assert outcome(3199, 3600)[0]["relapse_cycle"] == 0.0
    never = outcome(3200, 3200)[0]
    assert "relapse_cycle" not in never
    assert (never["relapsed"], never["not_relapsed"]) == (0.0, 1.0)
    # 100 * 0.55 is a little more than 55.
    assert outcome(2200, threshold=0.55)[0]["relapsed"] == 0.0
    assert outcome(2199, threshold=0.55)[0]["relapsed"] == 1.0


# Switch liability


def test_the_study_of_switch_liability_is_the_papers_with_gains_and_biased_noise(paper):
    original = validate(paper)
    study = validate(overlaid(paper, "studies/switch.yaml"))
    options = study.options_of("switch").model_dump(exclude_none=True)
    assert options == {"bias": 1.0, "internal_noise": 1.0}
    assert "switch" not in original.measures
    courses = {name: slices.treat(study, name)["course"] for name in study.treatments}
    assert courses["ketamine"][:2] == [
        {"regrow": {"fraction": 0.5, "batches": 30, "sd": 0.03}},
        {"modulate": {"gain": 1.25}},
    ]
    assert courses["ssri"] == [
        {"train": {"epochs": 100, "lr": 1e-5, "noise": [0.5, 0.0], "gain": [1.0, 1.6]}}
    ]
    assert courses["neurosteroid"][0] == {
        "modulate": {"activation": "tanh", "damping": 0.7, "gain": 0.85}
    }
    for name in study.treatments:
        told = [slices.measure(each, "relapse", name) for each in (study, original)]
        assert told[0] == told[1]


def test_activity_is_the_mean_over_layers_of_absolute_activity():
    # Two points, 1 and -2 in; two hidden layers, of one unit and of three; ReLU, then tanh.
    network = dense(
        [
            np.array([[1.0, 0.0]], np.float32),
            np.array([[2.0], [-2.0], [0.0]], np.float32),
            np.ones((4, 3), np.float32),
        ],
        [np.zeros(1, np.float32), np.zeros(3, np.float32), np.zeros(4, np.float32)],
    )
    x = np.array([[1.0, 0.0], [-2.0, 0.0]], np.float32)
    # Layer 1: 1.5 and 0. Layer 2: 2 * 1.5 * 1.5 = 4.5 in one unit at one point, 0 elsewhere.
    relu = modulated(network, Modulation(damping=0.5, gain=3.0))
    assert mean_activity(relu, x) == pytest.approx((1.5 / 2 + 4.5 / 6) / 2)
    first = 1.5 * np.tanh([1.0, -2.0])
    second = 1.5 * np.tanh(np.outer([2, -2, 0], first))
    expected = (np.abs(first).mean() + np.abs(second).mean()) / 2
    tanh = modulated(network, Modulation("tanh", 0.5, 3.0))
    assert mean_activity(tanh, x) == pytest.approx(expected, rel=1e-6)


def test_activity_leads_to_the_logits_of_the_engine(network, standard):
    on = modulated(network, ON)
    right = int((logits(on, standard.x).argmax(axis=1) == standard.labels).sum())
    assert right == plain.count_correct(
        on, standard, input_noise=0.0, internal_noise=0.0, generator=plain.generator(0)
    )
    assert len(hidden_activity(on, standard.x)) == len(network.weights) - 1


@pytest.mark.parametrize("engine", [fast, plain])
def test_biased_noise_is_measured_with_the_gain_on_and_off(engine, network, standard):
    on = modulated(network, ON)
    rows = switch.run(
        Subject(0, "neurosteroid", engine),
        on,
        standard=standard,
        bias=1.5,
        internal_noise=1.0,
        withdrawal=True,
    )
    assert [row.modulation for row in rows] == ["on", "off"]
    assert [row.activity for row in rows] == [mean_activity(s, standard.x) for s in (on, network)]
    # Both under the same noise, of this mean and this σ.
    assert [row.correct for row in rows] == [
        engine.count_correct(
            state,
            standard,
            input_noise=0.0,
            internal_noise=1.0,
            internal_bias=1.5,
            generator=engine.generator(0, "measure", "switch", 1.5, 1.0),
        )
        for state in (on, network)
    ]
    values = values_of("switch", rows)
    for row in rows:
        key = Key("neurosteroid", "biased", row.modulation)
        assert values[key] == 100 * row.correct / 1500
        assert values[key._replace(number="activity")] == row.activity


def test_a_network_has_switched_if_it_is_below_the_threshold_under_biased_noise():
    def switched(correct, **options):
        row = switch.Row(0, "ssri", "on", 1.0, 1.0, correct, 1000, correct / 1000, 0.1)
        return values_of("switch", [row], **options).get(Key("ssri", "switched"))

    assert [switched(correct, threshold=0.55) for correct in (549, 550)] == [1.0, 0.0]
    assert switched(549) is None
