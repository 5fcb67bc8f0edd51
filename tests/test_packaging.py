"""The library as a package: its content, and the copy that a workflow uses."""

import fnmatch
import os
import tomllib

from tests.conftest import ROOT
from tests.projects import Project


def test_jobs_use_the_library_beside_the_snakefile_and_keep_the_rest_of_pythonpath(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "pipeline_lib").mkdir(parents=True)
    (elsewhere / "pipeline_lib/__init__.py").write_text("raise ImportError('another library')\n")
    (elsewhere / "from_a_module.py").write_text("")
    environment = os.environ | {"PYTHONPATH": str(elsewhere)}
    project = Project(tmp_path / "project", env=environment)
    with (project.folder / "workflow_scripts/baseline.py").open("a") as script:
        script.write("\nimport from_a_module, pipeline_lib\n")
        script.write(f"assert pipeline_lib.__file__.startswith({str(project.folder)!r})\n")
    baseline = "results/seeds/0/baseline.safetensors"
    project.snakemake("-j", "1", baseline)
    assert (project.folder / baseline).exists()


def test_every_file_of_the_library_is_packaged():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    patterns = ["*.py", *settings["setuptools"]["package-data"]["*"]]
    for path in (ROOT / "pipeline_lib").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns), path
            assert (path.parent / "__init__.py").exists(), path
