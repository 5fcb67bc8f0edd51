"""What jobs load, and what keeps the files that other programs expect in step."""

import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from tests.conftest import ROOT
from tests.projects import Project


def test_jobs_use_the_library_beside_the_snakefile_and_keep_the_rest_of_pythonpath(tmp_path):
    other = tmp_path / "other"
    (other / "pipeline_lib").mkdir(parents=True)
    (other / "pipeline_lib/__init__.py").write_text("raise ImportError('another library')\n")
    (other / "from_a_module.py").touch()
    project = Project(tmp_path / "project", env=os.environ | {"PYTHONPATH": str(other)})
    with (project.folder / "workflow_scripts/baseline.py").open("a") as script:
        script.write("\nimport from_a_module, pipeline_lib\n")
        script.write(f"assert pipeline_lib.__file__.startswith({str(project.folder)!r})\n")
    project.snakemake("-j", "1", "results/seeds/0/baseline.safetensors")


JOB = """
start_lean()
import numba
import numpy as np
import pyarrow as pa
assert pa.table({"a": [1.5, 2.5], "b": ["x", "y"]}).to_pylist()[1] == {"a": 2.5, "b": "y"}
product = numba.njit(lambda a, b: np.dot(a, b))(np.eye(3), np.arange(9.0).reshape(3, 3))
assert (product == np.arange(9.0).reshape(3, 3)).all()
"""
ITEMS = """
start_lean()
from pipeline_lib import items
for package in ("measures", "steps"):
    for name in items.names(package):
        items.load(package, name)
"""
REGROWTH = (
    "start_lean(); import numpy; import pipeline_lib.engines.fast as f; f.highest(numpy.ones(9), 4)"
)
REPORTING = """
from pipeline_lib.figures import comparison, lines, predictors, states, survival, trajectories
from pipeline_lib.reporting import findings, page, statistics_tables, tables
start_lean()
"""


@pytest.mark.parametrize(
    ("program", "unneeded"),
    [
        (JOB, {"pandas", "scipy.linalg", "yaml.reader"}),
        (ITEMS, {"pydantic_core"}),
        (REGROWTH, {"torch"}),
        (REPORTING, {"pandas", "scipy.stats", "sklearn", "torch"}),
    ],
)
def test_a_job_loads_no_library_that_it_does_not_need(program, unneeded):
    program = f"""
import sys
from pipeline_lib.jobs.lean import start_lean
{program}
print(*sorted({unneeded} & set(sys.modules)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.stderr, ran.stdout) == ("", "\n")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


PROJECT = tomllib.loads(read("pyproject.toml"))["project"]


def test_the_lock_is_what_every_environment_installs_and_holds_what_the_project_asks_for():
    lock = read("requirements.lock").splitlines()
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    assert [each for each in asked if each not in lock] == []
    conda = yaml.safe_load(read("environment.yaml"))["dependencies"]
    assert {"pip": ["-r requirements.lock"]} in conda
    assert re.search(r"pip install .*--requirement requirements\.lock$", read("Dockerfile"), re.M)
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert f"python={oldest}" in conda
    assert f"FROM python:{oldest}-slim" in read("Dockerfile")


def test_the_version_is_the_same_wherever_it_is_written():
    version = yaml.safe_load(read("CITATION.cff"))["version"]
    assert PROJECT["version"] == version
    assert re.search(r"^## (\S+)", read("CHANGELOG.md"), re.M)[1] == version
