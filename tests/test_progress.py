"""The estimate of the remaining time of a study."""

from __future__ import annotations

import pytest

from pipeline_lib.jobs.progress import Progress, spoken


def study(*kinds, ran):
    """Progress of jobs of these kinds, some of which ran: number, start and end."""
    progress = Progress(dict(enumerate(kinds)))
    for job, start, end in ran:
        progress.start(job, start)
        progress.finish(job, end)
    return progress


@pytest.mark.parametrize(
    ("kinds", "ran", "now", "left"),
    [
        # As long as others of their kind.
        (["train", "test", "train", "test"], [(0, 100, 130), (1, 130, 132)], 132, 30 + 2),
        # Two cores halve it.
        (["train"] * 4, [(0, 0, 10), (1, 0, 10)], 10, 10),
        # An unknown kind takes the average.
        (["long", "long", "short", "short", "new"], [(0, 0, 9), (2, 9, 10)], 10, 9 + 1 + 5),
        # Where most jobs are of unknown kinds, nobody can tell.
        (["long", "long", "short", "short", "short"], [(0, 0, 60)], 60, None),
        (["prune", "prune"], [(0, 3, 3)], 3, None),
    ],
)
def test_the_remaining_time_follows_from_the_jobs_that_ran(kinds, ran, now, left):
    assert study(*kinds, ran=ran).left(now) == left


def test_running_jobs_count_as_partly_done():
    progress = study("train", "train", "train", ran=[(0, 0, 10)])
    progress.start(1, 10)
    assert progress.left(14) == 6 + 10
    # Longer than the others, it may end at any moment.
    assert progress.left(30) == pytest.approx(10 * 30 / 20)


def test_times_are_rounded_to_the_precision_of_the_estimate():
    assert spoken(5) == "less than a minute left"
    assert spoken(1500) == "about 25 minutes left"
    assert spoken(2.4 * 3600) == "about 2 hours left"
