"""A study's files as tables: its measurements, and the CSV files of the analyses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from pipeline_lib.analysis.statistics import values
from pipeline_lib.errors import PipelineError
from pipeline_lib.metrics import SCHEMAS, read_table

TEXTS = ("table", "treatment", "other", "metric", "method", "test", "note", "status", "reason")
WHOLE = (
    "cycle",
    *("n", "n_other", "n_seeds", "published_n_seeds"),
    *("relapsed", "relapsed_other", "at_risk", "at_cycle_0", "later"),
)
MEASURED = ("evaluate", "acute", "relapse", "switch")
YES_OR_NO = ("equivalent",)


def read_values(files: Mapping[str, str | Path]) -> pd.DataFrame:
    """Read a study's measurements, each file by its kind, as `statistics.values` gives them.

    Raises PipelineError like `metrics.read_table`.
    """
    # Not `in`: Snakemake's inputs are a list with names.
    paths = {kind: path for kind in MEASURED if (path := files.get(kind))}
    return values(**{kind: read_table(path, SCHEMAS[kind]) for kind, path in paths.items()})


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
