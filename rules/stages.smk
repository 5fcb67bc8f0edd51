# A stage makes a network or measures one: (NETWORK, state) or (measure, state). A stage that has the
# same plan in several scenarios is a single job.

import json
from inspect import signature
from shlex import quote

from snakemake.common import overwrite_function_params
from snakemake.resources import Resource

NETWORK = "network"


def work_on_network(state, at):
    """The networks that a network is made of, what its job reads of the study, and its code."""
    study, engine = CASES[at], ENGINES[at]
    if state == HEALTHY:
        return [], slices.baseline(study), ["baseline", engine, "pipeline_lib.steps.train:apply"]
    if state == UNTREATED:
        read = slices.prune(study)
        further = read.get(INSULT, {}).get("course", [])
        return [HEALTHY], read, ["prune", *([engine, *of_steps(further)] if further else [])]
    read = slices.treat(study, state)
    return [study.treatments[state].start], read, ["treat", engine, *of_steps(read["course"])]


def work_of_measure(name, state, at):
    """The networks that a measure of one of them reads, what it reads of the study, and its code."""
    read = slices.measure(CASES[at], name, state)
    entries = [f"pipeline_lib.measures.{name}:{part}" for part in ("run", "Row")]
    entries += of_steps(slices.steps_of(read))
    return [state, *slices.beside(name)], read, ["measure", ENGINES[at], *entries]


@cache
def told(stage, at):
    """What the job of a stage is told on its command line, whatever its files.

    Its plan, `made_by`, is a digest of everything except the seed that decides what it makes.
    """
    kind, state = stage
    if kind == NETWORK:
        states, study, entries = work_on_network(state, at)
        # The name counts too, because a treatment's course uses a generator of that name.
        name = state if state in STATES else f"treat {state}"
    else:
        states, study, entries = work_of_measure(kind, state, at)
        name = f"{kind} {state}"
    networks = {each: plan_of_stage((NETWORK, each), at) for each in states}
    return {
        "stage": kind,
        "state": state,
        "study": study,
        "networks": networks,
        "made_by": plan(name, study=study, code=code(*entries), inputs=networks),
    }


def plan_of_stage(stage, at=0):
    """The plan of a stage in one case."""
    return told(stage, at)["made_by"]


@cache
def folders_of(stage):
    """The folders of a stage's files, scenario by scenario."""
    if not AXES:
        return [""]
    plans = [plan_of_stage(stage, at) for at in range(len(CASES))]
    of_scenarios = [tuple(plans[at : at + PATIENTS]) for at in range(0, len(CASES), PATIENTS)]
    return axes.folders(SCENARIOS, of_scenarios)


@cache
def at_scenario(pattern, stage, at):
    """The pattern of a path of a stage, with the folders of one scenario filled in."""
    folder = folders_of(stage)[at // PATIENTS]
    return str(pattern).replace("{scenario}", folder)


@cache
def first_with(folder):
    """The index of the first scenario whose files can be in this folder."""
    return axes.first_with(SCENARIOS, folder)


def case(wildcards):
    """The case of a job."""
    seed = int(wildcards.seed)
    if DRAWN and seed not in DRAWN_AT:
        sys.exit(f"seed {seed} is not one of the study, so no numbers are drawn for it")
    return first_with(wildcards.scenario) * PATIENTS + DRAWN_AT.get(seed, 0)


def known(function):
    """The function, with its parameters told to Snakemake, which asks for them five times a job.

    To inspect them each time would take a tenth of the time of planning.
    """
    overwrite_function_params(function, signature(function).parameters)
    return function


known(Resource.evaluate)


@cache
def as_json(stage, at):
    """What the job of a stage is told, as text."""
    return json.dumps(told(stage, at))


def job_of(kind, state):
    """A parameter of a rule: what the job of a stage is told; `state` is a pattern.

    Its attribute `plan` is a function that returns the job's plan.
    """

    def of_stage(function):
        return lambda wildcards: function((kind, state.format(**wildcards)), case(wildcards))

    job = known(of_stage(as_json))
    job.plan = of_stage(plan_of_stage)
    return job


def command(script):
    """The command of a job of a seed.

    A study has thousands of these jobs. Snakemake plans a command in half the time of a `script:`,
    and the job starts without importing Snakemake.
    """
    python = quote(sys.executable).replace("{", "{{").replace("}", "}}")
    return (
        f"{python} -P {quote(ROOT)}/workflow_scripts/{script}.py"
        " {params.job:q} {wildcards.seed} {log:q} {input:q} {output:q}"
    )


def network_at(state):
    """An input function: the network of a state, given as a pattern or as a function."""

    def network(wildcards):
        name = state(wildcards) if callable(state) else state.format(**wildcards)
        path = at_scenario(network_of(name), (NETWORK, name), case(wildcards))
        return path.format(seed=wildcards.seed)

    return known(network)
