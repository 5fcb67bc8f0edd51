"""A study whose seeds the workflow's scripts run in this process, without Snakemake."""

import json
import runpy
from pathlib import Path
from unittest.mock import patch

import yaml

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cell, study_cells
from pipeline_lib.analysis.values import study_values, wide
from pipeline_lib.files.gathering import gather
from pipeline_lib.files.rows import write_rows
from pipeline_lib.measures import Value
from pipeline_lib.names import HEALTHY, TRAINING, UNTREATED
from pipeline_lib.study import slices
from pipeline_lib.study.config import Study
from tests.conftest import ROOT
from tests.projects import snakemake

SCRIPTS = ROOT / "workflow_scripts"


class Run:
    """A study's jobs of seeds, each run by its script, with the files that the rules give it.

    A job that stops in one sentence raises SystemExit, as it does for Snakemake.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        self.study, self.folder = study, folder
        self.log = str(folder / "job.log")

    def stage(self, script, seed, state, files, study, stage="", networks=()):
        """A job of a seed, which is told all on its command line."""
        told = {"stage": stage, "state": state, "study": study, "made_by": script}
        told["networks"] = dict.fromkeys(networks)
        command = [script, json.dumps(told), str(seed), self.log, *map(str, files)]
        with patch("sys.argv", command):
            runpy.run_path(str(SCRIPTS / f"{script}.py"), run_name="__main__")

    def seed_file(self, seed: int, *parts: str) -> Path:
        return self.folder.joinpath("seeds", str(seed), *parts)

    def network(self, seed: int, state: str) -> Path:
        named = {HEALTHY: "baseline.safetensors", UNTREATED: "pruned.safetensors"}
        return self.seed_file(seed, *([named[state]] if state in named else [state, "net"]))

    def seed(self, seed: int) -> None:
        """All networks and measurements of one seed."""
        study, of = self.study, self.seed_file
        healthy = self.network(seed, HEALTHY)
        files = [healthy, of(seed, "history")]
        self.stage("baseline", seed, HEALTHY, files, slices.baseline(study))
        files = [healthy, self.network(seed, UNTREATED)]
        self.stage("prune", seed, UNTREATED, files, slices.prune(study), networks=[HEALTHY])
        starts = {name: treatment.start for name, treatment in study.treatments.items()}
        made = [UNTREATED]
        while len(made) <= len(starts):
            made += [name for name in starts if name not in made and starts[name] in made]
        for name in made[1:]:
            start = starts[name]
            files = [self.network(seed, start), self.network(seed, name), of(seed, name, "history")]
            self.stage("treat", seed, name, files, slices.treat(study, name), networks=[start])
        for measure in study.measures:
            for state in slices.states(study, measure):
                part = slices.measure(study, measure, state)
                states = [state, *slices.beside(measure)]
                files = [self.network(seed, each) for each in states] + [of(seed, state, measure)]
                files += [of(seed, state, f"{measure}_history")] if self.trains(measure) else []
                self.stage("measure", seed, state, files, part, measure, states)

    def trains(self, measure: str) -> bool:
        """Tell whether a measure takes a treated network through training."""
        first = next(iter(self.study.treatments))
        return TRAINING in slices.measure(self.study, measure, first)["points"]

    def numbers(self) -> None:
        """The study's numbers by seed, and over the seeds; all rows and numbers are checked."""
        study, files = self.study, self.files
        rows = {
            name: gather(
                files(name, slices.states(study, name)),
                measures.row_of(name),
                **slices.gather(study, name),
            )
            for name in study.measures
        }
        values = study_values(rows, slices.values(study))
        write_rows(self.folder / "values.parquet", values, Value)
        cells = study_cells(values, measures.numbers(study.measures))
        write_rows(self.folder / "cells.parquet", cells, Cell)
        wide([values])

    def history(self) -> None:
        """The history of all training, which is checked as well."""
        study = self.study
        trained = {name: slices.states(study, name) for name in study.measures if self.trains(name)}
        paths = [self.seed_file(seed, "history") for seed in study.seed_list]
        paths += self.files("history", list(study.treatments))
        for name, states in trained.items():
            paths += self.files(f"{name}_history", states)
        training = {measures.stage_of(name): states for name, states in trained.items()}
        row = measures.row_of("history")
        gather(paths, row, training=training, **slices.gather(study, "history"))

    def files(self, kind: str, states: list[str]) -> list[Path]:
        """The files of a kind of rows in the order of gathering."""
        return [
            self.seed_file(seed, state, kind) for seed in self.study.seed_list for state in states
        ]


def run(study: Study, folder: Path, *, whole: bool = False) -> None:
    """Run a study up to its numbers, or, `whole`, up to its report, which takes Snakemake."""
    folder.mkdir(exist_ok=True)
    if whole:
        told = study.model_dump(mode="json", by_alias=True, exclude_unset=True)
        told["results"] = str(folder)
        (folder / "config.yaml").write_text(yaml.safe_dump(told, sort_keys=False), "utf-8")
        snakemake(folder, "-j", "2", "-s", ROOT / "Snakefile")
        return
    running = Run(study, folder)
    for seed in study.seed_list:
        running.seed(seed)
    running.numbers()
    running.history()
