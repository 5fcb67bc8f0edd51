"""PROTOCOL, measurements: what is measured, under which noise, of which network."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pipeline_lib.assessment import relapse as relapse_module
from pipeline_lib.engines import plain
from pipeline_lib.measures.accuracy import Condition, Subject, measure
from pipeline_lib.measures.acute import acute_relapse
from pipeline_lib.measures.evaluate import evaluate
from pipeline_lib.measures.relapse import longitudinal_relapse
from pipeline_lib.model.network import UNMODULATED, Modulation, modulated
from pipeline_lib.model.pruning import prune, prune_further
from pipeline_lib.model.task import clean_points, standard_points
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import CENTRES

COMBINED = {"input_noise": 1.0, "internal_noise": 0.5}


@pytest.fixture
def standard():
    return standard_points(0, centres=CENTRES, sd=0.8, test=1500)


@pytest.fixture
def subject():
    return Subject(0, "ssri", plain)


def assess(subject, network, standard, *, withdrawal=False):
    return evaluate(
        subject,
        network,
        standard=standard,
        clean=clean_points(0, centres=CENTRES, clean=100),
        combined=COMBINED,
        sweep=[0.0, 0.5, 2.5],
        withdrawal=withdrawal,
    )


def test_the_papers_measurements(paper):
    study = validate(paper)
    assert study.evaluate.combined.model_dump() == COMBINED
    assert study.evaluate.sweep == [0.0, 0.5, 1.0, 1.5, 2.5]
    assert study.relapse.model_dump() == {"cycles": 8, "prune": 0.1, "threshold": 0.8}
    assert study.seed_list == list(range(10))
    withdrawals = {name: t.withdrawal for name, t in study.treatments.items()}
    assert withdrawals == {"ketamine": False, "ssri": False, "neurosteroid": True}


def test_every_network_is_measured_clean_standard_combined_and_over_the_sweep(
    subject, network, standard
):
    rows = assess(subject, network, standard)
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


def test_without_noise_the_sweep_equals_the_standard_accuracy(subject, network, standard):
    rows = assess(subject, network, standard)
    assert rows[3].correct == rows[1].correct


def test_withdrawal_measures_combined_and_the_strongest_noise_with_relu_and_no_damping(
    subject, network, standard
):
    on = modulated(network, Modulation("tanh", 0.7, gain=0.85))
    off = [r for r in assess(subject, on, standard, withdrawal=True) if r.modulation == "off"]
    plain_rows = assess(subject, modulated(network, UNMODULATED), standard)
    assert [(r.condition, r.internal_noise) for r in off] == [("combined", 0.5), ("internal", 2.5)]
    # Under the same noise, being off medication is being unmodulated.
    assert [r.correct for r in off] == [plain_rows[2].correct, plain_rows[5].correct]


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


def test_treatments_of_a_seed_meet_the_same_noise(network, standard):
    rows = [
        measure(
            Subject(0, treatment, plain),
            network,
            Condition("combined", standard, **COMBINED),
            assessment="evaluate",
        )
        for treatment in ("ketamine", "ssri")
    ]
    assert rows[0].correct == rows[1].correct


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
            Condition(key["condition"], standard, **COMBINED),
            assessment=key["assessment"],
            cycle=key["cycle"],
        )
    assert states[0] != states[1]


def test_acute_relapse_measures_combined_stress_after_pruning_40_per_cent(
    subject, network, standard
):
    pruned = modulated(prune(network, 0.5), Modulation("tanh", 0.7))
    (row,) = acute_relapse(subject, pruned, standard=standard, combined=COMBINED, prune=0.4)
    assert row.sparsity == pytest.approx(0.7, abs=0.01)
    assert (row.assessment, row.condition, row.modulation) == ("acute", "combined", "on")
    expected = measure(
        subject,
        prune_further(pruned, 0.4),  # its modulation stays on
        Condition("combined", standard, **COMBINED),
        assessment="acute",
    )
    assert row == expected


def test_an_acute_relapse_stops_at_99_per_cent(subject, network, standard):
    wide = prune(network, 0.985)
    (row,) = acute_relapse(subject, wide, standard=standard, combined=COMBINED, prune=0.9)
    assert row.sparsity == pytest.approx(0.99, abs=0.005)


MAINTENANCE = [{"train": {"epochs": 1, "lr": 1e-3}}]


def relapse(subject, network, points, standard, *, cycles=3, maintenance=MAINTENANCE):
    return longitudinal_relapse(
        subject,
        network,
        points=points,
        batch_size=128,
        maintenance=maintenance,
        standard=standard,
        combined=COMBINED,
        cycles=cycles,
        prune=0.1,
    )


def test_cycle_0_is_a_fresh_measurement_and_each_cycle_prunes_a_tenth_of_the_survivors(
    subject, network, points, standard
):
    rows, _ = relapse(subject, prune(network, 0.5), points, standard)
    assert [row.cycle for row in rows] == [0, 1, 2, 3]
    assert {row.condition for row in rows} == {"combined"}
    assert [row.sparsity for row in rows] == pytest.approx([0.5, 0.55, 0.595, 0.6355], abs=0.01)


def test_each_cycle_prunes_then_maintains_then_measures(
    subject, network, points, standard, monkeypatch
):
    calls = []

    def spied(name, function):
        def spy(*args, **kwargs):
            calls.append(name)
            return function(*args, **kwargs)

        return spy

    monkeypatch.setattr(relapse_module, "prune_further", spied("prune", prune_further))
    monkeypatch.setattr(
        relapse_module.treatments, "run", spied("maintain", relapse_module.treatments.run)
    )
    monkeypatch.setattr(relapse_module, "measure", spied("measure", measure))
    relapse(subject, prune(network, 0.5), points, standard, cycles=2)
    assert calls == ["measure"] + ["prune", "maintain", "measure"] * 2


def test_a_booster_comes_in_every_so_manieth_cycle(subject, network, points, standard):
    booster = {"regrow": {"fraction": 0.5, "batches": 2, "sd": 0.03}, "every": 2}
    rows, _ = relapse(
        subject, prune(network, 0.5), points, standard, cycles=4, maintenance=[booster]
    )
    # A tenth of the survivors goes in every cycle; half of what is pruned comes back in 2 and 4.
    assert [row.sparsity for row in rows] == pytest.approx(
        [0.5, 0.55, 0.2975, 0.368, 0.216], abs=0.01
    )


def test_gain_outlasts_pruning_training_and_measurement(
    subject, network, points, standard, monkeypatch
):
    gains = []

    def count_correct(network, points, **noise):
        gains.append(network.modulation.gain)
        return 0

    monkeypatch.setattr(plain, "count_correct", count_correct)
    on = modulated(prune(network, 0.5), Modulation(gain=1.6))
    assess(subject, on, standard)
    acute_relapse(subject, on, standard=standard, combined=COMBINED, prune=0.4)
    relapse(subject, on, points, standard, cycles=2)
    assert gains == [1.6] * (6 + 1 + 3)


def test_more_cycles_leave_the_first_ones_as_they_were(subject, network, points, standard):
    pruned = prune(network, 0.5)
    short, history = relapse(subject, pruned, points, standard, cycles=2)
    long, longer_history = relapse(subject, pruned, points, standard, cycles=4)
    assert long[:3] == short
    assert longer_history[: len(history)] == history


def test_the_maintenance_history_names_its_cycle(subject, network, points, standard):
    maintenance = [{"train": {"epochs": 2, "lr": 1e-3, "noise": [0.3, 0.0]}}]
    _, history = relapse(
        subject, prune(network, 0.5), points, standard, cycles=2, maintenance=maintenance
    )
    assert [(row.stage, row.cycle, row.epoch, row.noise) for row in history] == [
        ("maintenance", 1, 0, 0.3),
        ("maintenance", 1, 1, 0.0),
        ("maintenance", 2, 0, 0.3),
        ("maintenance", 2, 1, 0.0),
    ]


def test_the_untreated_network_is_evaluated_only(paper):
    study = validate(paper)
    assert "untreated" in slices.gather(study, "evaluate")["treatments"]
    for kind in ("acute", "relapse"):
        assert slices.gather(study, kind)["treatments"] == ["ketamine", "ssri", "neurosteroid"]


def test_stress_cycles_have_no_cap(subject, network, points, standard):
    rows, _ = longitudinal_relapse(
        subject,
        prune(network, 0.985),
        points=points,
        batch_size=128,
        maintenance=[],
        standard=standard,
        combined=COMBINED,
        cycles=1,
        prune=0.9,
    )
    assert rows[1].sparsity > 0.99
