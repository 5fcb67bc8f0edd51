# From a seed to its networks: healthy, pruned, and treated in each way.


rule baseline:
    output:
        network=network_file("baseline.safetensors"),
        history=in_seed("baseline_history.parquet"),
    log:
        log_of("baseline/{seed}"),
    benchmark:
        benchmark_of("baseline/{seed}")
    threads: 1
    resources:
        mem_mb=memory("baseline"),
        runtime=time_limit("baseline"),
    params:
        study=slices.baseline(STUDY),
        code=code("baseline", ENGINE),
    message:
        "seed {wildcards.seed}: train the healthy network"
    script:
        "../workflow_scripts/baseline.py"


rule prune:
    input:
        network=rules.baseline.output.network,
    output:
        network=in_seed("pruned.safetensors"),
    log:
        log_of("prune/{seed}"),
    benchmark:
        benchmark_of("prune/{seed}")
    threads: 1
    resources:
        mem_mb=memory("prune"),
        runtime=time_limit("prune"),
    params:
        study=slices.prune(STUDY),
        code=code("prune"),
    message:
        "seed {wildcards.seed}: prune"
    script:
        "../workflow_scripts/prune.py"


rule treat:
    input:
        network=rules.prune.output.network,
    output:
        network=network_file("{treatment}", "network.safetensors"),
        history=in_seed("{treatment}", "history.parquet"),
    log:
        log_of("treat/{seed}_{treatment}"),
    benchmark:
        benchmark_of("treat/{seed}_{treatment}")
    threads: 1
    resources:
        mem_mb=memory("treat"),
        runtime=time_limit("treat"),
    params:
        study=lambda wildcards: slices.treat(STUDY, wildcards.treatment),
        code=code("treat", ENGINE),
    message:
        "seed {wildcards.seed}: treat, {wildcards.treatment}"
    script:
        "../workflow_scripts/treat.py"
