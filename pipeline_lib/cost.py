"""What a job may cost at the most: the limits that a cluster's queue is asked for.

A queue ends what goes over its limit, and lets wait what asks for much. So these are bounds, not
estimates: training is taken to be of the dense network, and twice as slow as measured
(docs/performance.md). `docs/scaling.md` sets them beside what jobs used.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

from pipeline_lib.config import Study
from pipeline_lib.courses import Step

# Products of a weight, a sample and an epoch of training: forward, and back to both.
PRODUCTS = 6
RATES = {"fast": 75e9, "plain": 45e9}  # products a second of one core, dense, as measured
SLACK = 2.0
START = 60.0  # seconds: imports, and the compilation of kernels at a first job

REPLAY = "replay"  # a stage that goes through all others, on the plain engine

MEGABYTES = 600.0  # at the most, of the paper's network (docs/performance.md)
MEGABYTES_PER_WEIGHT = 1e-4


def minutes(study: Study, stage: str, treatment: str | None = None) -> int:
    """Return the time limit of a stage's job in whole minutes."""
    work = _epochs(study, stage, treatment) * study.task.train * _weights(study) * PRODUCTS
    rate = RATES["plain" if stage == REPLAY else study.engine]
    return math.ceil((START + SLACK * work / rate) / 60)


def megabytes(study: Study) -> int:
    """Return the memory limit of any job."""
    return math.ceil(MEGABYTES + MEGABYTES_PER_WEIGHT * _weights(study))


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
        return _trained(course.course)
    if stage == "relapse":
        return study.relapse.cycles * _trained(course.maintenance)
    return 0


def _trained(steps: Iterable[Step]) -> int:
    return sum(step.train.epochs for step in steps if step.train)
