"""The comparison of two studies' distributions over seeds."""

import pytest

from benchmarks.agreement import compare
from pipeline_lib.analysis.welch import holm
from pipeline_lib.files.rows import write_rows
from pipeline_lib.measures import Value
from pipeline_lib.names import COMBINED, RELAPSED, TOTAL_DROP
from tests.handmade import values_of


def study(folder, numbers):
    """Accuracy by seed; a total drop that is the same in all; relapse of the first seed."""
    values = values_of(COMBINED, {"a": numbers})
    values += values_of(TOTAL_DROP, {"a": [10.0] * len(numbers)})
    values += values_of(RELAPSED, {"a": [1.0] + [0.0] * (len(numbers) - 1)})
    folder.mkdir()
    write_rows(folder / "values.parquet", values, Value)
    return folder


def test_five_seeds_all_above_five_others_give_the_smallest_p(tmp_path):
    low, high = ([start + step / 10 for step in range(5)] for start in (80, 90))
    table = compare(study(tmp_path / "low", low), study(tmp_path / "high", high))
    assert set(table["number"]) == {COMBINED}  # neither a constant nor a count is tested
    # Two of the 10! / (5! 5!) = 252 divisions of ten numbers separate the two fives completely.
    p = dict(zip(table["test"], table["p"], strict=True))
    assert p == pytest.approx({"Kolmogorov-Smirnov": 2 / 252, "Mann-Whitney": 2 / 252})
    assert table[["mean_a", "mean_b"]].iloc[0].tolist() == pytest.approx([80.2, 90.2])
    assert table["p_holm"].tolist() == holm(table["p"].tolist())
