"""A job loads only what it needs, and what it does need still works."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

JOB = """
import sys
from pipeline_lib.jobs.lean import start_lean
start_lean()

import numba
import numpy as np
import pyarrow as pa
assert pa.table({"a": [1.5, 2.5], "b": ["x", "y"]}).to_pylist()[1] == {"a": 2.5, "b": "y"}
product = numba.njit(lambda a, b: np.dot(a, b))(np.eye(3), np.arange(9.0).reshape(3, 3))
assert (product == np.arange(9.0).reshape(3, 3)).all()
print(*sorted({"pandas", "scipy.linalg"} & set(sys.modules)))

import pandas as pd
import scipy.linalg
assert pd.Series([1, 2]).sum() == 3
assert (scipy.linalg.inv(2 * np.eye(2)) == np.eye(2) / 2).all()
"""


ITEMS = """
import sys
from pipeline_lib import items
from pipeline_lib.jobs.lean import start_lean
start_lean()

for package, function in ("measures", "run"), ("steps", "apply"):
    for name in items.names(package):
        assert callable(getattr(items.load(package, name), function))
print(*sorted({"pydantic_core"} & set(sys.modules)))
"""


REPORTING = """
import sys
from pipeline_lib.figures import comparison, lines, predictors, states, survival, trajectories
from pipeline_lib.reporting import findings, page, statistics_tables, tables, verdict
print(*sorted({"pandas", "scipy.stats", "sklearn", "torch"} & set(sys.modules)))
"""


@pytest.mark.parametrize("program", [JOB, ITEMS, REPORTING])
def test_a_job_loads_no_library_that_it_does_not_need(program):
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.stderr, ran.stdout) == ("", "\n")
