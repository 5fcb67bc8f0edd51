"""The workflow as a module of another workflow, and started from a folder that is not its own."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from rocrate.rocrate import ROCrate

from tests.conftest import ROOT
from tests.projects import ONE_SEED, Project, snakemake


def planned(output: str) -> set[str]:
    """The rules in the table of a dry run."""
    return set(re.findall(r"^(\w+) +\d+$", output, re.M)) - {"total"}


@pytest.fixture(scope="module")
def importing(tmp_path_factory) -> Path:
    """The folder of a workflow that has run, of which two studies are modules."""
    folder = tmp_path_factory.mktemp("importing")
    (folder / "pruning-resilience").symlink_to(ROOT)
    page = (ROOT / "docs/elsewhere.md").read_text("utf-8")
    (folder / "Snakefile").write_text(re.search(r"```python\n(.*?)```", page, re.S)[1], "utf-8")
    studies = {"narrow": ONE_SEED, "wide": ONE_SEED | {"seeds": 2, "keep_networks": False}}
    (folder / "config.yaml").write_text(yaml.safe_dump(studies), "utf-8")
    snakemake(folder, "-j", "2")
    return folder


def rows(results: Path) -> dict[str, bytes]:
    """The files of measurements of seed 0."""
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in results.glob("seeds/0/*/*.parquet")
    }


def test_two_studies_are_modules_of_a_workflow_that_keeps_its_target(importing):
    assert len((importing / "lines.txt").read_text("utf-8").splitlines()) == 3
    made = {path.name for path in importing.iterdir() if path.name != "pruning-resilience"}
    assert made == {".snakemake", "Snakefile", "config.yaml", "lines.txt", "narrow", "wide"}
    one, two = (importing / name / "results" for name in ("narrow", "wide"))
    assert len(rows(one)) == 7
    assert rows(one) == rows(two)
    assert (one / "seeds/0/ssri/network.safetensors").exists()
    assert not (two / "seeds/0/ssri/network.safetensors").exists()
    assert {path.name for path in two.glob("seeds/*")} == {"0", "1"}
    kept = yaml.safe_load((two / "study.yaml").read_text("utf-8"))
    assert (kept["seeds"], kept["results"]) == (2, "wide/results")
    assert "Nothing to be done" in snakemake(importing, "-n")


def test_modules_of_different_checkouts_are_refused(tmp_path):
    other = Project(tmp_path / "other").folder / "Snakefile"
    modules = [
        f"module {name}:\n    snakefile: {str(path)!r}\n    config: {{}}\n"
        f"use rule * from {name} as {name}_*\n"
        for name, path in (("one", ROOT / "Snakefile"), ("two", other))
    ]
    (tmp_path / "Snakefile").write_text("".join(modules), encoding="utf-8")
    said = snakemake(tmp_path, "-n", fails=True)
    assert "all modules must come from the same checkout" in said


@pytest.fixture(scope="module")
def abroad(tmp_path_factory) -> tuple[Path, Path]:
    """The results of a study that was run elsewhere, and its checkout, which is read-only."""
    top = tmp_path_factory.mktemp("abroad")
    checkout = Project(top / "a read-only checkout").folder
    place = top / "another place"
    results = place / "scratch of me@lab" / "results"
    place.mkdir()
    (place / "study.yaml").write_text(yaml.safe_dump(ONE_SEED | {"results": str(results)}), "utf-8")
    for path in (checkout, *checkout.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    # root may write everywhere, unless it gives that up.
    before = ("setpriv", "--bounding-set", "-dac_override") if os.geteuid() == 0 else ()
    touched = subprocess.run([*before, "touch", checkout / "x"], capture_output=True, check=False)
    assert b"Permission denied" in touched.stderr
    options = ("-s", checkout / "Snakefile", "-d", place, "--configfile", place / "study.yaml")
    said = snakemake(top, "-j", "2", *options, before=before)
    (place / "console.txt").write_text(said, "utf-8")
    return results, checkout


def test_a_study_runs_from_a_read_only_checkout_and_the_console_tells_how_far(abroad, importing):
    results, checkout = abroad
    assert {path.name for path in results.iterdir()} >= {"report.html", "logs"}
    assert "consistent" in (results / "reproduction/verdict.txt").read_text("utf-8")
    assert not list(checkout.glob("results")) + list(checkout.glob(".snakemake"))
    assert rows(results) == rows(importing / "narrow/results")
    place = results.parents[1]
    console = (place / "console.txt").read_text("utf-8")
    told = re.findall(r"^(\d+) of (\d+) jobs done(.*)$", console, re.M)
    assert told[0] == ("0", "27", "; now: seed 0: train the healthy network")
    assert told[-1] == ("27", "27", "")
    (log,) = (place / ".snakemake/log").iterdir()
    for line in ("Job 1: ", "Finished jobid", "Select jobs to execute"):
        assert line in log.read_text("utf-8")
        assert line not in console


def test_an_archive_holds_all_that_is_needed_to_check_and_extend_the_study(abroad, tmp_path):
    results, checkout = abroad
    options = ("-s", checkout / "Snakefile", "--configfile", results / "study.yaml")
    snakemake(tmp_path, "-j", "2", "archive", *options)
    with zipfile.ZipFile(results.with_suffix(".zip")) as archive:
        archive.extractall(tmp_path / "unpacked")
    folder = tmp_path / "unpacked"
    crate = ROCrate(folder)
    assert crate.mainEntity.id == "Snakefile"
    described = [entity.id for entity in crate.data_entities]
    assert {"Snakefile", "results/study.yaml", "results/report.html"} <= set(described)
    assert all((folder / name).exists() for name in described)
    readme = (folder / "README-ARCHIVE.md").read_text("utf-8")
    options = re.search(r'make run ARGS="(.+)"', readme)[1].split()
    assert "Nothing to be done" in snakemake(folder, "-n", *options)
    assert rows(folder / "results") == rows(results)
    rules = planned(snakemake(folder, "-n", *options, "seeds=2"))
    assert {"baseline", "treat", "gather", "report"} <= rules


def test_a_missing_file_is_named(tmp_path):
    (tmp_path / "study.yaml").write_text("reproduction: {published: nowhere.csv}\n", "utf-8")
    options = ("-s", ROOT / "Snakefile", "--configfile", "study.yaml")
    said = snakemake(tmp_path, "-n", *options, fails=True)
    sentence = "reproduction.published is 'nowhere.csv', but there is no such file in"
    assert f"{sentence} {tmp_path} or in {ROOT}" in said


@pytest.mark.skipif(not shutil.which("rsync"), reason="the storage plugin needs rsync")
def test_results_can_be_in_storage_which_is_then_up_to_date(tmp_path, importing):
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(ONE_SEED), "utf-8")
    options = ["-s", ROOT / "Snakefile", "--configfile", "study.yaml"]
    options += ["--default-storage-provider", "fs", "--default-storage-prefix", tmp_path / "store"]
    snakemake(tmp_path, "-j", "2", *options)
    results = tmp_path / "store/results"
    assert rows(results) == rows(importing / "narrow/results")
    assert {path.name for path in results.iterdir()} >= {"report.html", "findings.md", "logs"}
    assert not (tmp_path / "results").exists()
    assert "Nothing to be done" in snakemake(tmp_path, *options, "-n")
    longer = yaml.safe_dump(ONE_SEED | {"relapse": {"cycles": 3}})
    (tmp_path / "study.yaml").write_text(longer, "utf-8")
    rules = planned(snakemake(tmp_path, *options, "-n"))
    assert {"relapse", "gather", "report"} <= rules
    assert not {"baseline", "treat", "acute"} & rules


def test_make_run_needs_only_python_and_checks_the_file_first(tmp_path):
    project = Project(tmp_path)
    project.file_of(ONE_SEED)
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").touch()
    # Programs that name an interpreter in their first line, such as `snakemake`, are not here.
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', "utf-8")
    python.chmod(0o755)
    for given, code, sentence in (
        ("ARGS=-n --configfile tiny.yaml", 0, "train the healthy network"),
        ("ARGS=-n --configfile nowhere.yaml", 2, "nowhere.yaml: there is no such file"),
        ("ARG=-n", 2, "ARG is not known; it must be one of PYTHON CORES STUDY ARGS"),
    ):
        command = ["make", "run", "VENV=.", "READY=requirements.lock", given]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert sentence in said
        assert "Traceback" not in said
