# The published run, repeated on its own random stream: a target apart from the study.


rule replay_seed:
    output:
        metrics=f"{RESULTS}/replay/seeds/{{seed}}.parquet",
    log:
        log_of("replay/{seed}"),
    benchmark:
        benchmark_of("replay/{seed}")
    threads: 1
    resources:
        mem_mb=memory(cost.REPLAY),
        runtime=time_limit(cost.REPLAY),
    params:
        study=slices.replay(STUDY),
        code=code("replay_seed"),
    message:
        "seed {wildcards.seed}: replay the published run"
    script:
        "../workflow_scripts/replay_seed.py"


rule replay_gather:
    input:
        expand(rules.replay_seed.output.metrics, seed=SEEDS),
    output:
        f"{RESULTS}/replay/metrics.parquet",
    log:
        log_of("replay/gather"),
    benchmark:
        benchmark_of("replay/gather")
    threads: 1
    resources:
        mem_mb=memory(cost.TOGETHER),
        runtime=time_limit(cost.TOGETHER),
    params:
        study=slices.gather(STUDY, "replay"),
        code=code("gather"),
    message:
        "gather the replay of all seeds"
    script:
        "../workflow_scripts/gather.py"


rule replay_compare:
    input:
        **published("published", "runs"),
        metrics=rules.replay_gather.output[0],
    output:
        comparison=f"{RESULTS}/replay/published.csv",
        runs=f"{RESULTS}/replay/runs.csv",
        verdict=f"{RESULTS}/replay/verdict.txt",
    log:
        log_of("replay/compare"),
    benchmark:
        benchmark_of("replay/compare")
    threads: 1
    resources:
        mem_mb=memory(cost.TOGETHER),
        runtime=time_limit(cost.TOGETHER),
    params:
        study=slices.reproduction(STUDY),
        measured=slices.gather(STUDY, "replay"),
        code=code("replay_compare"),
    message:
        "compare the replay with the published run"
    script:
        "../workflow_scripts/replay_compare.py"
