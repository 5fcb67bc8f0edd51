"""From rows to values to cells, checked against the published numbers."""

import csv
import io
from dataclasses import replace

import pyarrow as pa
import pytest

from pipeline_lib import names
from pipeline_lib.analysis.cells import Statistics
from pipeline_lib.analysis.digits import (
    against_runs,
    as_printed,
    differences,
    printed_verdict,
    runs_verdict,
)
from pipeline_lib.analysis.published import Published, read_runs
from pipeline_lib.analysis.values import study_values, wide
from pipeline_lib.measures import value
from pipeline_lib.names import COMBINED, INTERNAL, LONGITUDINAL, OFF, RELAPSE_CYCLE, RELAPSED
from pipeline_lib.numbers import Key
from tests.handmade import NUMBERS, REFERENCE, cells_of, trajectories, values_of


@pytest.fixture(scope="module")
def of_runs(runs):
    return cells_of(runs)


def row(seed, treatment, correct, condition=COMBINED, **others):
    where = {"seed": seed, "treatment": treatment, "condition": condition, "modulation": "on"}
    numbers = {"internal_noise": 0.0, "sparsity": 0.5, "correct": correct, "total": 4000}
    return where | numbers | others


def found(**rows):
    """The values of the rows of measures, by seed and key."""
    tables = {name: pa.Table.from_pylist(of_measure) for name, of_measure in rows.items()}
    values = study_values(tables, {"relapse": {"threshold": 0.8}})
    return {(value.seed, value.key): value.value for value in values}


def test_the_published_runs_give_every_published_number_as_printed(runs, of_runs, published):
    comparison = as_printed(of_runs, runs, published, NUMBERS)
    assert [row for row in comparison if not row.equal] == []
    assert printed_verdict(comparison) == "273 of 273 published numbers equal as printed"


def test_values_are_per_cent():
    evaluate = [row(3, "a", 3900, names.CLEAN, sparsity=0.25), row(3, "a", 3000)]
    evaluate += [row(3, "a", 400, INTERNAL, internal_noise=2.5, modulation=OFF)]
    relapse = [row(3, "a", 3600, cycle=0, sparsity=0.75)]
    ours = found(evaluate=evaluate, acute=[row(3, "a", 2000)], relapse=relapse)
    expected = {
        Key("a", names.SPARSITY): 25.0,
        Key("a", names.CLEAN): 97.5,
        Key("a", COMBINED): 75.0,
        Key("a", INTERNAL, OFF, 2.5): 10.0,
        Key("a", names.ACUTE_DROP): 25.0,
        Key("a", LONGITUDINAL, cycle=0): 90.0,
        Key("a", names.LONGITUDINAL_SPARSITY, cycle=0): 75.0,
        Key("a", names.FINAL_ACCURACY): 90.0,
        Key("a", names.MEAN_ACCURACY): 90.0,
    }
    assert {key: ours[3, key] for key in expected} == expected


def test_drop_and_gain_are_measured_under_combined_stress_with_the_modulation_on():
    evaluate = [row(0, "healthy", 4000), row(0, "untreated", 400), row(1, "a", 3600)]
    evaluate += [row(0, "a", 3600), row(0, "a", 9, modulation=OFF), row(0, "a", 9, names.STANDARD)]
    ours = found(evaluate=evaluate, acute=[row(0, "a", 3000)])
    assert ours[0, Key("a", names.ACUTE_DROP)] == 15.0
    # Seed 1 has no untreated network, and neither state is a treatment.
    gains = {key: x for key, x in ours.items() if key[1].number == names.GAIN_OVER_UNTREATED}
    assert gains == {(0, Key("a", names.GAIN_OVER_UNTREATED)): 80.0}


@pytest.mark.parametrize(
    ("by_cycle", "threshold", "first_below", "responded", "slow", "relapsed"),
    [
        ([90.0, 79.0, 78.0], 0.8, 1, 1.0, 0.0, 1.0),
        ([80.0, 90.0, 10.0], 0.8, 2, 1.0, 0.0, 1.0),
        ([80.0, 80.0, 80.0], 0.8, None, 1.0, 0.0, 0.0),  # at the threshold is not below it
        ([55.0, 55.0, 55.0], 0.55, None, 1.0, 0.0, 0.0),  # 100 * 0.55 is above 55 in floats
        ([79.9, 79.0, 80.0], 0.8, 0, 0.0, 1.0, None),
        ([79.9, 90.0, 79.0], 0.8, 0, 0.0, 0.0, None),
    ],
)
def test_the_first_cycle_below_the_threshold_is_a_relapse_and_one_after_response_is_told_apart(
    by_cycle, threshold, first_below, responded, slow, relapsed
):
    values = {v.number: v.value for v in trajectories({"a": [by_cycle]}, threshold)}
    assert values.get(RELAPSE_CYCLE) == first_below
    assert values[RELAPSED] == 1 - values[names.NOT_RELAPSED] == (first_below is not None)
    assert (values[names.RESPONDED], values[names.SLOW_RESPONSE]) == (responded, slow)
    assert values.get(names.RELAPSED_AFTER_RESPONSE) == relapsed
    assert values[names.MEAN_ACCURACY] == pytest.approx(sum(by_cycle) / 3)


def test_response_and_relapse_are_known_at_thresholds_around_the_studys_own():
    values = trajectories({"a": [[90.0, 79.0]]}, threshold=0.93)
    found = {
        name: {v.level: v.value for v in values if v.number == f"{name}_by_threshold"}
        for name in ("response", "relapse")
    }
    levels = [83.0, 85.5, 88.0, 90.5, 93.0, 95.5, 98.0]  # none above 100
    assert found["response"] == {level: float(level <= 90) for level in levels}
    assert found["relapse"] == dict.fromkeys(levels[:3], 1.0)


def test_the_wide_form_has_a_row_per_seed_and_a_column_per_number():
    values = values_of(COMBINED, {"a": [90.0, 80.0], "b": {1: 70.0}})
    values += [value(1, Key("b", LONGITUDINAL, cycle=0), 85.0)]
    values += [value(1, Key("a", INTERNAL, OFF, 2.5), 60.5)]
    assert list(csv.reader(io.StringIO(wide([values])))) == [
        ["seed", "treatment", "combined", "longitudinal_combined_cycle_0", "internal_2.5_off"],
        ["0", "a", "90.0", "", ""],
        ["1", "a", "80.0", "", "60.5"],
        ["1", "b", "70.0", "85.0", ""],
    ]


def test_a_share_is_in_per_cent_with_its_count(of_runs):
    assert of_runs[Key("ssri", RELAPSE_CYCLE)].n == 4  # the seeds that relapsed
    cell = of_runs[Key("ssri", RELAPSED)]
    assert (cell.mean, cell.count, cell.n, cell.method) == (40.0, 4, 10, "Wilson")
    assert (cell.sd, cell.min, cell.max) == (None, None, None)
    assert (cell.ci_low, cell.ci_high) == pytest.approx((16.818, 68.733), abs=1e-3)


# Digit for digit, as for a replay


def printed(key, mean=None, sd=None, high=None, count=None, seed=None):
    return Published("a table", key, seed, Statistics(mean, sd, None, high, count, 10))


def test_every_number_of_a_published_row_is_compared_as_printed():
    # Of three seeds, the second relapses at cycle 0.
    values = trajectories({"a": [[98.947, 90.0], [63.751, 20.0], [81.349, 85.0]]})
    cycle = Key("a", RELAPSE_CYCLE)
    theirs = [
        printed(Key("a", LONGITUDINAL, cycle=0), 81.3, 14.3, high=98.9),
        printed(Key("a", LONGITUDINAL, cycle=7), 81.3),
        printed(Key("a", RELAPSED), count=1),
        printed(cycle, 0.0),
        printed(cycle, 0, seed=1),
        printed(cycle, 0, seed=2),
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
    [line] = differences(unequal)
    assert line.endswith(f"published {runs[0].value:.4f}, ours {runs[0].value + 0.0001:.4f}")
    one = [run for run in runs if run.seed == 4]
    assert runs_verdict(against_runs(one[1:], runs)).startswith("94 of 95 values of 1 seed equal")
