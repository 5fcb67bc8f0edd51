"""A study through the workflow's own scripts, in this process: what Snakemake does, without it."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipeline_lib.reporting.tables import FORMATS, TABLES
from pipeline_lib.study import slices
from pipeline_lib.study.config import Study
from tests.conftest import ROOT

SCRIPTS = ROOT / "workflow_scripts"
STATES = ("healthy", "untreated")


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
    """A study's jobs, each run by its script; `network`, `measure` and the rest follow the rules.

    A job that stops in one sentence raises SystemExit, as it does for Snakemake.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        self.study, self.folder = study, folder

    def script(
        self,
        script: str,
        output: Files,
        input: Files | None = None,
        wildcards: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        log = self.folder / "logs" / "job.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        job = SimpleNamespace(
            input=input if input is not None else Files(),
            output=output,
            wildcards=SimpleNamespace(**(wildcards or {})),
            params=Params(params, code="0"),
            log=[str(log)],
            scriptdir=str(SCRIPTS),
        )
        runpy.run_path(str(SCRIPTS / f"{script}.py"), init_globals={"snakemake": job})

    def seed_file(self, seed: int, *parts: str) -> Path:
        return self.folder.joinpath("seeds", str(seed), *parts)

    def network(self, seed: int, state: str) -> Path:
        named = {"healthy": "baseline.safetensors", "untreated": "pruned.safetensors"}
        return self.seed_file(seed, *([named[state]] if state in named else [state, "net"]))

    def gathered(self, kind: str) -> Path:
        return self.folder / "metrics" / f"{kind}.parquet"

    def seed(self, seed: int) -> None:
        """All networks and measurements of one seed."""
        study, of = self.study, self.seed_file
        self.script(
            "baseline",
            Files(network=self.network(seed, "healthy"), history=of(seed, "history")),
            wildcards={"seed": seed},
            study=slices.baseline(study),
        )
        self.script(
            "prune",
            Files(network=self.network(seed, "untreated")),
            Files(network=self.network(seed, "healthy")),
            wildcards={"seed": seed},
            study=slices.prune(study),
        )
        for name in study.treatments:
            of_treatment = {"seed": seed, "treatment": name}
            treated = Files(network=self.network(seed, name))
            self.script(
                "treat",
                Files(network=self.network(seed, name), history=of(seed, name, "history")),
                Files(network=self.network(seed, "untreated")),
                of_treatment,
                study=slices.treat(study, name),
            )
            output = Files(metrics=of(seed, name, "acute"))
            self.script("acute", output, treated, of_treatment, study=slices.acute(study))
            self.script(
                "relapse",
                Files(metrics=of(seed, name, "relapse"), history=of(seed, name, "relapse_history")),
                treated,
                of_treatment,
                study=slices.relapse(study, name),
            )
        for state in (*STATES, *study.treatments):
            of_state = {"seed": seed, "state": state}
            network = Files(network=self.network(seed, state))
            for kind in ("evaluate", *(["switch"] if study.switch else [])):
                part = getattr(slices, kind)(study, state)
                output = Files(metrics=of(seed, state, kind))
                self.script(kind, output, network, of_state, study=part)

    def gather(self) -> None:
        """The rows of all seeds; every file is checked against its schema."""
        study, of = self.study, self.seed_file
        names = list(study.treatments)
        kinds = {"evaluate": [*STATES, *names], "acute": names, "relapse": names}
        if study.switch:
            kinds["switch"] = [*STATES, *names]
        files = {
            kind: [of(seed, state, kind) for seed in study.seed_list for state in states]
            for kind, states in kinds.items()
        }
        files["history"] = [of(seed, "history") for seed in study.seed_list] + [
            of(seed, name, part)
            for part in ("history", "relapse_history")
            for seed in study.seed_list
            for name in names
        ]
        for kind, found in files.items():
            output = Files(self.gathered(kind))
            self.script("gather", output, Files(*found), study=slices.gather(study, kind))

    def tables(self, published: Path | None = None) -> None:
        """Tables, statistics, and what combinations add."""
        study, folder = self.study, self.folder
        kinds = ["evaluate", "acute", "relapse", *(["switch"] if study.switch else [])]
        self.measured = {kind: self.gathered(kind) for kind in kinds}
        self.told = {kind: slices.gather(study, kind) for kind in kinds}
        theirs = {"published": published} if published else {}
        wanted = [name for name in TABLES if name != "switch" or study.switch]
        self.script(
            "tables",
            Files(*(folder / "tables" / f"{name}.{form}" for name in wanted for form in FORMATS)),
            Files(**self.measured, **theirs),
            study=slices.tables(study),
            measured=self.told,
        )
        names = ("cells", "paired", "survival", "logrank", "relapse")
        self.statistics = {name: folder / "statistics" / f"{name}.csv" for name in names}
        output = Files(**self.statistics)
        self.script(
            "statistics",
            output,
            Files(**self.measured),
            study=slices.statistics(study),
            measured=self.told,
        )
        self.analysed = {
            **{kind: self.statistics[kind] for kind in ("cells", "paired", "logrank")},
            "relapses": self.statistics["relapse"],
        }
        if any(treatment.combines for treatment in study.treatments.values()):
            output = Files(*(folder / "tables" / f"combinations.{form}" for form in FORMATS))
            found = slices.combinations(study)
            self.script("combinations", output, Files(**self.analysed), study=found)

    def figures(self, *, all_of_them: bool = True) -> None:
        """Every figure of the study, or the one of accuracy alone."""
        study, first, names = self.study, self.study.seed_list[0], list(self.study.treatments)
        kinds = {
            **dict.fromkeys(("accuracy", "resilience"), "evaluate"),
            **dict.fromkeys(("trajectories", "survival", "sparsity"), "relapse"),
            "training": "history",
            **({"switch": "switch"} if study.switch else {}),
        }
        self.drawn: list[Path] = []
        if not all_of_them:
            kinds = {"accuracy": "evaluate"}
        for name, kind in kinds.items():
            found = {
                "name": name,
                "study": slices.figure(study, name),
                "measured": slices.gather(study, kind),
            }
            self.script("figure_of_rows", self.picture(name), Files(self.gathered(kind)), **found)
        if not all_of_them:
            return
        self.script(
            "figure_regions",
            self.picture("regions"),
            Files(
                healthy=self.network(first, "healthy"),
                untreated=self.network(first, "untreated"),
                treated=[self.network(first, name) for name in names],
            ),
            seed=first,
            study=slices.figure(study, "regions"),
        )
        if regrowth := slices.first_regrowth(study):
            treatment, batches = regrowth
            self.script(
                "figure_regrowth",
                self.picture("regrowth"),
                Files(
                    pruned=self.network(first, "untreated"),
                    treated=self.network(first, treatment),
                ),
                seed=first,
                treatment=treatment,
                batches=batches,
                study=slices.figure(study, "regrowth"),
            )

    def picture(self, name: str) -> Files:
        self.drawn += [self.folder / "figures" / f"{name}.{form}" for form in ("svg", "png")]
        return Files(*self.drawn[-2:])

    def report(self, published: Path | None = None) -> None:
        """The comparison with published numbers, if there are any, its figure, and the report."""
        study, folder = self.study, self.folder
        theirs: dict[str, Path] = {}
        if published:
            compared = {
                name: folder / "reproduction" / name for name in ("comparison", "report", "verdict")
            }
            self.script(
                "reproduction",
                Files(**compared),
                Files(**self.measured, published=published),
                study=slices.reproduction(study),
                measured=self.told,
            )
            theirs = {"published": published, "comparison": compared["comparison"]}
            picture, found = self.picture("comparison"), slices.figure(study, "comparison")
            self.script("figure_comparison", picture, Files(compared["comparison"]), study=found)
        page = folder / "report.html"
        self.script(
            "report",
            Files(page=page, findings=folder / "findings.md"),
            Files(
                **self.measured,
                **theirs,
                **self.analysed,
                network=self.network(study.seed_list[0], "healthy"),
                figures=self.drawn,
                captions=[],
                template=ROOT / "pipeline_lib/reporting/report.html.j2",
                citation=ROOT / "CITATION.cff",
            ),
            study=slices.report(study),
            measured=self.told,
            logs=str(folder / "logs"),
        )


def run(study: Study, folder: Path, *, tables: bool = True, whole: bool = False) -> None:
    """Run a study up to its gathered rows, its tables, or, `whole`, its figures and its report."""
    running = Run(study, folder)
    for seed in study.seed_list:
        running.seed(seed)
    running.gather()
    if tables or whole:
        running.tables()
    if whole:
        running.figures()
        running.report()
