"""The replays of single published runs: the order of work, and the gradients left over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline_lib import items
from pipeline_lib.analysis.digits import printed_verdict, single_as_printed
from pipeline_lib.analysis.published import read_published
from pipeline_lib.engines import plain
from pipeline_lib.errors import PipelineError
from pipeline_lib.model.task import points
from pipeline_lib.replay.single import Replayed
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


def tiny(paper, chapter):
    return overlaid(paper, f"studies/series/{chapter}.yaml") | TINY


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_replay_has_every_published_number_of_its_chapter_once(paper, chapter):
    study = slices.replay(validate(tiny(paper, chapter)))
    order, runs = items.load("replay.orders", chapter), CHAPTERS[chapter]["reproduction"]["replay"]
    rows = [row for stream in runs["streams"] for row in order.replay(stream, study)]
    assert len({replace(row, value=0.0) for row in rows}) == len(rows)
    published = read_published(ROOT / CHAPTERS[chapter]["reproduction"]["published"])
    compared = single_as_printed(rows, published)
    assert [row for row in compared if not row.ours] == []
    # This network is not the published one, so some numbers must differ.
    assert not all(row.equal for row in compared)


def test_single_numbers_are_compared_with_the_decimals_and_the_sign_that_were_printed(tmp_path):
    columns = "table,treatment,number,modulation,level,cycle,seed,mean,sd,min,max,count,n_seeds"
    lines = [f"t,a,{name},on,,,42,{mean},,,,,1" for name, mean in (("x", "-0.0"), ("y", "52"))]
    (tmp_path / "published.csv").write_text("\n".join([columns, *lines]), encoding="utf-8")
    published = read_published(tmp_path / "published.csv")

    def verdict(x, y, seed=42):
        rows = [Replayed("t", "a", "x", None, seed, x), Replayed("t", "a", "y", None, seed, y)]
        return printed_verdict(single_as_printed(rows, published))

    assert verdict(-0.04, 52.4).startswith("2 of 2")
    assert verdict(0.04, 52.4).startswith("1 of 2")
    assert verdict(-0.04, 52.6).startswith("1 of 2")
    assert verdict(-0.04, 52.4, seed=1).startswith("0 of 2")


def test_the_gradient_of_the_last_mini_batch_is_added_to_the_first_scored_one(network):
    data = points("training", 0, centres=CENTRES, sd=0.8, train=40)
    options = {"batches": 1, "batch_size": 40}

    def scores(leftover=()):
        generator = torch.Generator().manual_seed(3)
        return plain.gradient_magnitudes(
            network, data, **options, generator=generator, leftover=leftover
        )

    leftover = []
    fitted, _ = plain.fit(
        network,
        data,
        epochs=1,
        lr=1e-30,
        batch_size=40,
        noise=(0.0, 0.0),
        generator=torch.Generator().manual_seed(3),
        leftover=leftover,
    )
    # A step of this size changes nothing, and the only batch holds the same points.
    for before, after in zip(network.weights, fitted.weights, strict=True):
        assert np.array_equal(before, after)
    for plain_score, with_leftover in zip(scores(), scores(leftover), strict=True):
        assert plain_score.any()
        np.testing.assert_array_equal(with_leftover, 2 * plain_score)


def test_an_order_of_work_that_does_not_exist_is_refused(paper):
    wrong = paper["reproduction"] | {"replay": {"order": "ch99", "streams": [42]}}
    with pytest.raises(PipelineError, match=r"order is 'ch99'; it must be one of ch01, ch02"):
        validate(paper | {"reproduction": wrong})
