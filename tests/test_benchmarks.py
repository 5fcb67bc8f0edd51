"""The benchmark: how its ratios are formed."""

from __future__ import annotations

import pandas as pd

from benchmarks import speed


def test_a_seed_is_summed_by_phase_and_divided_the_right_way_round():
    columns = ["phase", "cpu", "memory"]
    rows = [("baseline", 2.0, 102.0), ("figures", 1.0, 101.0), ("figures", 2.0, 102.0)]
    fast = pd.DataFrame(rows, columns=columns)
    miniature = pd.DataFrame([("baseline", 0.5, 100.5)], columns=columns)
    table = speed.seed_table({"start-up": 1.0, "baseline": 19.0}, {"fast": fast}, miniature)
    assert table.index.tolist() == ["start-up", "baseline", "figures", "total"]
    assert table["fast"].tolist()[1:] == [2.0, 3.0, 5.0]
    assert table.loc["baseline", "straightforward / fast"] == 9.5
    assert table.loc["total", "straightforward / fast"] == 4.0
    assert table.loc["total", "of it start-up"] == 0.5
    assert table["fast, MB"].tolist()[1:] == [102.0, 102.0, 102.0]
