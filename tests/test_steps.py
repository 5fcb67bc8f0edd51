"""A treatment is a course of steps; each step does one thing to the network."""

from dataclasses import replace

import pytest

from pipeline_lib.engines import plain
from pipeline_lib.errors import PipelineError
from pipeline_lib.model.network import UNMODULATED, Modulation
from pipeline_lib.names import BASELINE
from pipeline_lib.steps import Setting, take
from tests.conftest import modulated, same_bytes

TRAIN = {"train": {"epochs": 1, "lr": 1e-3}}
ON = Modulation("tanh", 0.7, gain=1.6)


@pytest.fixture
def setting(points):
    return Setting(plain, points, 128, 5)


def test_a_share_of_the_units_is_drawn_once_for_a_seed(network, points):
    def modulated_units(units, seed=5):
        step = {"modulate": {"activation": "tanh", "units": units}}
        treated = take([step], network, Setting(plain, points, 128, seed), None)
        return [set(layer) for layer in treated.modulation.units]

    half, less = modulated_units(0.5), modulated_units(0.25)
    assert [len(layer) for layer in (*half, *less)] == [12, 8, 6, 4]
    assert all(few < many for few, many in zip(less, half, strict=True))
    assert modulated_units([0.5, 0]) == [half[0], set()]
    assert modulated_units(1) == [set(range(24)), set(range(16))]
    # Each layer has a draw of its own, and each seed as well.
    assert half[0] & set(range(16)) != half[1]
    assert modulated_units(0.5, seed=6) != half


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


def test_a_stabiliser_can_stay_when_the_drug_is_stopped_and_wear_off(network, setting):
    stabiliser = {"inhibition": 0.15, "gain_cap": 1.05, "bias_damping": 0.3}
    drug, stop = {"modulate": {"units": 0.5} | stabiliser}, {"withdraw": {"keep": list(stabiliser)}}
    steps = [drug, stop, {"modulate": {"inhibition": 0.0}}]
    on, stopped, worn = (
        take(steps[:n], modulated(network, ON), setting, None).modulation for n in (1, 2, 3)
    )
    assert on == replace(ON, units=on.units, **stabiliser)
    assert stopped == replace(UNMODULATED, units=on.units, **stabiliser)
    assert worn == replace(stopped, inhibition=0.0)
    assert (ON.effective_gain, on.effective_gain, stopped.effective_gain) == (1.6, 1.05, 1.0)


def test_a_step_with_every_is_taken_in_every_nth_cycle(network, setting):
    step = {"every": 3, "prune": {"fraction": 0.5}}
    cycles = range(1, 10)
    taken = [c for c in cycles if take([step], network, setting, None, cycle=c).sparsity > 0]
    assert taken == [3, 6, 9]


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
    assert cycles(0.7, 3) == cycles(0.7, 3, ({"withdraw": {}}, {"prune": {"sparsity": 0.5}}))
    # Whoever keeps to a step with a low chance keeps to one with a higher chance.
    assert set(cycles(0.3, 3)) < set(cycles(0.9, 3))
    assert (cycles(0.0, 3), cycles(1.0, 3)) == ([], [*range(1, 9)])
    # A chance is met in the cycles that a step is due in.
    every_other = [{"every": 2, "prune": {"fraction": 0.5}}]
    assert cycles(0.7, 3, every_other) == [c for c in cycles(0.7, 3) if c % 2 == 0]


def test_a_missed_step_draws_nothing(network, setting):
    def taken(*steps):
        return take(steps, network, setting, plain.generator(0), cycle=1)

    assert same_bytes(taken({"chance": 0.0, **TRAIN}, TRAIN), taken(TRAIN))


def test_repeat_takes_its_steps_in_order_as_if_they_were_written_out(network, points):
    inner = [{"prune": {"fraction": 0.3}}, {"train": {"epochs": 2, "lr": 1e-3}}]
    nested = {"repeat": {"times": 2, "steps": [{"repeat": {"times": 1, "steps": inner}}, TRAIN]}}
    setting, other = (Setting(plain, points, 128, 5) for _ in range(2))
    found = take([{"withdraw": {}}, nested], network, setting, plain.generator(0))
    written = take([*inner, TRAIN] * 2, network, other, plain.generator(0))
    assert same_bytes(found, written)
    assert found.sparsity == pytest.approx(1 - 0.7**2, abs=0.01)
    # Its epochs are those of one step: each row of the history has a place of its own.
    assert [(row.step, row.epoch) for row in setting.history] == [(1, n) for n in range(6)]


DIVERGES = {"train": {"epochs": 1, "lr": 1e30}}
AGAIN = {"repeat": {"times": 3, "steps": [TRAIN, DIVERGES]}}


@pytest.mark.parametrize(
    ("steps", "where", "place"),
    [
        ([{"withdraw": {}}, DIVERGES], {}, r"course\[1\]\.train"),
        ([DIVERGES], {"stage": "maintenance", "cycle": 2}, r"cycle 2, maintenance\[0\]\.train"),
        ([DIVERGES], {"stage": BASELINE}, "baseline"),
        ([AGAIN], {}, r"course\[0\]\.repeat: time 1, steps\[1\]\.train"),
    ],
)
def test_an_error_names_the_step_that_failed(network, setting, steps, where, place):
    with pytest.raises(PipelineError, match=f"^{place}: .* diverged"):
        take(steps, network, setting, plain.generator(0), **where)
