"""A job loads only what it needs, and what it does need still works."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

JOB = """
import numba
import numpy as np
import pyarrow as pa
assert pa.table({"a": [1.5, 2.5], "b": ["x", "y"]}).to_pylist()[1] == {"a": 2.5, "b": "y"}
product = numba.njit(lambda a, b: np.dot(a, b))(np.eye(3), np.arange(9.0).reshape(3, 3))
assert (product == np.arange(9.0).reshape(3, 3)).all()
"""
ITEMS = """
from pipeline_lib import items
for package in ("measures", "steps"):
    for name in items.names(package):
        items.load(package, name)
"""
REPORTING = """
from pipeline_lib.figures import comparison, lines, predictors, states, survival, trajectories
from pipeline_lib.reporting import findings, page, statistics_tables, tables
"""


@pytest.mark.parametrize(
    ("program", "unneeded"),
    [
        (JOB, {"pandas", "scipy.linalg"}),
        (ITEMS, {"pydantic_core"}),
        (REPORTING, {"pandas", "scipy.stats", "sklearn", "torch"}),
    ],
)
def test_a_job_loads_no_library_that_it_does_not_need(program, unneeded):
    program = f"""
import sys
from pipeline_lib.jobs.lean import start_lean
start_lean()
{program}
print(*sorted({unneeded} & set(sys.modules)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.stderr, ran.stdout) == ("", "\n")
