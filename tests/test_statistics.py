"""From measurements to the tables' numbers, held to the published ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipeline_lib.analysis import statistics
from pipeline_lib.analysis.digits import as_printed, printed_verdict
from pipeline_lib.analysis.published import read_published, read_runs
from pipeline_lib.analysis.statistics import (
    CELL_COLUMNS,
    KEY,
    VALUE_COLUMNS,
    by_seed,
    cells,
    courses,
    values,
)
from pipeline_lib.files.rows import MEASUREMENTS
from pipeline_lib.measures import measure

pytestmark = pytest.mark.filterwarnings("error")
REFERENCE = Path(__file__).parents[1] / "reference"
THRESHOLD = 0.8


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return read_runs(REFERENCE / "reference_runs.csv")


def measured(seed, treatment, correct, condition="combined", **others):
    row = {
        "seed": seed,
        "treatment": treatment,
        "assessment": "evaluate",
        "condition": condition,
        "modulation": "on",
        "input_noise": 0.0,
        "internal_noise": 0.0,
        "cycle": None,
        "sparsity": 0.5,
        "correct": correct,
        "total": 4000,
        "accuracy": correct / 4000,
    }
    return row | others


def arrow(*rows):
    return pa.Table.from_pylist(list(rows), schema=MEASUREMENTS)


def combined_by_cycle(courses, treatment="a"):
    """Values of a longitudinal test: for each seed its accuracy in per cent by cycle."""
    rows = [
        (seed, treatment, "longitudinal_combined", cycle, value)
        for seed, course in courses.items()
        for cycle, value in enumerate(course)
    ]
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS))


def number(table, metric, of, treatment="a", statistic="mean"):
    rows = of[(of["table"] == table) & (of["metric"] == metric) & (of["treatment"] == treatment)]
    assert len(rows) <= 1
    return rows[statistic].iloc[0] if len(rows) else None


# The published numbers


def test_the_published_runs_give_every_published_number_as_printed(runs):
    published = read_published(REFERENCE / "published.csv")
    comparison = as_printed(cells(runs, THRESHOLD), published)
    assert comparison[~comparison["equal"]].empty
    assert printed_verdict(comparison) == "273 of 273 published numbers equal as printed"


def test_a_mean_on_an_exact_tie_is_printed_as_published(runs):
    ours = cells(runs, THRESHOLD)
    row = ours[(ours["table"] == "3") & (ours["treatment"] == "ssri") & (ours["cycle"] == 7)]
    assert row["mean"].iloc[0] == pytest.approx(92.65)
    assert f"{row['mean'].iloc[0]:.1f}" == "92.6"


def test_improvement_is_the_difference_of_unrounded_means(runs):
    ours = cells(runs, THRESHOLD)
    treated = number("1", "combined", ours, "neurosteroid")
    untreated = number("1", "combined", ours, "untreated")
    gain = number("improvement", "combined_over_untreated", ours, "neurosteroid")
    assert gain == treated - untreated
    assert round(gain, 1) != round(round(treated, 1) - round(untreated, 1), 1)


# From measurements to values


def test_values_carry_the_names_of_the_published_runs(runs):
    levels = [0.0, 0.5, 1.0, 1.5, 2.5]
    sweep = [measured(0, "neurosteroid", 1, "internal", internal_noise=level) for level in levels]
    evaluate = arrow(
        *(measured(0, "neurosteroid", 1, name) for name in ("clean", "standard", "combined")),
        *sweep,
        measured(0, "neurosteroid", 1, modulation="off"),
        measured(0, "neurosteroid", 1, "internal", internal_noise=2.5, modulation="off"),
    )
    cycles = [measured(0, "neurosteroid", 1, cycle=cycle) for cycle in range(9)]
    ours = values(evaluate, arrow(measured(0, "neurosteroid", 1)), arrow(*cycles))
    theirs = runs[(runs["treatment"] == "neurosteroid") & (runs["seed"] == 0)]
    assert tuple(ours.columns) == VALUE_COLUMNS

    def names(frame):
        return sorted(zip(frame["metric"], frame["cycle"].fillna(-1), strict=True))

    assert names(ours) == names(theirs)


def test_values_are_per_cent():
    evaluate = arrow(measured(3, "a", 3000, sparsity=0.25))
    relapse = arrow(measured(3, "a", 1000, cycle=0, sparsity=0.75))
    ours = values(evaluate, arrow(measured(3, "a", 2000)), relapse)
    assert dict(zip(ours["metric"], ours["value"], strict=True)) == {
        "sparsity": 25.0,
        "combined": 75.0,
        "acute_relapse_drop": 25.0,
        "longitudinal_combined": 25.0,
        "longitudinal_sparsity": 75.0,
    }


def test_accuracy_is_computed_from_the_counts():
    counts = [n for n in range(4001) if 100.0 * (n / 4000) != 100.0 * n / 4000]
    rows = [measured(seed, "a", correct) for seed, correct in enumerate(counts[:5])]
    ours = values(arrow(*rows), arrow(), arrow())
    found = ours.loc[ours["metric"] == "combined", "value"].tolist()
    assert found == [100.0 * correct / 4000 for correct in counts[:5]]


def test_the_acute_drop_is_from_combined_stress_with_the_modulation_on():
    evaluate = arrow(
        measured(0, "a", 3600),
        measured(0, "a", 1200, modulation="off"),
        measured(0, "a", 4000, "standard"),
    )
    ours = values(evaluate, arrow(measured(0, "a", 3000)), arrow())
    assert ours.loc[ours["metric"] == "acute_relapse_drop", "value"].tolist() == [15.0]


def test_arrow_tables_and_data_frames_give_the_same_values():
    tables = [
        arrow(measured(0, "a", 3001), measured(0, "a", 9, "internal", internal_noise=0.5)),
        arrow(measured(0, "a", 2000)),
        arrow(measured(0, "a", 1000, cycle=0), measured(0, "a", 900, cycle=1)),
    ]
    frames = [table.to_pandas() for table in tables]
    pd.testing.assert_frame_equal(values(*tables), values(*frames))


def test_conditions_have_the_names_that_assessments_give_them():
    conditions = (measure.CLEAN, measure.STANDARD, measure.COMBINED)
    assert ("sparsity", *conditions) == statistics.FIRST_TABLE
    assert measure.INTERNAL + "_" == statistics.INTERNAL
    assert measure.MODULATION_OFF == "off"


def test_no_measurements_are_no_values_and_no_cells():
    ours = values(arrow(), arrow(), arrow())
    assert ours.empty
    assert tuple(cells(ours, THRESHOLD).columns) == CELL_COLUMNS
    assert cells(ours, THRESHOLD).empty


# From values to cells


def of_seeds(numbers, metric="combined", treatment="a", seeds=None):
    seeds = range(len(numbers)) if seeds is None else seeds
    rows = [(s, treatment, metric, None, v) for s, v in zip(seeds, numbers, strict=True)]
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS))


def test_a_cell_is_mean_population_sd_minimum_and_maximum_over_seeds():
    ours = cells(of_seeds([90.0, 94.0, 92.0, 96.0]), THRESHOLD)
    row = ours.iloc[0]
    assert (row["mean"], row["min"], row["max"], row["n_seeds"]) == (93.0, 90.0, 96.0, 4)
    assert row["sd"] == pytest.approx(5**0.5)  # not the sample's, (20 / 3) ** 0.5


def test_means_are_numpys_in_the_order_of_the_seeds_given():
    numbers = np.random.default_rng(1).uniform(0, 100, 11).tolist()
    seeds = [17, 3, 0, 5, 4, 8, 9, 2, 1, 30, 11]
    assert cells(of_seeds(numbers, seeds=seeds), 0.8)["mean"].iloc[0] == np.mean(numbers)


def test_the_numbers_behind_a_mean_are_there_by_seed(runs):
    ours = cells(runs, THRESHOLD).set_index(list(KEY))
    behind = by_seed(runs)
    for key, (seeds, numbers) in behind.items():
        assert seeds == list(range(10))
        assert ours.loc[tuple(key), "mean"] == np.mean(numbers)
    # Without them are counts, relapse cycles and improvements, which have no SD.
    assert len(behind) == ours["sd"].notna().sum()


def test_courses_are_by_treatment_seed_and_cycle():
    values = combined_by_cycle({0: [90.0, 70.0], 7: [80.0, 85.0]})
    assert courses(values) == {"a": {0: {0: 90.0, 1: 70.0}, 7: {0: 80.0, 1: 85.0}}}


def test_one_seed_is_enough():
    ours = cells(combined_by_cycle({7: [90.0, 70.0]}), THRESHOLD)
    assert number("4", "total_drop", ours) == 20.0
    assert number("4", "total_drop", ours, statistic="sd") == 0.0
    assert number("4", "seeds_relapsed", ours) == 1
    assert number("relapse_cycle_by_seed", "seed_7", ours) == 1
    assert set(ours["n_seeds"]) == {1}


def test_relapse_is_the_first_cycle_below_the_threshold_cycle_0_included():
    courses = {
        0: [79.9, 90.0, 90.0],
        1: [90.0, 79.0, 78.0],
        2: [90.0, 80.0, 90.0],
        3: [80.0, 90.0, 10.0],
    }
    ours = cells(combined_by_cycle(courses), THRESHOLD)
    by_seed = ours[ours["table"] == "relapse_cycle_by_seed"]
    relapses = dict(zip(by_seed["metric"], by_seed["mean"], strict=True))
    assert relapses == {"seed_0": 0, "seed_1": 1, "seed_3": 2}
    assert number("4", "seeds_relapsed", ours) == 3
    assert number("4", "seeds_without_relapse", ours) == 1
    assert number("4", "mean_relapse_cycle", ours) == 1.0


def test_an_accuracy_at_the_threshold_is_no_relapse():
    assert 100.0 * 0.55 > 55.0  # in floats
    ours = cells(combined_by_cycle({0: [55.0, 55.0]}), 0.55)
    assert number("4", "seeds_relapsed", ours) == 0


def test_without_relapse_there_is_no_relapse_cycle():
    ours = cells(combined_by_cycle({0: [90.0, 91.0], 1: [95.0, 96.0]}), THRESHOLD)
    assert number("4", "mean_relapse_cycle", ours) is None
    assert ours[ours["table"] == "relapse_cycle_by_seed"].empty


def test_the_total_drop_is_cycle_0_minus_the_last_and_its_sd_is_over_seeds():
    ours = cells(combined_by_cycle({0: [90.0, 50.0, 88.0], 1: [90.0, 99.0, 84.0]}), THRESHOLD)
    assert number("4", "total_drop", ours) == 4.0
    assert number("4", "total_drop", ours, statistic="sd") == 2.0
    assert number("4", "final_accuracy", ours) == 86.0


def test_states_that_are_no_treatment_have_no_improvement():
    several = [of_seeds([number], treatment=name) for name, number in
               {"healthy": 99.0, "untreated": 30.0, "a": 80.0}.items()]  # fmt: skip
    ours = cells(pd.concat(several), THRESHOLD)
    rows = ours[ours["table"] == "improvement"]
    assert rows[["treatment", "mean"]].values.tolist() == [["a", 50.0]]
    assert set(ours[ours["table"] == "1"]["treatment"]) == {"healthy", "untreated", "a"}


def test_without_an_untreated_network_there_is_no_improvement():
    assert set(cells(of_seeds([80.0]), THRESHOLD)["table"]) == {"1"}


def test_a_study_without_withdrawal_has_no_state_dependence(runs):
    kept = runs[~runs["metric"].str.startswith("off_medication")]
    assert "state_dependence" in set(cells(runs, THRESHOLD)["table"])
    assert "state_dependence" not in set(cells(kept, THRESHOLD)["table"])
