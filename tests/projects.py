"""A copy of the project in a temporary folder, with a tiny study, run with Snakemake."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

PARTS = [
    *("Snakefile", "config.yaml", "rules", "workflow_scripts", "pipeline_lib", "profiles"),
    *("reference", "report", "docs", "CITATION.cff"),
]

TINY = {
    "seeds": 2,
    "task": {"train": 200, "test": 100, "clean": 20},
    "network": {"hidden": [12, 10]},
    "baseline": {"epochs": 2},
    "relapse": {"cycles": 2},
    "treatments": {
        "ketamine": {
            "course": [
                {"regrow": {"fraction": 0.5, "batches": 2, "sd": 0.03}},
                {"train": {"epochs": 2, "lr": 5e-4}},
            ],
            "maintenance": [{"train": {"epochs": 1, "lr": 5e-4}}],
        },
        "ssri": {
            "course": [{"train": {"epochs": 3, "lr": 1e-5, "noise": [0.5, 0.0]}}],
            "maintenance": [{"train": {"epochs": 2, "lr": 1e-5, "noise": [0.3, 0.0]}}],
        },
        "neurosteroid": None,
    },
}


# One course, on the engine whose first use needs no compiler.
ONE_SEED = TINY | {"seeds": 1, "engine": "plain"}
ONE_SEED["treatments"] = TINY["treatments"] | {"ketamine": None}


def snakemake(
    folder: Path, *arguments: str | Path, fails: bool = False, before: Any = (), **how: Any
) -> str:
    """Run Snakemake in a folder and return what it said.

    If it `fails`, it must say why without a traceback. `before` are the words of a program to run
    it by, and `how` options of `subprocess.run`.
    """
    command = [*before, sys.executable, "-m", "snakemake", *map(str, arguments)]
    how |= {"capture_output": True, "text": True, "encoding": "utf-8"}
    done = subprocess.run(command, cwd=folder, check=False, **how)
    said = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, said
    assert not fails or "Traceback" not in said, said
    return said


class Project:
    """A copy of the project with a tiny study."""

    def __init__(self, folder: Path, **surroundings: Any) -> None:
        """Copy the project; `surroundings` are options of `subprocess.run`, env for one."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.surroundings = surroundings
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, folder / part)
        self.study = yaml.safe_load(yaml.safe_dump(TINY))

    def file_of(self, study: dict | None = None) -> str:
        """Write the study, or another one, and return the name of its file."""
        path = self.folder / "tiny.yaml"
        path.write_text(yaml.safe_dump(study or self.study), encoding="utf-8")
        return path.name

    def snakemake(self, *arguments: str, study: dict | None = None, fails: bool = False) -> str:
        told = (*arguments, "--configfile", self.file_of(study))
        return snakemake(self.folder, *told, fails=fails, **self.surroundings)

    def planned(self, study: dict | None = None) -> list[str]:
        """The messages of all jobs that would run."""
        return sorted(re.findall(r"^ *Job \d+: (.*)$", self.snakemake("-n", study=study), re.M))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def results(self) -> dict[str, bytes]:
        """All result files except logs, by their paths in the results folder."""
        folder = self.folder / "results"
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in files
            if path.relative_to(folder).parts[0] != "logs"
        }

    def parquet(self) -> dict[str, bytes]:
        return {name: data for name, data in self.results().items() if name.endswith(".parquet")}
