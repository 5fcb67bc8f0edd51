"""Studies whose every number is made by hand, and their statistics."""

from __future__ import annotations

from pipeline_lib.analysis.intervals import cell_intervals
from pipeline_lib.analysis.paired import compare_treatments
from pipeline_lib.analysis.statistics import LONGITUDINAL, VALUE_COLUMNS, frame
from pipeline_lib.analysis.survival import log_rank_tests, relapse_counts, relapse_times
from pipeline_lib.reporting.results import Results

THRESHOLD = 0.8
LABELS = {"first": "First", "second": "Second"}


def measured(courses, combined=None, noise=None, drops=None):
    """The values of a study made by hand: combined accuracy by treatment, seed and cycle."""
    rows = []
    names = list(courses)
    for name in ("healthy", "untreated", *names):
        for seed in range(len(courses[names[0]])):
            number = {"healthy": 98.0 + seed, "untreated": 30.0 + seed}.get(name)
            if number is None:
                number = combined[name][seed] if combined else courses[name][seed][0]
            rows.append((seed, name, "sparsity", None, 0.0 if name == "healthy" else 95.0))
            rows.append((seed, name, "standard", None, number))
            rows.append((seed, name, "combined", None, number))
            if noise:
                rows.append((seed, name, "internal_2.5", None, noise.get(name, [50.0] * 99)[seed]))
    for name in names:
        for seed, course in enumerate(courses[name]):
            if drops:
                rows.append((seed, name, "acute_relapse_drop", None, drops[name][seed]))
            rows += [(seed, name, LONGITUDINAL, cycle, v) for cycle, v in enumerate(course)]
    return frame(rows, VALUE_COLUMNS)


def results(values, labels=LABELS):
    times = relapse_times(values, THRESHOLD)
    return Results(
        cell_intervals(values, THRESHOLD),
        compare_treatments(values),
        relapse_counts(times),
        log_rank_tests(times),
        labels,
        THRESHOLD,
    )
