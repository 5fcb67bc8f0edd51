"""A treatment is a course of steps; each step does one thing to the network."""

import pytest

from pipeline_lib.engines import plain
from pipeline_lib.model.network import UNMODULATED, Modulation, modulated
from pipeline_lib.model.pruning import prune
from pipeline_lib.steps.course import STEPS, Setting, run
from pipeline_lib.study.treatments import KINDS
from tests.conftest import same_bytes

TRAIN = {"train": {"epochs": 1, "lr": 1e-3}}


@pytest.fixture
def setting(points):
    return Setting(plain, points, 128)


def test_every_step_kind_of_the_config_has_a_function_and_the_reverse():
    assert set(KINDS) == set(STEPS)


def test_steps_run_in_their_order(network, setting):
    course = [{"prune": {"sparsity": 0.5}}, {"prune": {"fraction": 0.5}}]
    assert run(course, network, setting, None).sparsity == pytest.approx(0.75, abs=0.01)
    assert run(course[::-1], network, setting, None).sparsity == pytest.approx(0.5, abs=0.01)


def test_modulate_changes_every_hidden_layer_and_no_weight(network, setting):
    step = {"modulate": {"activation": "tanh", "damping": 0.7}}
    treated = run([step], network, setting, None)
    assert treated.modulation == Modulation("tanh", 0.7)
    assert same_bytes(treated, network)


def test_modulate_leaves_what_it_does_not_name(network, setting):
    on = modulated(network, Modulation("tanh", 0.7))
    assert run([{"modulate": {"gain": 1.25}}], on, setting, None).modulation == Modulation(
        "tanh", 0.7, 1.25
    )


def test_withdraw_takes_gain_off(network, setting):
    on = modulated(network, Modulation(gain=1.6))
    assert run([{"withdraw": {}}], on, setting, None).modulation == UNMODULATED


def test_a_step_with_every_is_taken_in_every_so_manieth_cycle(network, setting):
    step = {"prune": {"fraction": 0.5}, "every": 3}
    taken = [
        cycle
        for cycle in range(1, 10)
        if run([step], network, setting, None, cycle=cycle).sparsity > 0
    ]
    assert taken == [3, 6, 9]


def test_withdraw_brings_back_relu_and_takes_damping_off(network, setting):
    on = modulated(network, Modulation("tanh", 0.7))
    assert (
        run([{"withdraw": {}}], on, setting, None).modulation
        == UNMODULATED
        == Modulation("relu", 1.0)
    )


def test_training_under_modulation_keeps_it(network, setting):
    course = [{"modulate": {"activation": "tanh", "damping": 0.7}}, TRAIN]
    treated = run(course, network, setting, plain.generator(0))
    assert treated.modulation == Modulation("tanh", 0.7)
    assert not same_bytes(treated, network)


def test_training_without_a_noise_schedule_has_none(network, setting):
    with_zero = {"train": {**TRAIN["train"], "noise": [0.0, 0.0]}}
    assert same_bytes(
        run([TRAIN], network, setting, plain.generator(0)),
        run([with_zero], network, setting, plain.generator(0)),
    )


def test_the_history_names_the_step(network, setting):
    course = [{"prune": {"sparsity": 0.5}}, TRAIN, TRAIN]
    run(course, network, setting, plain.generator(0))
    assert [step for step, _ in setting.history] == [1, 2]


def test_an_empty_course_changes_nothing(network, setting):
    assert run([], network, setting, None) is network


def test_a_course_leaves_the_given_network_as_it_was(network, setting):
    pruned = prune(network, 0.9)
    again = prune(network, 0.9)
    course = [{"regrow": {"fraction": 0.5, "batches": 2, "sd": 0.03}}, TRAIN]
    run(course, pruned, setting, plain.generator(0))
    assert same_bytes(pruned, again)
