"""What a job costs: an estimate of its time and memory, and the limits a cluster's queue is told.

A queue ends what goes over its limit, and lets wait what asks for much. So limits are bounds, not
estimates: training is taken to be of the dense network, and twice as slow as measured
(docs/performance.md). `docs/scaling.md` sets them beside what jobs used.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

from pipeline_lib.study.config import Study
from pipeline_lib.study.treatments import Step

# Products of a weight, a sample and an epoch of training: forward, and back to both.
PRODUCTS = 6
PRODUCTS_FORWARD = 2  # of a measurement
RATES = {"fast": 75e9, "plain": 45e9}  # products a second of one core, dense, as measured
SMALLEST_BATCH = 32  # points that a smaller mini-batch costs as much as
STEP = {"fast": 2e-5, "plain": 5e-4}  # seconds of a step beside its products
SLACK = 2.0
START = 60.0  # seconds: imports, and the compilation of kernels at a first job
MEASURED_AT_START = 10.0  # seconds of it that the measurements of an ordinary study fit in

REPLAY = "replay"  # a stage that goes through all others, on the plain engine
STAGES = ("baseline", "treat", "evaluate", "acute", "relapse", "switch")
TOGETHER = "together"  # any stage that reads the rows of all seeds at once
SHORT = ("prune", "figure")  # stages of a second or two, whatever the study

MEGABYTES = 600.0  # at the most, of the paper's network (docs/performance.md)
MEGABYTES_PER_WEIGHT = 1e-4
ORDINARY_POINTS = 100_000  # and of so many points, in batches of so many activities
ORDINARY_ACTIVITIES = 4_000_000
MEGABYTES_PER_POINT = 1.5e-4
MEGABYTES_PER_ACTIVITY = 2e-5  # of a unit and a point of a mini-batch
MEGABYTES_PER_ROW, SECONDS_PER_ROW = 1e-3, 1e-4  # of the rows of all seeds (docs/scaling.md)


def minutes(study: Study, stage: str, treatment: str | None = None) -> int:
    """Return the time limit of a stage's job in whole minutes.

    Raises ValueError if there is no such stage.
    """
    if stage not in (*STAGES, *SHORT, REPLAY, TOGETHER):
        raise ValueError(f"there is no stage {stage}")
    measured = max(0.0, _measuring(study, stage) - MEASURED_AT_START)
    work = _training(study, stage, treatment) + measured
    return math.ceil((START + SLACK * work) / 60)


def seconds(study: Study, stage: str, treatment: str | None = None) -> float:
    """Return about how long a stage's job takes on one core, start-up left out."""
    return _training(study, stage, treatment) + _measuring(study, stage)


def megabytes(study: Study, stage: str = "") -> int:
    """Return the memory limit of a stage's job."""
    points = study.task.train + study.task.test + study.task.clean
    batch = min(study.training.batch_size, study.task.train)
    activities = batch * sum(study.layer_sizes)
    if study.switch:
        activities = max(activities, study.task.test * sum(study.layer_sizes) // 2)
    together = rows(study) if stage == TOGETHER else 0
    return math.ceil(
        MEGABYTES
        + MEGABYTES_PER_ROW * together
        + MEGABYTES_PER_WEIGHT * _weights(study)
        + MEGABYTES_PER_POINT * max(0, points - ORDINARY_POINTS)
        + MEGABYTES_PER_ACTIVITY * max(0, activities - ORDINARY_ACTIVITIES)
    )


def _training(study: Study, stage: str, treatment: str | None) -> float:
    engine = "plain" if stage == REPLAY else study.engine
    steps = -(-study.task.train // study.training.batch_size)
    points = max(study.task.train, SMALLEST_BATCH * steps)
    epoch = points * _weights(study) * PRODUCTS / RATES[engine] + steps * STEP[engine]
    return _epochs(study, stage, treatment) * epoch


def _measuring(study: Study, stage: str) -> float:
    if stage == TOGETHER:
        return SECONDS_PER_ROW * rows(study)
    engine = "plain" if stage == REPLAY else study.engine
    accuracies = {
        "evaluate": len(study.evaluate.sweep) + 5,
        "acute": 1,
        "relapse": study.relapse.cycles + 1,
        "switch": 4,  # and mean activities, which cost as much, with the modulation and without
        REPLAY: len(study.treatments) * (len(study.evaluate.sweep) + 7 + study.relapse.cycles),
    }
    points = max(study.task.test, study.task.clean)
    work = accuracies.get(stage, 0) * points * _weights(study) * PRODUCTS_FORWARD
    return work / RATES[engine] + accuracies.get(stage, 0) * 1e-3


def rows(study: Study) -> int:
    """Return how many rows the largest file of all seeds' rows has."""
    treatments = study.treatments.values()
    trained = study.baseline.epochs + sum(
        epochs(kind.course) + study.relapse.cycles * epochs(kind.maintenance) for kind in treatments
    )
    levels = (len(study.treatments) + 2) * (len(study.evaluate.sweep) + 5)
    cycles = len(study.treatments) * (study.relapse.cycles + 1)
    return len(study.seed_list) * max(trained, levels, cycles)


def _weights(study: Study) -> int:
    sizes = study.layer_sizes
    return sum(below * above for below, above in itertools.pairwise(sizes))


def _epochs(study: Study, stage: str, treatment: str | None) -> int:
    if stage == "baseline":
        return study.baseline.epochs
    if stage == REPLAY:
        stages = ((stage, name) for name in study.treatments for stage in ("treat", "relapse"))
        return study.baseline.epochs + sum(_epochs(study, *each) for each in stages)
    if treatment is None:
        return 0
    course = study.treatments[treatment]
    if stage == "treat":
        return epochs(course.course)
    if stage == "relapse":
        return study.relapse.cycles * epochs(course.maintenance)
    return 0


def epochs(steps: Iterable[Step]) -> int:
    """Return how many epochs these steps train for."""
    return sum(step.train.epochs for step in steps if step.train)
