# From a network to rows of measurements, and from the seeds' rows to the study's.


rule evaluate:
    input:
        network=network_of_state,
    output:
        metrics=in_seed("{state}", "evaluate.parquet"),
    log:
        log_of("evaluate/{seed}_{state}"),
    benchmark:
        benchmark_of("evaluate/{seed}_{state}")
    threads: 1
    resources:
        mem_mb=memory("evaluate"),
        runtime=time_limit("evaluate"),
    params:
        study=lambda wildcards: slices.evaluate(STUDY, wildcards.state),
        code=code("evaluate", ENGINE),
    message:
        "seed {wildcards.seed}: evaluate, {wildcards.state}"
    script:
        "../workflow_scripts/evaluate.py"


rule acute:
    input:
        network=rules.treat.output.network,
    output:
        metrics=in_seed("{treatment}", "acute.parquet"),
    log:
        log_of("acute/{seed}_{treatment}"),
    benchmark:
        benchmark_of("acute/{seed}_{treatment}")
    threads: 1
    resources:
        mem_mb=memory("acute"),
        runtime=time_limit("acute"),
    params:
        study=slices.acute(STUDY),
        code=code("acute", ENGINE),
    message:
        "seed {wildcards.seed}: acute relapse, {wildcards.treatment}"
    script:
        "../workflow_scripts/acute.py"


rule relapse:
    input:
        network=rules.treat.output.network,
    output:
        metrics=in_seed("{treatment}", "relapse.parquet"),
        history=in_seed("{treatment}", "relapse_history.parquet"),
    log:
        log_of("relapse/{seed}_{treatment}"),
    benchmark:
        benchmark_of("relapse/{seed}_{treatment}")
    threads: 1
    resources:
        mem_mb=memory("relapse"),
        runtime=time_limit("relapse"),
    params:
        study=lambda wildcards: slices.relapse(STUDY, wildcards.treatment),
        code=code("relapse", ENGINE),
    message:
        "seed {wildcards.seed}: longitudinal relapse, {wildcards.treatment}"
    script:
        "../workflow_scripts/relapse.py"


if STUDY.switch:

    rule switch:
        input:
            network=network_of_state,
        output:
            metrics=in_seed("{state}", "switch.parquet"),
        log:
            log_of("switch/{seed}_{state}"),
        benchmark:
            benchmark_of("switch/{seed}_{state}")
        threads: 1
        resources:
            mem_mb=memory("switch"),
            runtime=time_limit("switch"),
        params:
            study=lambda wildcards: slices.switch(STUDY, wildcards.state),
            code=code("switch", ENGINE),
        message:
            "seed {wildcards.seed}: switch liability, {wildcards.state}"
        script:
            "../workflow_scripts/switch.py"


GATHERED = {
    "evaluate": expand(rules.evaluate.output.metrics, seed=SEEDS, state=STATES),
    "acute": expand(rules.acute.output.metrics, seed=SEEDS, treatment=TREATMENTS),
    "relapse": expand(rules.relapse.output.metrics, seed=SEEDS, treatment=TREATMENTS),
    "history": expand(rules.baseline.output.history, seed=SEEDS)
    + expand(
        [rules.treat.output.history, rules.relapse.output.history],
        seed=SEEDS,
        treatment=TREATMENTS,
    ),
}
if STUDY.switch:
    GATHERED["switch"] = expand(rules.switch.output.metrics, seed=SEEDS, state=STATES)


rule gather:
    input:
        lambda wildcards: GATHERED[wildcards.kind],
    output:
        gathered("{kind}"),
    log:
        log_of("gather/{kind}"),
    benchmark:
        benchmark_of("gather/{kind}")
    wildcard_constraints:
        kind="|".join(GATHERED),
    threads: 1
    resources:
        mem_mb=memory(cost.TOGETHER),
        runtime=time_limit(cost.TOGETHER),
    params:
        study=lambda wildcards: slices.gather(STUDY, wildcards.kind),
        code=code("gather"),
    message:
        "gather {wildcards.kind} of all seeds"
    script:
        "../workflow_scripts/gather.py"
