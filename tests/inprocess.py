"""A study run by the workflow's scripts in this process, without Snakemake, up to its numbers."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import yaml
from snakemake.iocontainers import Namedlist

from pipeline_lib import measures
from pipeline_lib.names import HEALTHY, TRAINING, UNTREATED
from pipeline_lib.study import slices
from pipeline_lib.study.config import Study
from pipeline_lib.study.treatments import by_start
from tests.conftest import ROOT
from tests.projects import snakemake

SCRIPTS = ROOT / "workflow_scripts"


class Run:
    """A study's jobs, each run by its script, with the files that the rules give it.

    A job that stops in one sentence raises SystemExit, as it does for Snakemake.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        self.study, self.folder = study, folder
        self.log = str(folder / "job.log")

    def stage(
        self,
        script: str,
        seed: int,
        state: str,
        files: list[Path],
        study: Any,
        stage: str = "",
        source: str | None = None,
    ) -> None:
        """A job of a seed, which is told all on its command line."""
        told = {"stage": stage, "state": state, "study": study, "source": source}
        told |= {"planned": None, "made_by": script}
        told["beside"] = dict.fromkeys(slices.beside(stage) if script == "measure" else [])
        command = [script, json.dumps(told), str(seed), self.log, *map(str, files)]
        with patch("sys.argv", command):
            runpy.run_path(str(SCRIPTS / f"{script}.py"), run_name="__main__")

    def script(self, script: str, output: dict[str, Path], files: Namedlist, **params: Any) -> None:
        """A job of the study, which is told all by Snakemake."""
        written = Namedlist(fromdict={name: str(path) for name, path in output.items()})
        told = {"made_by": script, "scenarios": [{}]} | params
        job = SimpleNamespace(
            input=files, output=written, params=Namedlist(fromdict=told), log=[self.log]
        )
        runpy.run_path(str(SCRIPTS / f"{script}.py"), init_globals={"snakemake": job})

    def seed_file(self, seed: int, *parts: str) -> Path:
        return self.folder.joinpath("seeds", str(seed), *parts)

    def network(self, seed: int, state: str) -> Path:
        named = {HEALTHY: "baseline.safetensors", UNTREATED: "pruned.safetensors"}
        return self.seed_file(seed, *([named[state]] if state in named else [state, "net"]))

    def gathered(self, kind: str) -> Path:
        return self.folder / "metrics" / f"{kind}.parquet"

    def seed(self, seed: int) -> None:
        """All networks and measurements of one seed."""
        study, of = self.study, self.seed_file
        healthy = self.network(seed, HEALTHY)
        files = [healthy, of(seed, "history")]
        self.stage("baseline", seed, HEALTHY, files, slices.baseline(study))
        files = [healthy, self.network(seed, UNTREATED)]
        self.stage("prune", seed, UNTREATED, files, slices.prune(study), source=HEALTHY)
        for name in by_start(study.treatments):
            start = study.treatments[name].start
            files = [self.network(seed, start), self.network(seed, name), of(seed, name, "history")]
            self.stage("treat", seed, name, files, slices.treat(study, name), source=start)
        for measure in study.measures:
            for state in slices.states(study, measure):
                part = slices.measure(study, measure, state)
                states = [state, *slices.beside(measure)]
                files = [self.network(seed, each) for each in states] + [of(seed, state, measure)]
                files += [of(seed, state, f"{measure}_history")] if self.trains(measure) else []
                self.stage("measure", seed, state, files, part, measure)

    def trains(self, measure: str) -> bool:
        """Tell whether a measure takes a treated network through training."""
        first = next(iter(self.study.treatments))
        return TRAINING in slices.measure(self.study, measure, first)["points"]

    def gather(self) -> None:
        """The rows of all seeds; every file is checked against its schema."""
        study, of, seeds = self.study, self.seed_file, self.study.seed_list
        files = {
            name: [of(seed, state, name) for seed in seeds for state in slices.states(study, name)]
            for name in study.measures
        }
        trains = [name for name in study.measures if self.trains(name)]
        training = {measures.stage_of(name): slices.states(study, name) for name in trains}
        trained = {"history": list(study.treatments)}
        trained |= {f"{name}_history": slices.states(study, name) for name in trains}
        files["history"] = [of(seed, "history") for seed in seeds] + [
            of(seed, name, part) for part in trained for seed in seeds for name in trained[part]
        ]
        for kind, found in files.items():
            self.script(
                "gather",
                {"rows": self.gathered(kind)},
                Namedlist(map(str, found)),
                study=slices.gather(study, kind),
                training=training,
                planned=[None],
            )

    def values(self) -> None:
        """The study's numbers by seed, and over the seeds."""
        study, names = self.study, ("long.parquet", "wide.csv", "cells.parquet", "stamp.json")
        self.script(
            "values",
            {name.partition(".")[0]: self.folder / name for name in names},
            Namedlist(fromdict={name: str(self.gathered(name)) for name in study.measures}),
            measured={name: slices.gather(study, name) for name in study.measures},
            planned=dict.fromkeys(study.measures),
            study=[slices.values(study)],
            drawn={},
        )


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
    running.gather()
    running.values()
