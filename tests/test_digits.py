"""The comparison of the replay with the published run, digit for digit."""

from dataclasses import replace

from pipeline_lib.analysis.cells import Statistics
from pipeline_lib.analysis.digits import (
    against_runs,
    as_printed,
    differences,
    printed_verdict,
    runs_verdict,
)
from pipeline_lib.analysis.published import Published, read_runs
from pipeline_lib.names import LONGITUDINAL, RELAPSE_CYCLE, RELAPSED
from pipeline_lib.numbers import Key
from tests.handmade import NUMBERS, REFERENCE, cells_of, trajectories


def published(key, mean=None, sd=None, high=None, count=None, seed=None):
    return Published("a table", key, seed, Statistics(mean, sd, None, high, count, 10))


def test_every_number_of_a_published_row_is_compared_as_printed():
    # Of three seeds, the second relapses at cycle 0.
    values = trajectories({"a": [[98.947, 90.0], [63.751, 20.0], [81.349, 85.0]]})
    cycle = Key("a", RELAPSE_CYCLE)
    theirs = [
        published(Key("a", LONGITUDINAL, cycle=0), 81.3, 14.3, high=98.9),
        published(Key("a", LONGITUDINAL, cycle=7), 81.3),
        published(Key("a", RELAPSED), count=1),
        published(cycle, 0.0),
        published(cycle, 0, seed=1),
        published(cycle, 0, seed=2),
    ]
    rows = as_printed(cells_of(values), values, theirs, NUMBERS)
    assert [(row.statistic, row.published, row.ours, row.equal) for row in rows] == [
        ("mean", "81.3", "81.3", True),
        ("sd", "14.3", "14.4", False),
        ("max", "98.9", "98.9", True),
        ("mean", "81.3", "", False),
        # Counts, and the cycles of one seed, are integers.
        ("count", "1", "1", True),
        ("mean", "0.0", "0.0", True),
        ("mean", "0", "0", True),
        ("mean", "0", "", False),
    ]
    assert printed_verdict(rows).startswith("5 of 8 published numbers equal as printed; ")
    place = "table a table, treatment a, number longitudinal_combined, modulation on, cycle"
    sd, no_cycle, _ = differences(rows)
    assert sd == f"{place} 0, statistic sd: published 14.3, ours 14.4"
    assert no_cycle == f"{place} 7, statistic mean: published 81.3, ours missing"


def test_runs_are_compared_to_four_decimals_for_the_seeds_that_there_are():
    runs = read_runs(REFERENCE / "reference_runs.csv")

    def off_by(difference):
        return [replace(runs[0], value=runs[0].value + difference), *runs[1:]]

    verdict = runs_verdict(against_runs(off_by(0.00002), runs))
    assert verdict == "950 of 950 values of 10 seeds equal to 4 decimals"
    unequal = [row for row in against_runs(off_by(0.0001), runs) if not row.equal]
    assert [(row.number, row.reference) for row in unequal] == [(runs[0].number, runs[0].value)]
    one = [run for run in runs if run.seed == 4]
    assert runs_verdict(against_runs(one[1:], runs)).startswith("94 of 95 values of 1 seed equal")
