"""Numbers and names within sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pipeline_lib.analysis.intervals import EQUAL
from pipeline_lib.reporting.wording import p_value, signed

PER_CENT = "\N{NO-BREAK SPACE}%"  # a number and its sign stay on one line


def listed(names: Iterable[str]) -> str:
    """Return names as English lists them: "a, b and c"."""
    *others, last = list(names)
    return f"{', '.join(others)} and {last}" if others else last


def mean(row: Mapping[Any, Any], unit: str = PER_CENT, metric: str = "") -> str:
    """Return a mean with its interval in brackets, if it has one."""
    text = f"{signed(row['mean'], metric)}{unit}"
    if pd.isna(row["ci_low"]):
        return text
    if row["method"] == EQUAL:
        return f"{text} (in every seed)"
    return f"{text} ({ends(row, metric)})"


def ends(row: Mapping[Any, Any], metric: str = "") -> str:
    """Return the ends of an interval."""
    return f"{signed(row['ci_low'], metric)} to {signed(row['ci_high'], metric)}"


def p(number: float) -> str:
    """Return a p-value with what it is."""
    text = p_value(number)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def plural(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
