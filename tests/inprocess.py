"""A study run through the workflow's scripts in this process, without Snakemake."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from pipeline_lib import figures, measures
from pipeline_lib.names import (
    COMBINATIONS,
    HEALTHY,
    STANDARD_POINTS,
    STATES,
    STATISTICS_TABLES,
    TRAINING,
    UNTREATED,
)
from pipeline_lib.reporting.typesetting import FORMATS
from pipeline_lib.study import slices
from pipeline_lib.study.config import Study
from pipeline_lib.study.treatments import by_start
from tests.conftest import ROOT

SCRIPTS = ROOT / "workflow_scripts"


class Files(list):
    """Files with names, as Snakemake hands them to a script."""

    def __init__(self, *files: Path, **named: Path | list[Path]) -> None:
        super().__init__(map(str, files))
        for name, found in named.items():
            many = isinstance(found, list)
            self += map(str, found) if many else [str(found)]
            setattr(self, name, list(map(str, found)) if many else str(found))

    def get(self, name: str) -> str | None:
        return getattr(self, name, None)

    def __getitem__(self, key: Any) -> Any:
        return getattr(self, key) if isinstance(key, str) else super().__getitem__(key)


class Params(dict):
    """A job's parameters, by attribute."""

    __getattr__ = dict.__getitem__


class Run:
    """A study's jobs, each run by its script, with the files that the rules give it.

    A job that stops in one sentence raises SystemExit, as it does for Snakemake.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        self.study, self.folder = study, folder

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

    @property
    def log(self) -> str:
        log = self.folder / "logs" / "job.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        return str(log)

    def script(
        self,
        script: str,
        output: Files,
        input: Files | None = None,
        **params: Any,
    ) -> None:
        job = SimpleNamespace(
            input=input if input is not None else Files(),
            output=output,
            params=Params({"planned": None, "made_by": script} | params),
            log=[self.log],
            scriptdir=str(SCRIPTS),
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
            output = Files(self.gathered(kind))
            self.script(
                "gather",
                output,
                Files(*found),
                study=slices.gather(study, kind),
                scenarios=[{}],
                training=training,
                planned=[None],
            )

    def values(self) -> None:
        """The study's numbers by seed, and over the seeds."""
        study, folder = self.study, self.folder
        self.script(
            "values",
            Files(
                long=folder / "values.parquet",
                wide=folder / "values.csv",
                cells=folder / "cells.parquet",
                stamp=folder / "stamps/values.json",
            ),
            Files(**{name: self.gathered(name) for name in study.measures}),
            measured={name: slices.gather(study, name) for name in study.measures},
            planned=dict.fromkeys(study.measures),
            study=[slices.values(study)],
            scenarios=[{}],
            drawn={},
        )

    @property
    def numbers(self) -> dict[str, Path]:
        """The files of numbers and statistics, by the names that scripts know them by."""
        top, statistics = ("values", "cells"), self.folder / "statistics"
        return {
            **{name: self.folder / f"{name}.parquet" for name in top},
            "pairs": statistics / "paired.parquet",
            "logrank": statistics / "logrank.parquet",
            "claims": statistics / "claims.parquet",
        }

    def statistics(self) -> None:
        """Treatments compared, and time to relapse."""
        names = ("claims", "paired", "survival", "logrank")
        output = {name: self.folder / "statistics" / f"{name}.parquet" for name in names}
        values = Files(self.folder / "values.parquet")
        study = slices.statistics(self.study)
        self.script("statistics", Files(**output), values, study=study)

    def pages(self, published: Path | None = None) -> None:
        """Tables, figures, the report; with published numbers, the comparison with them."""
        study, folder = self.study, self.folder
        theirs: dict[str, Any] = {"published": published} if published else {}
        planned = dict.fromkeys(self.numbers)
        names = [spec.name for spec in measures.tables(study.measures)]
        names += [*([COMBINATIONS] if slices.combines(study) else []), *STATISTICS_TABLES]
        self.script(
            "tables",
            Files(
                tables=[folder / "tables" / f"{name}.csv" for name in names],
                ours=[],
                others=[
                    folder / "tables" / f"{name}.{form}"
                    for name in names
                    for form in FORMATS
                    if form != "csv"
                ],
                stamp=folder / "stamps/tables.json",
            ),
            Files(**self.numbers, **theirs),
            study=slices.tables(study),
            planned=planned,
        )
        if published:
            parts = {"comparison": "comparison.parquet", "report": "comparison.md"}
            parts |= {"verdict": "verdict.txt", "stamp": "stamp.json"}
            compared = {name: folder / "reproduction" / file for name, file in parts.items()}
            files = Files(**self.numbers, **theirs)
            found = slices.reproduction(study)
            self.script("reproduction", Files(**compared), files, study=found)
            theirs["comparison"] = compared["comparison"]
        drawn = self.figures(theirs.get("comparison"))
        reporting = ROOT / "pipeline_lib/reporting"
        self.script(
            "report",
            Files(
                page=folder / "report.html",
                findings=folder / "findings.md",
                stamp=folder / "stamps/report.json",
            ),
            Files(
                **self.numbers,
                **theirs,
                network=self.network(study.seed_list[0], HEALTHY),
                figures=drawn,
                templates=[reporting / "report.html.j2", reporting / "report.css"],
                citation=ROOT / "CITATION.cff",
            ),
            study=slices.report(study),
            looks=self.looks,
            planned=planned,
        )

    @property
    def looks(self) -> slices.Slice:
        """How each treatment looks in figures."""
        return slices.looks(
            self.study, {name: place for place, name in enumerate(self.study.treatments)}
        )

    def figures(self, comparison: Path | None) -> list[Path]:
        """Draw every figure of the study; return the files."""
        study, first, treatments = self.study, self.study.seed_list[0], list(self.study.treatments)
        looks = self.looks
        regrowth = slices.first_regrowth(study)
        networks = {
            f"network_{state}": self.network(first, state) for state in [*STATES, *treatments]
        }
        files = {
            "survival": Files(survival=self.folder / "statistics/survival.parquet"),
            "training": Files(history=self.gathered("history")),
            "comparison": comparison and Files(comparison=comparison),
            "regions": slices.is_plane(study) and Files(**networks),
            "regrowth": regrowth and Files(**networks),
        }
        drawn: list[Path] = []
        for name, spec in figures.specs(study.measures).items():
            read = files.get(name) if spec in figures.SPECIAL else Files(**self.numbers)
            if not read:
                continue
            found: dict[str, Any] = {"study": slices.figure(study, name, looks), "told": {}}
            found["module"] = spec.kind
            found["planned"] = dict.fromkeys(vars(read))
            if name == "training":
                found["told"] = {"measured": slices.gather(study, "history")}
            if name == "regions":
                points = slices.points(study, STANDARD_POINTS)
                found["told"] = {"seed": first, "points": points}
            if name == "regrowth" and regrowth:
                treatment, batches = regrowth
                trained = slices.treat(study, treatment)
                found["told"] = {"seed": first, "treatment": treatment, "batches": batches}
                found["told"]["trained"] = trained
            pictures = [self.folder / "figures" / f"{name}.{form}" for form in ("svg", "png")]
            output = Files(pictures=pictures, stamp=self.folder / f"stamps/figure_{name}.json")
            self.script("figure", output, read, **found)
            drawn += pictures
        return drawn


def run(study: Study, folder: Path, *, values: bool = True, whole: bool = False) -> Run:
    """Run a study up to its gathered rows, its numbers, or, `whole`, its report."""
    running = Run(study, folder)
    for seed in study.seed_list:
        running.seed(seed)
    running.gather()
    if values or whole:
        running.values()
    if whole:
        running.statistics()
        running.pages()
    return running
