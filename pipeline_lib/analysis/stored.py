"""A study's files as tables: its measurements, and the CSV files of the analyses."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline_lib.analysis.statistics import values
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.gathering import read_gathered
from pipeline_lib.files.networks import REMEDY

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

    A text that is missing is "". Raises PipelineError if the file is missing, cut off, or no table
    of such columns; a digit that became another is not noticed.
    """
    text = read_texts(path, columns)
    try:
        return pd.DataFrame({name: _typed(name, text[name]) for name in columns})
    except (ValueError, TypeError) as error:
        raise _damaged(path, str(error)) from None


def read_texts(path: str | Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV file like `read_result`, every cell as it is written."""
    try:
        content = Path(path).read_text(encoding="utf-8")
        # As text: a treatment may be called nan, null or true.
        text = pd.read_csv(io.StringIO(content), dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    if list(text) != list(columns):
        raise PipelineError(f"{path}: its columns are not {', '.join(columns)}; {REMEDY}")
    if not content.endswith("\n") or text.isna().any(axis=None):
        raise _damaged(path, "a line is cut off")
    return text


def _damaged(path: str | Path, reason: str) -> PipelineError:
    return PipelineError(f"{path}: damaged ({reason.splitlines()[0]}); {REMEDY}")


def _typed(name: str, column: pd.Series[str]) -> pd.Series:
    if name in TEXTS:
        return column
    known = column.where(column != "")
    if name in YES_OR_NO:
        return known.map({"True": True, "False": False}).astype("boolean")
    numbers = pd.to_numeric(known)
    return numbers.astype("Int64" if name in WHOLE else "float64")
