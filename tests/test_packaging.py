"""The library as a package, the files that other programs expect, and what keeps them in step."""

import fnmatch
import os
import re
import tomllib

import yaml

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


def test_hooks_run_the_tools_of_the_lock():
    (local,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    lock = {line.split("==")[0] for line in read("requirements.lock").splitlines()}
    for hook in local["hooks"]:
        tool = re.match(r"\.venv/bin/python -m (\w+)", hook["entry"])[1]
        assert tool in lock, hook
        assert f"$(BIN)/{tool}" in read("Makefile")


def test_the_workflow_on_github_runs_the_same_as_ci_and_shows_the_report_of_its_study():
    steps = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]["ci"]["steps"]
    assert {"run": ".ci/run"} in steps
    (study,) = re.findall(r"--configfile (\S+\.yaml)", read(".ci/run"))
    assert steps[-1]["with"]["path"] == f"{yaml.safe_load(read(study))['results']}/report.html"


def test_the_catalog_of_snakemake_workflows_finds_this_one():
    assert {"snakemake", "workflow"} <= set(read("README.md").lower().split())
    assert (ROOT / "Snakefile").exists()
    usage = yaml.safe_load(read(".snakemake-workflow-catalog.yml"))["usage"]
    assert usage["software-stack-deployment"]["report"] is True


def test_the_version_is_the_same_wherever_it_is_written():
    version = yaml.safe_load(read("CITATION.cff"))["version"]
    assert PROJECT["version"] == version
    assert re.search(r"^## (\S+)", read("CHANGELOG.md"), re.M)[1] == version
