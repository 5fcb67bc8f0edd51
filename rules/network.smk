# From a seed to its networks: healthy, pruned, and treated in each way. Each stage has a plan,
# which its files carry: a digest of everything except the seed that decides what it makes.


def slice_of_network(state, at):
    """What the job of a network reads of the study."""
    study = CASES[at]
    if state == HEALTHY:
        return slices.baseline(study)
    return slices.prune(study) if state == UNTREATED else slices.treat(study, state)


def start_of(state, at):
    """The state of the network from which that of a state is made; the healthy one has none."""
    if state in STATES:
        return HEALTHY if state == UNTREATED else None
    return CASES[at].treatments[state].start


@cache
def plan_of_network(state, at=0):
    """The plan of the healthy network, of the untreated one, or of a treatment's."""
    study, start = slice_of_network(state, at), start_of(state, at)
    if state == HEALTHY:
        entries = ["baseline", ENGINES[at], "pipeline_lib.steps.train:apply"]
    elif state == UNTREATED:
        further = study.get(INSULT, {}).get("course", [])
        entries = ["prune", *([ENGINES[at], *of_steps(further)] if further else [])]
    else:
        entries = ["treat", ENGINES[at], *of_steps(study["course"])]
    return plan(
        # The name counts too, because a treatment's course uses a generator of that name.
        state if state in STATES else f"treat {state}",
        study=study,
        code=code(*entries),
        inputs={"network": plan_of_network(start, at)} if start else {},
    )


rule baseline:
    output:
        network=network_file(HEALTHY),
        history=in_seed("baseline_history.parquet"),
    log:
        log_of("baseline/{seed}{scenario}"),
    group:
        SEED_GROUP
    params:
        job=job_of(NETWORK, HEALTHY),
    message:
        "seed {wildcards.seed}{wildcards.scenario}: train the healthy network"
    shell:
        command("baseline")


rule prune:
    input:
        network=network_at(HEALTHY),
    output:
        network=network_of(UNTREATED),
    log:
        log_of("prune/{seed}{scenario}"),
    group:
        SEED_GROUP
    params:
        job=job_of(NETWORK, UNTREATED),
    message:
        "seed {wildcards.seed}{wildcards.scenario}: prune the healthy network"
    shell:
        command("prune")


rule treat:
    input:
        network=network_at(
            lambda wildcards: start_of(wildcards.treatment, case(wildcards)),
        ),
    output:
        network=network_file("{treatment}"),
        history=in_seed("{treatment}", "history.parquet"),
    log:
        log_of("treat/{seed}_{treatment}{scenario}"),
    group:
        SEED_GROUP
    params:
        job=job_of(NETWORK, "{treatment}"),
    message:
        "seed {wildcards.seed}{wildcards.scenario}: apply the {wildcards.treatment} treatment"
    shell:
        command("treat")
