"""A study's files as tables: its measurements, and the CSV files of the analyses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline_lib.analysis.statistics import values
from pipeline_lib.errors import PipelineError
from pipeline_lib.gathering import read_gathered

TEXTS = ("table", "treatment", "other", "metric", "method", "test", "note", "status", "reason")
WHOLE = (
    "cycle",
    *("n", "n_other", "n_seeds", "published_n_seeds"),
    *("relapsed", "relapsed_other", "at_risk", "at_cycle_0", "later"),
)
YES_OR_NO = ("equivalent",)


def read_values(
    files: Mapping[str, str | Path], measured: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Read a study's measurements, each file by its kind, as `statistics.values` gives them.

    `measured` says of each kind what its file holds, as `read_gathered` takes it. Raises
    PipelineError like that.
    """
    return values(**{kind: read_gathered(files[kind], **rows) for kind, rows in measured.items()})


def read_result(path: str | Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV file of `statistics/` or `reproduction/`, which must have these columns.

    A text that is missing is "". Raises PipelineError if the file is missing or damaged.
    """
    remedy = "delete it and run the workflow again to rebuild it"
    try:
        # As text first: a treatment may be called nan, null or true.
        text = pd.read_csv(path, dtype=str, keep_default_na=False)
        if list(text) != list(columns):
            raise PipelineError(f"{path}: its columns are not {', '.join(columns)}; {remedy}")
        return pd.DataFrame({name: _typed(name, text[name]) for name in columns})
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such file") from None
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise PipelineError(f"{path}: damaged ({reason}); {remedy}") from None


def _typed(name: str, column: pd.Series[str]) -> pd.Series:
    if name in TEXTS:
        return column
    known = column.where(column != "")
    if name in YES_OR_NO:
        return known.map({"True": True, "False": False}).astype("boolean")
    numbers = pd.to_numeric(known)
    return numbers.astype("Int64" if name in WHOLE else "float64")
