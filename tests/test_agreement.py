"""Two studies beside each other: are their distributions over seeds the same?"""

from __future__ import annotations

import pyarrow as pa
import pytest

from benchmarks.agreement import compare
from pipeline_lib.analysis.welch import holm
from pipeline_lib.files.rows import MEASUREMENTS, write_table


def study(folder, correct):
    """Combined accuracy by seed, of 1000 points; no acute test; a course that drops by 10 %."""

    def rows(assessment, drop, cycle=None):
        return [
            {
                "seed": seed, "treatment": "a", "assessment": assessment, "condition": "combined",
                "modulation": "on", "input_noise": 0.0, "internal_noise": 0.0, "cycle": cycle,
                "sparsity": 0.5, "correct": n - drop, "total": 1000, "accuracy": (n - drop) / 1000,
            }
            for seed, n in enumerate(correct)
        ]  # fmt: skip

    measured = {
        "evaluate": rows("evaluate", 0),
        "acute": [],
        "relapse": [*rows("relapse", 0, 0), *rows("relapse", 100, 1)],
    }
    for kind, of_kind in measured.items():
        path = folder / f"metrics/{kind}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(path, pa.Table.from_pylist(of_kind, schema=MEASUREMENTS))
    return folder


def test_five_seeds_all_above_five_others_are_as_rare_as_can_be(tmp_path):
    low, high = (range(start, start + 5) for start in (800, 900))
    table = compare(study(tmp_path / "low", low), study(tmp_path / "high", high))
    combined = table[table["metric"] == "combined"].set_index("test")
    # Two of the 10! / (5! 5!) = 252 ways to share ten numbers out set the fives wholly apart.
    assert combined["p"].to_dict() == pytest.approx(
        {"Kolmogorov-Smirnov": 2 / 252, "Mann-Whitney": 2 / 252}
    )
    assert combined[["mean_a", "mean_b"]].iloc[0].tolist() == pytest.approx([80.2, 90.2])
    assert table["p_holm"].tolist() == holm(table["p"].tolist())


def test_a_study_agrees_with_itself_and_constants_are_not_tested(tmp_path):
    folder = study(tmp_path, [810, 820, 835])
    table = compare(folder, folder)
    assert (table["p"] == 1.0).all()
    # Sparsities, and the drop of 10 points in every seed, are the same constant on both sides.
    assert set(table["metric"]) == {
        "combined", "longitudinal_combined_0", "longitudinal_combined_1"
    }  # fmt: skip


def test_another_study_is_refused(tmp_path):
    ours = study(tmp_path / "ours", [810, 820])
    theirs = study(tmp_path / "theirs", [810, 820])
    write_table(theirs / "metrics/relapse.parquet", MEASUREMENTS.empty_table())
    with pytest.raises(SystemExit, match="not the same study"):
        compare(ours, theirs)
