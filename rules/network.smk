# From a seed to its networks: healthy, pruned, and treated in each way. What jobs are told is in
# stages.smk (`job_of`, `network_at`, `command`), and their paths are in common.smk.


rule baseline:
    output:
        network=network_file(HEALTHY),
        history=in_seed("baseline_history.parquet"),
    log:
        log_of("baseline/{seed}{scenario}"),
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
    params:
        job=job_of(NETWORK, UNTREATED),
    message:
        "seed {wildcards.seed}{wildcards.scenario}: prune the healthy network"
    shell:
        command("prune")


rule treat:
    input:
        network=network_at(
            lambda wildcards: CASES[case(wildcards)].treatments[wildcards.treatment].start,
        ),
    output:
        network=network_file("{treatment}"),
        history=in_seed("{treatment}", "history.parquet"),
    log:
        log_of("treat/{seed}_{treatment}{scenario}"),
    params:
        job=job_of(NETWORK, "{treatment}"),
    message:
        "seed {wildcards.seed}{wildcards.scenario}: apply the {wildcards.treatment} treatment"
    shell:
        command("treat")
