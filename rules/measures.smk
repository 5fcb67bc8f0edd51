# From a network to rows of measurements, from the seeds' rows to the study's, and to its numbers.

from functools import partial

from pipeline_lib.names import BASELINE, COURSE, HISTORY

VALUES, CELLS = in_results("values.parquet"), in_results("cells.parquet")
AXIS_VALUES = [each.values for each in SCENARIOS]


# The files of the history of the training in a measure, of the measures that train.
HISTORIES = {
    name: in_seed("{state}", f"{name}_history.parquet")
    for name in MEASURES
    if "training" in slices.measure(STUDY, name, TREATMENTS[0])["points"]
}
TRAINING = {measures.stage_of(name): slices.states(STUDY, name) for name in HISTORIES}


@cache
def stages_of(kind):
    """The stages whose files are gathered, by state, each with the pattern of its file's path.

    They are in groups, of history by stage of training; each group is gathered seed by seed.
    """
    if kind != HISTORY:
        states = slices.states(STUDY, kind)
        return {"": {each: ((kind, each), in_seed(each, f"{kind}.parquet")) for each in states}}
    courses = {each: ((NETWORK, each), in_seed(each, "history.parquet")) for each in TREATMENTS}
    of_measures = {
        measures.stage_of(name): {
            each: ((name, each), path.replace("{state}", each))
            for each in slices.states(STUDY, name)
        }
        for name, path in HISTORIES.items()
    }
    baseline = {HEALTHY: ((NETWORK, HEALTHY), in_seed("baseline_history.parquet"))}
    return {BASELINE: baseline, COURSE: courses, **of_measures}


# Scenario by scenario; a file that several share is there for each.
GATHERED = {
    kind: [
        at_scenario(path, stage, at).format(seed=seed)
        for at in range(0, len(CASES), PATIENTS)
        for group in stages_of(kind).values()
        for seed in SEEDS
        for stage, path in group.values()
    ]
    for kind in [*MEASURES, HISTORY]
}


@cache
def plans_of_gathered(kind):
    """The plans of the files that are gathered, scenario by scenario, as `gather` names them.

    If numbers are drawn, each seed has its own.
    """
    places = [(str(seed), place) for seed, place in DRAWN_AT.items()] or [("", 0)]
    return [
        {
            " ".join(filter(None, [whose, group, state])): plan_of_stage(stage, at + place)
            for whose, place in places
            for group, stages in stages_of(kind).items()
            for state, (stage, _) in stages.items()
        }
        for at in range(0, len(CASES), PATIENTS)
    ]


@cache
def plan_of_gather(kind):
    """The plan of the study's rows of one kind."""
    read, inputs = [slices.gather(STUDY, kind), AXIS_VALUES], {"scenarios": plans_of_gathered(kind)}
    return plan("gather", study=read, code=code("gather"), inputs=inputs)


ROWS = {name: (gathered(name), partial(plan_of_gather, name)) for name in MEASURES}
COMPUTED = work(
    "values",
    ["values", *of_measures("values", "Row", "NUMBERS")],
    ROWS,
    measures=MEASURES,
    study=[slices.values(each.study) for each in SCENARIOS],
    scenarios=AXIS_VALUES,
    drawn=DRAWN,
)
OF_VALUES = {"values": (VALUES, COMPUTED["made_by"]), "cells": (CELLS, COMPUTED["made_by"])}


def networks_of_measure(name):
    """The inputs of a measure's jobs: the network that is measured, then those beside it."""
    beside = {state: network_at(state) for state in slices.beside(name)}
    return {"network": network_at("{state}"), **beside}


for name in MEASURES:

    rule:
        name:
            name
        input:
            **networks_of_measure(name),
        output:
            metrics=in_seed("{state}", f"{name}.parquet"),
            history=HISTORIES.get(name, []),
        log:
            log_of(f"{name}/{{seed}}_{{state}}{{scenario}}"),
        wildcard_constraints:
            state="|".join(slices.states(STUDY, name)),
        params:
            job=job_of(name, "{state}"),
        message:
            f"seed {{wildcards.seed}}{{wildcards.scenario}}:"
            f" measure the {{wildcards.state}} network ({measures.load(name).TITLE})"
        shell:
            command("measure")


rule gather:
    input:
        lambda wildcards: GATHERED[wildcards.kind],
    output:
        gathered("{kind}"),
    log:
        log_of("gather/{kind}"),
    wildcard_constraints:
        kind="|".join(GATHERED),
    params:
        study=lambda wildcards: slices.gather(STUDY, wildcards.kind),
        scenarios=AXIS_VALUES,
        training=TRAINING,
        planned=lambda wildcards: plans_of_gathered(wildcards.kind),
        made_by=lambda wildcards: plan_of_gather(wildcards.kind),
    message:
        "gather the {wildcards.kind} rows of all seeds"
    script:
        "../workflow_scripts/gather.py"


rule study_values:
    input:
        **files(ROWS),
    output:
        long=VALUES,
        wide=in_results("values.csv"),
        cells=CELLS,
        stamp=stamp_of("values"),
    log:
        log_of("values"),
    params:
        **COMPUTED,
    message:
        "compute the study's numbers and their intervals"
    script:
        "../workflow_scripts/values.py"
