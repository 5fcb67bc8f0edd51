"""The comparison of two studies' distributions over seeds."""

from __future__ import annotations

import pytest

from benchmarks.agreement import compare
from pipeline_lib.analysis.welch import holm
from pipeline_lib.files.rows import write_rows
from pipeline_lib.measures import Value
from pipeline_lib.names import COMBINED, LONGITUDINAL, ON, RELAPSED, TOTAL_DROP


def study(folder, numbers):
    """Accuracy by seed; a total drop that is the same in all; relapse of the first seed."""
    values = []
    for seed, number in enumerate(numbers):
        values += [
            Value(seed, "a", COMBINED, ON, None, None, number),
            Value(seed, "a", LONGITUDINAL, ON, None, 1, number - 10),
            Value(seed, "a", TOTAL_DROP, ON, None, None, 10.0),
            Value(seed, "a", RELAPSED, ON, None, None, 100.0 * (seed == 0)),
        ]
    folder.mkdir(exist_ok=True)
    write_rows(folder / "values.parquet", values, Value)
    return folder


def test_five_seeds_all_above_five_others_give_the_smallest_p(tmp_path):
    low, high = ([start + step / 10 for step in range(5)] for start in (80, 90))
    table = compare(study(tmp_path / "low", low), study(tmp_path / "high", high))
    combined = table[table["number"] == COMBINED].set_index("test")
    # Two of the 10! / (5! 5!) = 252 divisions of ten numbers separate the two fives completely.
    assert combined["p"].to_dict() == pytest.approx(
        {"Kolmogorov-Smirnov": 2 / 252, "Mann-Whitney": 2 / 252}
    )
    assert combined[["mean_a", "mean_b"]].iloc[0].tolist() == pytest.approx([80.2, 90.2])
    assert table["p_holm"].tolist() == holm(table["p"].tolist())


def test_a_study_agrees_with_itself_and_constants_and_counts_are_not_tested(tmp_path):
    folder = study(tmp_path, [81.0, 82.0, 83.5])
    table = compare(folder, folder)
    assert (table["p"] == 1.0).all()
    assert set(table["number"]) == {COMBINED, LONGITUDINAL}
