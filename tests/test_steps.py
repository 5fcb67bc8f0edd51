"""A treatment is a course of steps; each step does one thing to the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline_lib.engines import fast, plain
from pipeline_lib.errors import PipelineError
from pipeline_lib.model.network import UNMODULATED, Modulation
from pipeline_lib.names import BASELINE
from pipeline_lib.steps import Setting, kinds, take
from tests.conftest import modulated, same_bytes

TRAIN = {"train": {"epochs": 1, "lr": 1e-3}}
ON = Modulation("tanh", 0.7, gain=1.6)


@pytest.fixture
def setting(points):
    return Setting(plain, points, 128, 5)


def test_steps_are_taken_in_order(network, setting):
    course = [{"prune": {"sparsity": 0.5}}, {"prune": {"fraction": 0.5}}]
    assert take(course, network, setting, None).sparsity == pytest.approx(0.75, abs=0.01)
    assert take(course[::-1], network, setting, None).sparsity == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("options", "modulation"),
    [
        ({"activation": "tanh", "damping": 0.5}, Modulation("tanh", 0.5, 1.6)),
        ({"activation": "relu"}, Modulation("relu", 0.7, 1.6)),
        ({"gain": 1.25}, Modulation("tanh", 0.7, 1.25)),
    ],
)
def test_modulate_changes_only_the_given_options(network, setting, options, modulation):
    treated = take([{"modulate": options}], modulated(network, ON), setting, None)
    assert treated.modulation == modulation
    assert same_bytes(treated, network)


def test_a_share_of_the_units_is_drawn_once_for_a_seed(network, points):
    def modulated_units(units, seed=5):
        step = {"modulate": {"activation": "tanh", "units": units}}
        treated = take([step], network, Setting(plain, points, 128, seed), None)
        assert same_bytes(treated, network)
        return [set(layer) for layer in treated.modulation.units]

    half, less = modulated_units(0.5), modulated_units(0.25)
    assert [len(layer) for layer in (*half, *less)] == [12, 8, 6, 4]
    assert all(few < many for few, many in zip(less, half, strict=True))
    assert modulated_units([0.5, 0]) == [half[0], set()]
    assert modulated_units(1) == [set(range(24)), set(range(16))]
    # Each unit is among them in about half of the seeds, and each layer has a draw of its own.
    drawn = [modulated_units(0.5, seed) for seed in range(200)]
    for layer, count in enumerate((24, 16)):
        share = [np.mean([unit in units[layer] for units in drawn]) for unit in range(count)]
        assert np.allclose(share, 0.5, atol=5 * 0.5 / 200**0.5)
    assert any(first & set(range(16)) != second for first, second in drawn)


def test_what_a_later_step_does_not_name_stays_with_the_units_that_were_drawn(network, setting):
    steps = [{"modulate": {"damping": 0.7, "units": 0.5}}, {"modulate": {"gain": 1.6}}]
    first, last = (take(steps[:n], network, setting, None).modulation for n in (1, 2))
    assert last == replace(first, gain=1.6)
    assert take([*steps, {"withdraw": {}}], network, setting, None).modulation == UNMODULATED


@pytest.mark.parametrize("engine", [fast, plain], ids=["fast", "plain"])
@pytest.mark.parametrize(("share", "as_if"), [(0, UNMODULATED), (1, Modulation("tanh", 0.7, 1.3))])
def test_no_unit_is_as_good_as_no_drug_and_every_unit_as_a_whole_one(
    network, points, engine, share, as_if
):
    drug = {"modulate": {"activation": "tanh", "damping": 0.7, "gain": 1.3, "units": share}}
    train = {"train": {"epochs": 2, "lr": 1e-3, "noise": [0.3, 0.0]}}
    setting = Setting(engine, points, 128, 5)
    found = take([drug, train], network, setting, engine.generator(1))
    expected = take([train], modulated(network, as_if), setting, engine.generator(1))
    assert same_bytes(found, expected)
    noise = {"input_noise": 1.0, "internal_noise": 0.5, "internal_bias": 0.5}
    one, other = (
        engine.count_correct(each, points, generator=engine.generator(2), **noise)
        for each in (found, expected)
    )
    assert one == other


def test_withdraw_restores_relu_without_damping_or_gain(network, setting):
    treated = take([{"withdraw": {}}], modulated(network, ON), setting, None)
    assert treated.modulation == UNMODULATED == Modulation("relu", 1.0, 1.0)
    assert same_bytes(treated, network)


def test_a_stabiliser_can_stay_when_the_drug_is_stopped_and_wear_off(network, setting):
    stabiliser = {"inhibition": 0.15, "gain_cap": 1.05, "bias_damping": 0.3}
    steps = [
        {"modulate": {"units": 0.5} | stabiliser},
        {"withdraw": {"keep": list(stabiliser)}},
        {"modulate": {"inhibition": 0.0}},
    ]
    on, stopped, worn = (
        take(steps[:n], modulated(network, ON), setting, None).modulation for n in (1, 2, 3)
    )
    assert on == replace(ON, units=on.units, **stabiliser)
    assert stopped == replace(UNMODULATED, units=on.units, **stabiliser)
    assert worn == replace(stopped, inhibition=0.0)
    assert (ON.effective_gain, on.effective_gain, stopped.effective_gain) == (1.6, 1.05, 1.0)


def test_training_under_modulation_keeps_it(network, setting):
    treated = take([TRAIN], modulated(network, ON), setting, plain.generator(0))
    assert treated.modulation == ON
    assert not same_bytes(treated, network)


def test_training_without_a_noise_schedule_has_none(network, setting):
    with_zero = {"train": {**TRAIN["train"], "noise": [0.0, 0.0]}}
    assert same_bytes(
        take([TRAIN], network, setting, plain.generator(0)),
        take([with_zero], network, setting, plain.generator(0)),
    )


def test_a_step_with_every_is_taken_in_every_nth_cycle(network, setting):
    step = {"every": 3, "prune": {"fraction": 0.5}}
    cycles = range(1, 10)
    taken = [c for c in cycles if take([step], network, setting, None, cycle=c).sparsity > 0]
    assert taken == [3, 6, 9]
    assert kinds([step, TRAIN, step]) == ["prune", "train"]


def test_a_step_with_a_chance_is_taken_in_that_share_of_cycles_by_all_treatments(network, points):
    def cycles(chance, seed, steps=({"prune": {"fraction": 0.5}},)):
        setting = Setting(plain, points, 128, seed)
        steps = [{"chance": chance, **step} for step in steps]
        return [
            cycle
            for cycle in range(1, 9)
            if take(steps, network, setting, plain.generator(seed), cycle=cycle).sparsity > 0
        ]

    taken = [(seed, cycle) for seed in range(50) for cycle in cycles(0.7, seed)]
    assert len(taken) / 400 == pytest.approx(0.7, abs=5 * (0.7 * 0.3 / 400) ** 0.5)
    assert len({tuple(cycles(0.7, seed)) for seed in range(20)}) > 10
    assert cycles(0.7, 3) == cycles(0.7, 3, ({"withdraw": {}}, {"prune": {"sparsity": 0.5}}))
    # Whoever keeps to a step with a low chance keeps to one with a higher chance.
    assert set(cycles(0.3, 3)) < set(cycles(0.9, 3))
    assert (cycles(0.0, 3), cycles(1.0, 3)) == ([], [*range(1, 9)])
    # A chance is met in the cycles that a step is due in.
    every_other = [{"every": 2, "prune": {"fraction": 0.5}}]
    assert cycles(0.7, 3, every_other) == [c for c in cycles(0.7, 3) if c % 2 == 0]


def test_a_missed_step_draws_nothing(network, points):
    def taken(steps):
        return take(steps, network, Setting(plain, points, 128, 5), plain.generator(0), cycle=1)

    assert same_bytes(taken([{"chance": 0.0, **TRAIN}, TRAIN]), taken([TRAIN]))


def test_repeat_takes_its_steps_in_order_as_if_they_were_written_out(network, points):
    inner = [{"prune": {"fraction": 0.3}}, {"train": {"epochs": 2, "lr": 1e-3}}]
    setting = Setting(plain, points, 128, 5)
    nested = {"repeat": {"times": 2, "steps": [{"repeat": {"times": 1, "steps": inner}}, TRAIN]}}
    found = take([{"withdraw": {}}, nested], network, setting, plain.generator(0))
    written = take([*inner, TRAIN] * 2, network, Setting(plain, points, 128, 5), plain.generator(0))
    assert same_bytes(found, written)
    assert found.sparsity == pytest.approx(1 - 0.7**2, abs=0.01)
    # Its epochs are those of one step: each row of the history has a place of its own.
    assert [(step, epoch.epoch) for step, epoch in setting.history] == [(1, n) for n in range(6)]
    assert kinds([nested]) == ["repeat", "prune", "train"]


def test_the_history_names_the_step_and_the_row_its_place(network, setting):
    course = [{"prune": {"sparsity": 0.5}}, TRAIN, {"train": {"epochs": 2, "lr": 1e-3}}]
    take(course, network, setting, plain.generator(0))
    rows = setting.rows(7, "ssri", "maintenance", cycle=4)
    assert [(row.step, row.epoch) for row in rows] == [(1, 0), (2, 0), (2, 1)]
    assert {(r.seed, r.treatment, r.stage, r.cycle) for r in rows} == {
        (7, "ssri", "maintenance", 4)
    }


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ({}, r"course\[1\]\.train"),
        ({"stage": "maintenance", "cycle": 2}, r"cycle 2, maintenance\[1\]\.train"),
    ],
)
def test_an_error_names_the_step_that_failed(network, setting, where, place):
    steps = [{"withdraw": {}}, {"train": {"epochs": 1, "lr": 1e30}}]
    with pytest.raises(PipelineError, match=f"^{place}: .* diverged"):
        take(steps, network, setting, plain.generator(0), **where)


def test_an_error_inside_a_repeat_names_the_step_there(network, setting):
    steps = [{"withdraw": {}}, {"train": {"epochs": 1, "lr": 1e30}}]
    place = r"course\[0\]\.repeat: time 1, steps\[1\]\.train"
    with pytest.raises(PipelineError, match=f"^{place}: .* diverged"):
        take([{"repeat": {"times": 3, "steps": steps}}], network, setting, plain.generator(0))


def test_an_error_in_the_healthy_networks_training_names_its_section(network, setting):
    steps = [{"train": {"epochs": 1, "lr": 1e30}}]
    with pytest.raises(PipelineError, match=r"^baseline: .* diverged"):
        take(steps, network, setting, plain.generator(0), stage=BASELINE)
