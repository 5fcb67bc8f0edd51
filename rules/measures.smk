# From a network to rows of measurements, from the seeds' rows to the study's, and to its numbers.

from functools import partial

from pipeline_lib.names import BASELINE, COURSE, HISTORY

VALUES, CELLS = in_results("values.parquet"), in_results("cells.parquet")
FILES_OF_VALUES = {"values": VALUES, "cells": CELLS}
AXIS_VALUES = [each.values for each in SCENARIOS]


@cache
def slice_of_measure(name, state, at):
    """What a measure of one state's network reads of the study."""
    return slices.measure(CASES[at], name, state)


def networks_beside(name, at):
    """The plans of the networks that a measure reads beside the one that it measures, by state."""
    return {state: plan_of_network(state, at) for state in slices.beside(name)}


@cache
def plan_of_measure(name, state, at):
    """The plan of a measure of one state's network."""
    study = slice_of_measure(name, state, at)
    lists = [each for each in study["options"].values() if isinstance(each, list)]
    steps = of_steps([step for each in lists for step in each if isinstance(step, dict)])
    entries = [f"pipeline_lib.measures.{name}:{part}" for part in ("run", "Row")]
    return plan(
        f"{name} {state}",
        study=study,
        code=code("measure", ENGINES[at], *entries, *steps),
        inputs={"network": plan_of_network(state, at), **networks_beside(name, at)},
    )


@cache
def stages_of(kind):
    """The stages whose files are gathered, by state; of history by stage of training and state.

    Each comes with the pattern of its file's path.
    """
    if kind != HISTORY:
        states = slices.states(STUDY, kind)
        return {state: ((kind, state), in_seed(state, f"{kind}.parquet")) for state in states}
    found = {f"{BASELINE} {HEALTHY}": ((NETWORK, HEALTHY), in_seed("baseline_history.parquet"))}
    for state in TREATMENTS:
        found[f"{COURSE} {state}"] = ((NETWORK, state), in_seed(state, "history.parquet"))
    for name in MEASURES:
        if file := history_of_measure(name):
            for state in slices.states(STUDY, name):
                stage, path = (name, state), file.replace("{state}", state)
                found[f"{measures.stage_of(name)} {state}"] = (stage, path)
    return found


@cache
def plans_of_gathered(kind):
    """The plans of the files that are gathered, scenario by scenario, as `stages_of` tells them.

    If numbers are drawn, each seed has its own.
    """
    places = [(f"{seed} ", place) for seed, place in DRAWN_AT.items()] or [("", 0)]
    return [
        {
            f"{whose}{stage_name}": plan_of_stage(stage, at + place)
            for whose, place in places
            for stage_name, (stage, _) in stages_of(kind).items()
        }
        for at in range(0, len(CASES), PATIENTS)
    ]


@cache
def plan_of_gather(kind):
    """The plan of the study's rows of one kind."""
    return plan(
        "gather",
        study=[slices.gather(STUDY, kind), AXIS_VALUES],
        code=code("gather"),
        inputs={
            f"{at} {place}": each
            for at, plans in enumerate(plans_of_gathered(kind))
            for place, each in plans.items()
        },
    )


PLANS_OF_ROWS = {name: partial(plan_of_gather, name) for name in MEASURES}
OPTIONS_OF_VALUES = [slices.values(each.study) for each in SCENARIOS]
plan_of_values = plan_from(
    "values",
    [OPTIONS_OF_VALUES, DRAWN],
    ["values", *of_measures("values", "Row", "NUMBERS")],
    **PLANS_OF_ROWS,
)


@cache
def history_of_measure(name):
    """The history of the training in a measure, if there is any."""
    trains = "training" in slices.measure(STUDY, name, TREATMENTS[0])["points"]
    return in_seed("{state}", f"{name}_history.parquet") if trains else []


def networks_of_measure(name):
    """The inputs of a measure's jobs: the network that is measured, then those beside it."""
    beside = {state: network_at(state) for state in slices.beside(name)}
    return {"network": network_at("{state}"), **beside}


TRAINING = {
    measures.stage_of(name): slices.states(STUDY, name)
    for name in MEASURES
    if history_of_measure(name)
}

for name in MEASURES:

    rule:
        name:
            name
        input:
            **networks_of_measure(name),
        output:
            metrics=in_seed("{state}", f"{name}.parquet"),
            history=history_of_measure(name),
        log:
            log_of(f"{name}/{{seed}}_{{state}}{{scenario}}"),
        wildcard_constraints:
            state="|".join(slices.states(STUDY, name)),
        group:
            SEED_GROUP
        params:
            job=job_of(name, "{state}"),
        message:
            f"seed {{wildcards.seed}}{{wildcards.scenario}}:"
            f" measure the {{wildcards.state}} network ({measures.load(name).TITLE})"
        shell:
            command("measure")


def gathered_at(kind, at):
    """The files of all seeds in one scenario: by stage of training, then by seed, then by state."""
    stages = {}
    for place, (stage, file) in stages_of(kind).items():
        group = stages.setdefault(place.rpartition(" ")[0], [])
        group.append(at_scenario(file, stage, at * PATIENTS))
    return [file.format(seed=seed) for group in stages.values() for seed in SEEDS for file in group]


# Scenario by scenario; a file that several share is there for each.
GATHERED = {
    kind: [path for at in range(len(SCENARIOS)) for path in gathered_at(kind, at)]
    for kind in [*MEASURES, HISTORY]
}


rule gather:
    input:
        lambda wildcards: GATHERED[wildcards.kind],
    output:
        gathered("{kind}"),
    log:
        log_of("gather/{kind}"),
    wildcard_constraints:
        kind="|".join(GATHERED),
    group:
        STUDY_GROUP
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
        **{name: gathered(name) for name in MEASURES},
    output:
        long=VALUES,
        wide=in_results("values.csv"),
        cells=CELLS,
        stamp=stamp_of("values"),
    log:
        log_of("values"),
    group:
        STUDY_GROUP
    params:
        measured={name: slices.gather(STUDY, name) for name in MEASURES},
        study=OPTIONS_OF_VALUES,
        scenarios=AXIS_VALUES,
        drawn=DRAWN,
        planned=plans_of(**PLANS_OF_ROWS),
        made_by=plan_of_values,
    message:
        "compute the study's numbers and their intervals"
    script:
        "../workflow_scripts/values.py"
