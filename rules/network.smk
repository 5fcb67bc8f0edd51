# From a seed to its networks: healthy, pruned, and treated in each way. Each stage has a plan,
# which its files carry: a digest of everything except the seed that decides what it makes.


@cache
def plan_of_network(state):
    """The plan of the healthy network, of the untreated one, or of a treatment's."""
    if state == HEALTHY:
        train = "pipeline_lib.steps.train:apply"
        study, inputs = slices.baseline(STUDY), {}
        return plan(
            state, study=study, code=code("baseline", ENGINE, train), inputs=inputs
        )
    if state == UNTREATED:
        inputs = {"network": plan_of_network(HEALTHY)}
        return plan(state, study=slices.prune(STUDY), code=code("prune"), inputs=inputs)
    study, inputs = slices.treat(STUDY, state), {"network": plan_of_network(UNTREATED)}
    steps = of_steps(study["course"])
    # The name counts too, because a treatment's course uses a generator of that name.
    return plan(
        f"treat {state}",
        study=study,
        code=code("treat", ENGINE, *steps),
        inputs=inputs,
    )


rule baseline:
    input:
        lambda wildcards: first_look(wildcards),
    output:
        network=network_file("baseline.safetensors"),
        history=in_seed("baseline_history.parquet"),
    log:
        log_of("baseline/{seed}"),
    benchmark:
        benchmark_of("baseline/{seed}")
    group:
        SEED_GROUP
    threads: 1
    params:
        study=slices.baseline(STUDY),
        made_by=lambda wildcards: plan_of_network(HEALTHY),
    message:
        "seed {wildcards.seed}: train the healthy network"
    script:
        "../workflow_scripts/baseline.py"


rule prune:
    input:
        network=to_make(network_of(UNTREATED), network_of(HEALTHY)),
    output:
        network=in_seed("pruned.safetensors"),
    log:
        log_of("prune/{seed}"),
    benchmark:
        benchmark_of("prune/{seed}")
    group:
        SEED_GROUP
    threads: 1
    params:
        study=slices.prune(STUDY),
        planned=lambda wildcards: plan_of_network(HEALTHY),
        made_by=lambda wildcards: plan_of_network(UNTREATED),
    message:
        "seed {wildcards.seed}: prune the healthy network"
    script:
        "../workflow_scripts/prune.py"


rule treat:
    input:
        network=to_make(network_of("{treatment}"), network_of(UNTREATED)),
    output:
        network=network_file("{treatment}", "network.safetensors"),
        history=in_seed("{treatment}", "history.parquet"),
    log:
        log_of("treat/{seed}_{treatment}"),
    benchmark:
        benchmark_of("treat/{seed}_{treatment}")
    group:
        SEED_GROUP
    threads: 1
    params:
        study=lambda wildcards: slices.treat(STUDY, wildcards.treatment),
        planned=lambda wildcards: plan_of_network(UNTREATED),
        made_by=lambda wildcards: plan_of_network(wildcards.treatment),
    message:
        "seed {wildcards.seed}: apply the {wildcards.treatment} treatment"
    script:
        "../workflow_scripts/treat.py"
