# From a seed to its networks: healthy, pruned, and treated in each way. Each stage has a plan,
# which its files carry: a digest of everything except the seed that decides what it makes.


@cache
def plan_of_network(state, at=0):
    """The plan of the healthy network, of the untreated one, or of a treatment's."""
    scenario = SCENARIOS[at].study
    if state == HEALTHY:
        train = "pipeline_lib.steps.train:apply"
        study, inputs = slices.baseline(scenario), {}
        return plan(
            state, study=study, code=code("baseline", ENGINES[at], train), inputs=inputs
        )
    if state == UNTREATED:
        inputs = {"network": plan_of_network(HEALTHY, at)}
        return plan(
            state, study=slices.prune(scenario), code=code("prune"), inputs=inputs
        )
    study = slices.treat(scenario, state)
    steps = of_steps(study["course"])
    # The name counts too, because a treatment's course uses a generator of that name.
    return plan(
        f"treat {state}",
        study=study,
        code=code("treat", ENGINES[at], *steps),
        inputs={"network": plan_of_network(scenario.treatments[state].start, at)},
    )


def start_of(wildcards):
    """The state whose network a job's treatment starts with."""
    return study_of(wildcards).treatments[wildcards.treatment].start


rule baseline:
    input:
        lambda wildcards: first_look(in_seed("baseline.safetensors"))(wildcards),
    output:
        network=network_file("baseline.safetensors"),
        history=in_seed("baseline_history.parquet"),
    log:
        log_of("baseline/{seed}{scenario}"),
    benchmark:
        benchmark_of("baseline/{seed}{scenario}")
    group:
        SEED_GROUP
    threads: 1
    params:
        study=lambda wildcards: slices.baseline(study_of(wildcards)),
        made_by=lambda wildcards: plan_of_network(HEALTHY, scenario(wildcards)),
    message:
        "seed {wildcards.seed}{wildcards.scenario}: train the healthy network"
    script:
        "../workflow_scripts/baseline.py"


rule prune:
    input:
        network=network_to_make(network_of(UNTREATED), HEALTHY),
    output:
        network=in_seed("pruned.safetensors"),
    log:
        log_of("prune/{seed}{scenario}"),
    benchmark:
        benchmark_of("prune/{seed}{scenario}")
    group:
        SEED_GROUP
    threads: 1
    params:
        study=lambda wildcards: slices.prune(study_of(wildcards)),
        planned=lambda wildcards: plan_of_network(HEALTHY, scenario(wildcards)),
        made_by=lambda wildcards: plan_of_network(UNTREATED, scenario(wildcards)),
    message:
        "seed {wildcards.seed}{wildcards.scenario}: prune the healthy network"
    script:
        "../workflow_scripts/prune.py"


rule treat:
    input:
        network=network_to_make(network_of("{treatment}"), start_of),
    output:
        network=network_file("{treatment}", "network.safetensors"),
        history=in_seed("{treatment}", "history.parquet"),
    log:
        log_of("treat/{seed}_{treatment}{scenario}"),
    benchmark:
        benchmark_of("treat/{seed}_{treatment}{scenario}")
    group:
        SEED_GROUP
    threads: 1
    params:
        study=lambda wildcards: slices.treat(study_of(wildcards), wildcards.treatment),
        start=start_of,
        planned=lambda wildcards: plan_of_network(
            start_of(wildcards), scenario(wildcards)
        ),
        made_by=lambda wildcards: plan_of_network(
            wildcards.treatment, scenario(wildcards)
        ),
    message:
        "seed {wildcards.seed}{wildcards.scenario}: apply the {wildcards.treatment} treatment"
    script:
        "../workflow_scripts/treat.py"
