"""The replays of single published runs: the order of work, and the gradients left over."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline_lib import items
from pipeline_lib.analysis.digits import single_as_printed
from pipeline_lib.analysis.published import read_published
from pipeline_lib.engines import plain
from pipeline_lib.errors import PipelineError
from pipeline_lib.measures.change import weight_change
from pipeline_lib.model.network import Modulation, dense
from pipeline_lib.model.task import points
from pipeline_lib.replay.kernels import AVX2, restart_with
from pipeline_lib.replay.single import Replayed, SingleRun
from pipeline_lib.steps import kinds
from pipeline_lib.study import slices
from pipeline_lib.study.overlays import read
from pipeline_lib.study.validation import validate
from tests.conftest import CENTRES, ROOT, overlaid

CHAPTERS = {
    path.stem: read(path)
    for path in sorted((ROOT / "studies/series").glob("*.yaml"))
    if "replay" in read(path)["reproduction"]
}
TINY = {
    "task": {"centres": CENTRES, "sd": 0.8, "train": 60, "test": 50, "clean": 20},
    "network": {"hidden": [12, 10, 8], "init": "torch"},
    "training": {"batch_size": 32},
}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_replay_has_every_published_number_of_its_chapter_once(paper, chapter):
    study = slices.replay(validate(overlaid(paper, f"studies/series/{chapter}.yaml") | TINY))
    runs = CHAPTERS[chapter]["reproduction"]["replay"]
    order, rows = items.load("replay.orders", runs["order"]), []
    for stream in runs["streams"][:2]:
        run = SingleRun(stream, study)
        order.replay(run)
        rows += run.rows
    assert len({replace(row, value=0.0) for row in rows}) == len(rows)
    published = read_published(ROOT / CHAPTERS[chapter]["reproduction"]["published"])
    compared = single_as_printed(rows, published)
    assert [row for row in compared if not row.ours] == []
    # This network is not the published one, so some numbers must differ.
    assert not all(row.equal for row in compared)


def test_the_steps_of_a_replay_are_those_of_courses_and_of_episodes(paper):
    study = validate(overlaid(paper, "studies/series/ch08.yaml"))
    assert {"withdraw", "scar"} < {*kinds(slices.replayed_steps(study))}


@pytest.fixture
def printed(tmp_path):
    """Write and read a table of published numbers."""

    def printed(*lines):
        columns = "table,treatment,number,modulation,level,cycle,seed,mean,sd,min,max,count,n_seeds"
        (tmp_path / "published.csv").write_text("\n".join([columns, *lines]), encoding="utf-8")
        return read_published(tmp_path / "published.csv")

    return printed


def test_single_numbers_are_compared_with_the_decimals_and_the_sign_that_were_printed(printed):
    table = printed("t,a,x,on,,,42,-0.0,,,,,1", "t,a,y,on,,,42,52,,,,,1")

    def equal(x, y, seed=42):
        found = {"x": x, "y": y}
        rows = [Replayed(seed, "a", n, "on", None, None, v, "t") for n, v in found.items()]
        return [row.equal for row in single_as_printed(rows, table)]

    assert equal(-0.04, 52.4) == [True, True]
    assert equal(0.04, 52.4) == [False, True]
    assert equal(-0.04, 52.6) == [True, False]
    assert equal(-0.04, 52.4, seed=1) == [False, False]


def test_numbers_without_a_seed_are_statistics_over_all_runs(printed):
    table = printed("t,a,combined,off,,,,50.0,10.0,40.0,60.0,2,2")

    def equal(*values, modulation="off"):
        place = ("a", "combined", modulation, None, None)
        rows = [Replayed(seed, *place, x, "t") for seed, x in enumerate(values)]
        return [row.equal for row in single_as_printed(rows, table)]

    assert equal(40.04, 60.04) == [True] * 5
    assert equal(40.0, 62.0) == [False, False, True, False, True]
    assert not equal(0.0, 60.0)[-1]
    assert equal(40.0, 60.0, modulation="on") == [False] * 5


PROCESS = """
import os
from pipeline_lib.replay.kernels import restart_with
restart_with("AVX2")
import ctypes
print(ctypes.CDLL(None).mkl_serv_intel_cpu_true(), os.environ["MKL_ENABLE_INSTRUCTIONS"])
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_process_starts_again_with_the_kernels_of_its_run_and_leaves_no_trace(tmp_path):
    variables = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    said = subprocess.check_output([sys.executable, "-c", PROCESS], env=variables, text=True)
    assert said.splitlines() == ["1 AVX2"]
    assert os.listdir(tmp_path) == []


def test_without_a_c_compiler_one_sentence_says_what_is_needed(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(PipelineError, match="needs a C compiler, but `no-such-compiler` could not"):
        restart_with(AVX2)


def test_noise_gets_its_mean_first_and_activity_its_factors_one_after_the_other(network):
    weights = [torch.tensor(weight) for weight in network.weights]
    biases = [torch.tensor(bias) for bias in network.biases]
    x = torch.tensor(points("standard", 0, centres=CENTRES, sd=0.8, test=200).x)
    found = plain.forward(
        *(x, weights, biases, Modulation("tanh", 0.7, 0.85), 0.5),
        torch.Generator().manual_seed(3),
        bias_of_noise=1.0,
    )

    def by_hand(*factors):
        draws, hidden = torch.Generator().manual_seed(3), x
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            hidden = torch.tanh(torch.nn.functional.linear(hidden, weight, bias))
            hidden = hidden + (torch.randn(hidden.shape, generator=draws) * 0.5 + 1.0)
            for factor in factors:
                hidden = hidden * factor
        return torch.nn.functional.linear(hidden, weights[-1], biases[-1])

    assert torch.equal(found, by_hand(0.7, 0.85))
    assert not torch.equal(found, by_hand(0.7 * 0.85))


def test_the_change_of_weights_counts_every_weight_and_no_bias():
    before = dense([np.array([[1.0, 0.0], [2.0, -4.0]], np.float32)], [np.zeros(2, np.float32)])
    weights = (np.array([[1.05, 0.5], [2.0, -3.0]], np.float32),)
    after = replace(before, weights=weights, biases=(np.ones(2, np.float32),))
    found = weight_change(before, after)
    assert found["weight_change_l1"] == pytest.approx((0.05 + 0.5 + 1.0) / 4)
    assert found["weight_change_l2"] == pytest.approx((0.05**2 + 0.5**2 + 1.0) ** 0.5 / 4)
    assert found["synaptic_turnover"] == 0.5  # a change of 5 % is too small


def test_the_gradient_of_the_last_mini_batch_is_added_to_the_first_scored_one(network):
    data = points("training", 0, centres=CENTRES, sd=0.8, train=40)
    options = {"batches": 1, "batch_size": 40}

    def scores(leftover=()):
        generator = torch.Generator().manual_seed(3)
        return plain.gradient_magnitudes(
            network, data, **options, generator=generator, leftover=leftover
        )

    leftover = []
    training = {"epochs": 1, "lr": 1e-30, "batch_size": 40, "noise": (0.0, 0.0)}
    generator = torch.Generator().manual_seed(3)
    # A step of this size changes nothing, and the only batch holds the same points.
    plain.fit(network, data, **training, generator=generator, leftover=leftover)
    for plain_score, with_leftover in zip(scores(), scores(leftover), strict=True):
        assert plain_score.any()
        np.testing.assert_array_equal(with_leftover, 2 * plain_score)


def test_a_gradient_is_left_over_from_training_until_a_network_is_built(paper):
    run = SingleRun(0, slices.replay(validate(overlaid(paper, "studies/series/ch08.yaml") | TINY)))
    trained = run.healthy()
    options = {"batches": 1, "batch_size": 32}

    def scores():
        run.generator.manual_seed(1)
        return run.engine.gradient_magnitudes(
            trained, run.setting.points, **options, generator=run.generator
        )[0]

    left_over = scores()
    run.build()
    generator = torch.Generator().manual_seed(1)
    [alone, *_] = plain.gradient_magnitudes(
        trained, run.setting.points, **options, generator=generator
    )
    assert np.array_equal(scores(), alone)
    assert not np.array_equal(left_over, alone)
