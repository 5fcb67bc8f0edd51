# The figures of the study, each made from the files that it shows, in the order of the report.

from typing import Any, NamedTuple

from pipeline_lib import figures
from pipeline_lib.names import STANDARD_POINTS


class Drawing(NamedTuple):
    """The script that draws a figure, the files that it reads, and what it is told.

    `planned` returns the plan of the files, or several by state. `code` is what the script loads
    by name, and `narrow` tells whether the figure fits a journal's column.
    """

    script: str
    files: dict[str, Any]
    planned: Any
    code: list[str] = []
    told: dict[str, Any] = {}
    narrow: bool = True


REGROWTH = slices.first_regrowth(STUDY)
FIRST = SEEDS[0]  # the seed whose networks are shown, which CASES[0] is of
DRAWINGS = {}

for name, spec in figures.specs(MEASURES).items():
    if spec not in figures.SPECIAL:
        DRAWINGS[name] = Drawing(
            "figure",
            {"values": VALUES, "cells": CELLS},
            plan_of_values,
            of_measures("FIGURES", "NUMBERS"),
        )
if DRAWN:
    DRAWINGS[figures.PATIENTS.name] = Drawing(
        "figure_patients",
        {"values": VALUES},
        plan_of_values,
        of_measures("NUMBERS"),
        {"drawn": DRAWN},
    )
if slices.RELAPSE in MEASURES:
    DRAWINGS[figures.SURVIVAL.name] = Drawing(
        "figure_survival",
        {"survival": in_results("statistics", "survival.parquet")},
        plan_of_statistics,
    )
DRAWINGS[figures.TRAINING.name] = Drawing(
    "figure_training",
    {"history": gathered("history")},
    lambda: plan_of_gather("history"),
    told={"measured": slices.gather(STUDY, "history")},
)
if has_published("published"):
    DRAWINGS[figures.COMPARISON.name] = Drawing(
        "figure_comparison",
        {"comparison": in_results("reproduction", "comparison.parquet")},
        lambda: plan_of_reproduction(),
        of_measures("TABLES", "NUMBERS"),
    )
if REGROWTH:
    DRAWINGS[figures.REGROWTH.name] = Drawing(
        "figure_regrowth",
        {
            "pruned": of_first(network_of(UNTREATED)),
            "treated": of_first(network_of(REGROWTH[0])),
        },
        lambda: {name: plan_of_network(name) for name in (UNTREATED, REGROWTH[0])},
        [ENGINES[0]],
        {
            "seed": FIRST,
            "treatment": REGROWTH[0],
            "batches": REGROWTH[1],
            "trained": slices.treat(CASES[0], REGROWTH[0]),
        },
        narrow=False,
    )
if slices.is_plane(STUDY):
    DRAWINGS[figures.REGIONS.name] = Drawing(
        "figure_regions",
        {
            "healthy": of_first(network_of(HEALTHY)),
            "untreated": of_first(network_of(UNTREATED)),
            "treated": [of_first(network_of(name)) for name in TREATMENTS],
        },
        lambda: {state: plan_of_network(state) for state in [*STATES, *TREATMENTS]},
        told={"seed": FIRST, "points": slices.points(CASES[0], STANDARD_POINTS)},
    )
if PREDICTS:
    DRAWINGS[figures.PREDICTORS.name] = Drawing(
        "figure_predictors",
        {"associations": in_results("statistics", f"{ASSOCIATIONS}.parquet")},
        plan_of_predictors,
        of_measures("NUMBERS"),
    )

SPECS = {
    name: spec for name, spec in figures.specs(MEASURES).items() if name in DRAWINGS
}


def plan_of_figure(name):
    """The plan of a figure, from what its script is told and the plans of its files."""
    drawing = DRAWINGS[name]
    planned = drawing.planned()
    return plan(
        f"figure {name}",
        study=[slices.figure(STUDY, name, LOOKS), drawing.told],
        code=code(drawing.script, *drawing.code),
        inputs=planned if isinstance(planned, dict) else {"data": planned},
    )


for name, spec in SPECS.items():

    rule:
        name:
            f"figure_{name}"
        input:
            **{
                which: to_make(
                    in_results("figures", f"{name}.svg"),
                    *(found if isinstance(found, list) else [found]),
                    listed=isinstance(found, list),
                )
                for which, found in DRAWINGS[name].files.items()
            },
        output:
            pictures=picture(name, narrow=DRAWINGS[name].narrow),
            stamp=stamp_of(f"figure_{name}"),
        log:
            log_of(f"figures/{name}"),
        group:
            STUDY_GROUP
        params:
            script=DRAWINGS[name].script,
            caption=spec.caption,
            study=slices.figure(STUDY, name, LOOKS),
            told=DRAWINGS[name].told,
            planned=lambda wildcards, name=name: DRAWINGS[name].planned(),
            made_by=lambda wildcards, name=name: plan_of_figure(name),
        message:
            f"draw the figure {name}"
        script:
            "../workflow_scripts/{params.script}.py"
