"""Studies whose numbers are made by hand, and their statistics."""

import itertools
from pathlib import Path

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cells, study_cells
from pipeline_lib.analysis.paired import compare_treatments
from pipeline_lib.analysis.survival import log_rank_tests, relapse_times
from pipeline_lib.measures import evaluate, relapse, value
from pipeline_lib.names import ACUTE_DROP, COMBINED, INTERNAL, LONGITUDINAL, ON, SPARSITY, STANDARD
from pipeline_lib.numbers import Key
from pipeline_lib.reporting.results import Results

THRESHOLD = 0.8
LABELS = {"first": "First", "second": "Second"}
REFERENCE = Path(__file__).parents[1] / "reference"
NUMBERS = measures.numbers(measures.in_order())


def completed(values, threshold=THRESHOLD):
    """Values, and what the measures derive from them: gains, drops, relapses and their cycles."""
    rows = {COMBINED: [], LONGITUDINAL: []}
    for v in values:
        if v.number in rows and v.modulation == ON:
            row = {"seed": v.seed, "treatment": v.treatment, "cycle": v.cycle, "modulation": ON}
            # A reference run has 4000 points; a number made by hand may be between two counts.
            row |= {"condition": COMBINED, "correct": round(40 * v.value, 6), "total": 4000}
            rows[v.number].append(row | {"sparsity": 0.95})
    derived = [
        *evaluate.values(rows[COMBINED], {}),
        *relapse.values(rows[LONGITUDINAL], {}, threshold=threshold),
    ]
    known = {(v.seed, v.key) for v in values}
    return [*values, *(v for v in derived if (v.seed, v.key) not in known)]


def cells_of(values):
    return Cells(study_cells(values, measures.numbers(measures.in_order())))


def by_seed(numbers):
    """Numbers by their seed; those of a list are of the seeds 0, 1, …"""
    return numbers if isinstance(numbers, dict) else dict(enumerate(numbers))


def values_of(number, by_treatment, **place):
    """Values of one number: for each treatment its numbers by seed, or a list of them."""
    return [
        value(seed, Key(treatment, number, **place), float(each))
        for treatment, numbers in by_treatment.items()
        for seed, each in by_seed(numbers).items()
    ]


def trajectories(by_treatment, threshold=THRESHOLD):
    """Values of longitudinal tests: for each treatment, the accuracies by cycle of each seed."""
    by_cycle = [
        value(seed, Key(treatment, LONGITUDINAL, cycle=cycle), accuracy)
        for treatment, courses in by_treatment.items()
        for seed, course in by_seed(courses).items()
        for cycle, accuracy in enumerate(course)
    ]
    return completed(by_cycle, threshold)


def measured(courses, combined=None, noise=None, drops=None):
    """The values of a study made by hand: combined accuracy by treatment, seed and cycle."""
    seeds = range(len(next(iter(courses.values()))))
    accuracy = {"healthy": [98.0 + seed for seed in seeds]}
    accuracy |= {"untreated": [30.0 + seed for seed in seeds]}
    accuracy |= combined or {name: [c[0] for c in of_seeds] for name, of_seeds in courses.items()}
    sparsity = {name: [0.0 if name == "healthy" else 95.0 for _ in seeds] for name in accuracy}
    values = values_of(SPARSITY, sparsity)
    values += values_of(STANDARD, accuracy) + values_of(COMBINED, accuracy)
    if noise:
        of_states = {name: [50.0 for _ in seeds] for name in accuracy}
        values += values_of(INTERNAL, of_states | noise, level=2.5)
    return completed([*values, *values_of(ACUTE_DROP, drops or {}), *trajectories(courses)])


def results(values, labels=LABELS):
    """The statistics of a study, in the form that findings and tables use."""
    times = relapse_times(values)
    pairs = compare_treatments(values, NUMBERS, list(itertools.combinations(labels, 2)))
    tests = log_rank_tests(times)
    return Results(cells_of(values), pairs, tests, labels, THRESHOLD)
