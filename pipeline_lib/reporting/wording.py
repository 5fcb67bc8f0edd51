"""What readers call a treatment and a metric, and how they read a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from pipeline_lib.analysis.published import printed
from pipeline_lib.analysis.statistics import (
    ACTIVITY,
    BIASED,
    INTERNAL,
    OFF_MEDICATION,
    SEED,
    SEEDS,
    Numbers,
)
from pipeline_lib.names import LABELS
from pipeline_lib.reporting.typesetting import EN_DASH, MINUS, NOTHING, PLUS_MINUS

OURS, PUBLISHED = "this study", "published"
HEADS = {
    "sparsity": "Sparsity",
    "clean": "Clean",
    "standard": "Standard",
    "combined": "Combined stress",
    "acute_relapse_drop": "Acute drop",
    BIASED: "Biased noise",
    ACTIVITY: "Activity",
    "total_drop": "Total drop",
    "final_accuracy": "Final accuracy",
    "seeds_relapsed": "Relapsed",
    "seeds_without_relapse": "Not relapsed",
    "mean_relapse_cycle": "Mean relapse cycle",
    "combined_over_untreated": "Gain over untreated",
}


def label(treatment: str, labels: Mapping[str, str]) -> str:
    """Return what readers call a treatment, or a state that is none."""
    return labels.get(treatment) or LABELS.get(treatment, treatment)


def head(metric: str) -> str:
    """Return what readers call a metric."""
    if metric.startswith(OFF_MEDICATION):
        return f"{head(metric.removeprefix(OFF_MEDICATION))}, off"
    if metric.startswith(INTERNAL):
        return f"σ = {metric.removeprefix(INTERNAL)}"
    if metric.startswith(SEED):
        return f"Relapse cycle, seed {metric.removeprefix(SEED)}"
    return HEADS.get(metric, metric)


def but_activity(metrics: Iterable[str]) -> str:
    """Return what to add to "in per cent" where some of the metrics are activities."""
    activity = any(metric.removeprefix(OFF_MEDICATION) == ACTIVITY for metric in metrics)
    return " (activity in its own unit)" if activity else ""


def shown(numbers: Numbers | None, metric: str, *, extremes: bool = False) -> str:
    """Return a cell as readers see it: mean ± SD, lowest to highest, or a count of the seeds.

    One seed has no SD, so its value stands alone; a number that is not there is a dash.
    """
    names = ("min", "max") if extremes else ("mean", "sd")
    if numbers is None or pd.isna(numbers[names[0]]):
        return NOTHING
    first, second = (numbers[name] for name in names)
    text = signed(first, metric)
    if extremes:
        return f"{text}{EN_DASH}{signed(second, metric)}"
    if metric.startswith(SEEDS) and not pd.isna(numbers["n_seeds"]):
        return f"{text} of {numbers['n_seeds']:.0f}"
    if pd.isna(second) or numbers["n_seeds"] == 1:
        return text
    return f"{text} {PLUS_MINUS} {signed(second, metric)}"


def p_value(number: float) -> str:
    """Return a p-value as readers see it, a dash where there is none."""
    if pd.isna(number):
        return NOTHING
    return "< 0.001" if number < 0.001 else f"{number:.3f}"


def signed(number: float, metric: str = "") -> str:
    """Return a number as printed, with a typographer's minus."""
    return printed(number, metric).replace("-", MINUS)
