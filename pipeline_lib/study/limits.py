"""How large a study may be: what no study means is refused, what takes long is warned of."""

from __future__ import annotations

import os

from pipeline_lib.errors import PipelineError
from pipeline_lib.study import cost
from pipeline_lib.study.config import Study

DAY = 86_400.0  # seconds
LONGEST = 366 * DAY  # of one job
LARGEST = 1_000_000  # MB, of one job
MOST_JOBS = 2_000_000  # which a workflow would plan for an hour, in 40 GB
MANY_JOBS = 100_000

SECONDS_PER_JOB, MEGABYTES_PER_JOB = 1.5e-3, 0.02  # of planning (docs/scaling.md)


def check(study: Study, machine: float | None = None) -> list[str]:
    """Return a sentence for each thing that is very large, with its estimate.

    `machine` is the memory of a core in MB; by default this one's, if it can be told. Raises
    PipelineError, a sentence too, for each thing that is larger than any study means.
    """
    machine = _memory() if machine is None else machine
    stage, treatment, seconds = max(
        (
            (stage, name, cost.seconds(study, stage, name))
            for stage in cost.STAGES
            for name in study.treatments
        ),
        key=lambda job: job[2],
    )
    job = f"{stage} of {treatment}" if stage in ("treat", "relapse") else stage
    megabytes = cost.megabytes(study)
    rows = cost.rows(study)
    gathered = cost.MEGABYTES_PER_ROW * rows
    jobs = _jobs(study)
    estimates = [
        (
            seconds, LONGEST, DAY,
            f"the job {job} of each seed would take about {_time(seconds)}",
            "it has too many epochs, points, cycles, levels or units",
        ),
        (
            megabytes, LARGEST, machine,
            f"each job would need up to {megabytes / 1000:,.0f} GB of memory",
            "it has too many units or points",
        ),
        (
            gathered, LARGEST, machine,
            f"gathering {rows:,} rows would need up to {gathered / 1000:,.0f} GB of memory",
            "it has too many seeds, epochs, cycles or levels",
        ),
        (
            jobs, MOST_JOBS, MANY_JOBS,
            f"the study has {jobs:,} jobs, which the workflow would plan for about"
            f" {_time(jobs * SECONDS_PER_JOB)}, in {jobs * MEGABYTES_PER_JOB / 1000:,.0f} GB",
            "run it as several studies of fewer seeds",
        ),
    ]  # fmt: skip
    refused = [f"{text}; {why}" for size, most, _, text, why in estimates if size > most]
    if refused:
        raise PipelineError("\n".join(refused))
    return [
        f"Warning: {text}{', more than each core of this machine has' if much == machine else ''}."
        for size, _, much, text, _ in estimates
        if size > much
    ]


def _jobs(study: Study) -> int:
    states = len(study.treatments) + 2
    switch = states if study.switch else 0
    return len(study.seed_list) * (2 + 3 * len(study.treatments) + states + switch)


def _memory() -> float:
    try:
        return (
            os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6 / (os.cpu_count() or 1)
        )
    except (AttributeError, OSError, ValueError):
        return float("inf")


def _time(seconds: float) -> str:
    for unit, size in (("years", 365 * DAY), ("days", DAY), ("hours", 3600.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{max(1, round(seconds / 60)):,} minutes"
