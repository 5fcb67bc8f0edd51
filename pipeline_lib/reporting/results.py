"""The statistics of a study, asked number by number and pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline_lib.analysis import intervals, paired, survival
from pipeline_lib.analysis.statistics import INTERNAL
from pipeline_lib.analysis.stored import read_result
from pipeline_lib.reporting.wording import label

Row = Mapping[Any, Any]


@dataclass(frozen=True)
class Results:
    """The tables of `statistics/`, the labels of the treatments in their order, the threshold."""

    cells: pd.DataFrame
    paired: pd.DataFrame
    relapse: pd.DataFrame
    logrank: pd.DataFrame
    labels: Mapping[str, str]
    threshold: float
    combines: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by treatment

    def name(self, treatment: str) -> str:
        """Return what readers call a treatment or a state."""
        return label(treatment, self.labels)

    def cell(self, table: str, treatment: str, metric: str, cycle: int | None = None) -> Row | None:
        """Return a number of the tables with its interval, if the study has it."""
        cells = self.cells
        found = cells[
            (cells["table"] == table)
            & (cells["treatment"] == treatment)
            & (cells["metric"] == metric)
            & (cells["cycle"].isna() if cycle is None else cells["cycle"] == cycle)
        ]
        return found.to_dict("records")[0] if len(found) else None

    def pairs(self, metric: str) -> dict[tuple[str, str], Row]:
        """Return the comparisons of a measurement, each pair in both directions."""
        found: dict[tuple[str, str], Row] = {}
        for row in self.paired[self.paired["metric"] == metric].to_dict("records"):
            found[row["treatment"], row["other"]] = row
            found[row["other"], row["treatment"]] = row | {
                "treatment": row["other"],
                "other": row["treatment"],
                "mean": row["mean_other"],
                "mean_other": row["mean"],
                "difference": -row["difference"],
                "ci_low": -row["ci_high"],
                "ci_high": -row["ci_low"],
                "hedges_g": -row["hedges_g"],
                "superiority": 100 - row["superiority"],
            }
        return found

    @property
    def seeds(self) -> int:
        """How many seeds the study has."""
        numbers = self.cells.loc[self.cells["table"] == "1", "n"]
        return int(numbers.max()) if len(numbers) else 0

    @property
    def strongest(self) -> str | None:
        """The metric of the strongest internal noise, None if the sweep has none above 0."""
        metrics = {m for m in self.cells["metric"] if str(m).startswith(INTERNAL)}
        strongest = max(metrics, key=_level, default=None)
        return strongest if strongest and _level(strongest) > 0 else None


def _level(metric: object) -> float:
    return float(str(metric).removeprefix(INTERNAL))


def read_results(
    files: Mapping[str, str | Path],
    *,
    labels: Mapping[str, str],
    threshold: float,
    combines: Mapping[str, Sequence[str]],
) -> Results:
    """Read the files of `statistics/`, by the names that its rule gives them.

    Raises PipelineError if one is missing or damaged.
    """
    return Results(
        cells=read_result(files["cells"], intervals.COLUMNS),
        paired=read_result(files["paired"], paired.COLUMNS),
        relapse=read_result(files["relapses"], survival.COUNTS),
        logrank=read_result(files["logrank"], survival.LOG_RANK),
        labels=labels,
        threshold=threshold,
        combines=combines,
    )
