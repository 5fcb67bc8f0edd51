"""The estimate of the remaining time of a study."""

from __future__ import annotations

import pytest

from pipeline_lib.jobs.progress import Progress, spoken


def study(*kinds):
    return Progress(dict(enumerate(kinds)))


def run(progress, job, start, end):
    progress.start(job, start)
    progress.finish(job, end)


def test_remaining_jobs_are_expected_to_take_as_long_as_others_of_their_kind():
    progress = study("train", "test", "train", "test", "test")
    run(progress, 0, 100, 130)
    run(progress, 1, 130, 132)
    assert progress.left(132) == 30 + 2 + 2


def test_two_cores_halve_the_remaining_time():
    progress = study("train", "train", "train", "train")
    run(progress, 0, 0, 10)
    run(progress, 1, 0, 10)
    assert progress.left(10) == 10


def test_running_jobs_count_as_partly_done():
    progress = study("train", "train", "train")
    run(progress, 0, 0, 10)
    progress.start(1, 10)
    assert progress.left(14) == 6 + 10
    # Longer than the others, it may end at any moment.
    assert progress.left(30) == pytest.approx(10 * 30 / 20)


def test_there_is_no_estimate_while_most_remaining_jobs_are_of_unknown_kinds():
    progress = study("long", "long", "short", "short", "short")
    assert progress.left(0) is None
    run(progress, 0, 0, 60)
    assert progress.left(60) is None
    run(progress, 2, 60, 61)
    assert progress.left(61) == 60 + 1 + 1


def test_jobs_of_an_unknown_kind_are_expected_to_take_the_average_time():
    progress = study("long", "long", "short", "short", "new")
    run(progress, 0, 0, 9)
    run(progress, 2, 9, 10)
    assert progress.left(10) == 9 + 1 + 5


def test_jobs_that_were_not_announced_do_not_count():
    progress = study("train", "train")
    run(progress, 7, 0, 5)
    run(progress, 0, 5, 15)
    assert progress.left(15) == 10


def test_there_is_no_estimate_from_jobs_that_took_no_time():
    progress = study("prune", "prune")
    run(progress, 0, 3, 3)
    assert progress.left(3) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "less than a minute left"),
        (40, "about 1 minute left"),
        (1500, "about 25 minutes left"),
        (2.4 * 3600, "about 2 hours left"),
    ],
)
def test_times_are_rounded_to_the_precision_of_the_estimate(seconds, words):
    assert spoken(seconds) == words
