# The figures of the study, each made from the files that it shows, and what pages read besides numbers.

from typing import Any, NamedTuple

from pipeline_lib import figures
from pipeline_lib.names import STANDARD_POINTS


class Drawing(NamedTuple):
    """The files of `SHOWN` that a figure reads, and what its module is told.

    `code` is what the module loads by name, `networks` are the states whose networks it reads,
    and `narrow` tells whether the figure fits a journal's column.
    """

    files: list[str]
    code: list[str] = []
    told: dict[str, Any] = {}
    networks: list[str] = []
    narrow: bool = True


def of_first(state):
    """The path of a network of the study's first seed."""
    return at_scenario(network_of(state), (NETWORK, state), 0).format(seed=SEEDS[0])


def drawings_of_axes():
    """How the figures of a study with axes are made; none can show a threshold that varies."""
    told = {"scenarios": AXIS_VALUES, "threshold": THRESHOLD}
    drawing = Drawing(["values", "cells"], of_measures("NUMBERS"), told)
    return dict.fromkeys(SPECS_OF_ALL, drawing)


def drawings_of_study():
    """How the figures of a study without axes are made, in the order of the report."""
    of_numbers = Drawing(["values", "cells"], of_measures("FIGURES", "NUMBERS"))
    found = {name: of_numbers for name, spec in SPECS_OF_ALL.items() if spec not in figures.SPECIAL}
    numbers = of_measures("NUMBERS")
    if DRAWN:
        found["patients"] = Drawing(["values"], numbers, {"drawn": DRAWN})
    if slices.RELAPSE in MEASURES:
        found["survival"] = Drawing(["survival"])
    found["training"] = Drawing(["history"])
    if PUBLISHED:
        found["comparison"] = Drawing(["comparison"], of_measures("TABLES", "NUMBERS"))
    if regrowth := slices.first_regrowth(STUDY):
        name, batches = regrowth
        told = {"seed": SEEDS[0], "treatment": name, "batches": batches}
        told["trained"] = slices.treat(CASES[0], name)
        networks = [UNTREATED, name]
        found["regrowth"] = Drawing([], [ENGINES[0]], told, networks, narrow=False)
    if STUDY.task.is_plane:
        points = slices.points(CASES[0], STANDARD_POINTS)
        told = {"seed": SEEDS[0], "points": points}
        found["regions"] = Drawing([], [], told, [*STATES, *TREATMENTS])
    if PREDICTIONS:
        found["predictors"] = Drawing([ASSOCIATIONS], numbers)
    return found


SPECS_OF_ALL = (
    figures.of_axes(AXIS_VALUES, MEASURES, LOOKS["labels"]) if AXES else figures.specs(MEASURES)
)
DRAWINGS = drawings_of_axes() if AXES else drawings_of_study()
SPECS = {name: spec for name, spec in SPECS_OF_ALL.items() if name in DRAWINGS}


def read_by_figure(name):
    """What a figure reads, by name; a state alone could be a name that Snakemake keeps."""
    drawing = DRAWINGS[name]
    networks = {
        f"network_{state}": (of_first(state), partial(plan_of_stage, (NETWORK, state)))
        for state in drawing.networks
    }
    return {each: SHOWN[each] for each in drawing.files} | networks


for name, spec in SPECS.items():

    rule:
        name:
            f"figure_{name}"
        input:
            **files(read_by_figure(name)),
        output:
            pictures=picture(name, narrow=DRAWINGS[name].narrow),
            stamp=stamp_of(f"figure_{name}"),
        log:
            log_of(f"figures/{name}"),
        params:
            **work(
                f"figure {name}",
                ["figure", f"pipeline_lib.figures.{spec.kind}:draw", *DRAWINGS[name].code],
                read_by_figure(name),
                study=slices.figure(STUDY, name, LOOKS),
                told=DRAWINGS[name].told,
            ),
            module=spec.kind,
            caption=spec.caption,
        message:
            f"draw the figure {name}"
        script:
            "../workflow_scripts/figure.py"


def read_by_page(template):
    """What a report reads besides the study's numbers; `template` is the file of its page."""
    reporting = [template, "parts.html.j2", "report.css"]
    pictures = in_results("figures", "{name}.{form}")
    return {
        "network": of_first(HEALTHY),
        "figures": expand(pictures, name=SPECS, form=["svg", "png"]),
        "templates": [of_project("pipeline_lib/reporting", name) for name in reporting],
        "citation": of_project("CITATION.cff"),
    }
