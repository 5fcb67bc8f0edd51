# A stage makes a network or measures one: (NETWORK, state) or (measure, state). A stage that has the
# same plan in several scenarios is a single job.

import json
from inspect import signature
from shlex import quote

from snakemake.common import overwrite_function_params

NETWORK = "network"


def plan_of_stage(stage, at):
    """The plan of a stage in one case."""
    kind, state = stage
    if kind == NETWORK:
        return plan_of_network(state, at)
    return plan_of_measure(kind, state, at)


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

    To inspect them each time would take a twentieth of the time of planning.
    """
    overwrite_function_params(function, signature(function).parameters)
    return function


@cache
def told(stage, at):
    """What the job of a stage is told on its command line, whatever its files."""
    kind, state = stage
    if kind == NETWORK:
        study, source, beside = slice_of_network(state, at), start_of(state, at), {}
    else:
        study, source = slice_of_measure(kind, state, at), state
        beside = networks_beside(kind, at)
    return json.dumps(
        {
            "stage": kind,
            "state": state,
            "study": study,
            "source": source,
            "planned": source and plan_of_network(source, at),
            "made_by": plan_of_stage(stage, at),
            "beside": beside,
        }
    )


def job_of(kind, state):
    """A parameter of a rule: what the job of a stage is told; `state` is a pattern.

    Its attribute `plan` is a function that returns the job's plan.
    """

    def of_stage(function):
        return lambda wildcards: function((kind, state.format(**wildcards)), case(wildcards))

    job = known(of_stage(told))
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
