# Single published runs, repeated on their own random streams. This is a separate target from the
# study, whose settings they share.

RUNS = STUDY.reproduction.replay
STREAMS = RUNS.streams


@cache
def plan_of_replay():
    """The plan of the replay of one run, whose order of work is loaded by name."""
    steps = [step for name in TREATMENTS for step in slices.every_step(STUDY, name)]
    order = f"pipeline_lib.replay.orders.{RUNS.order}"
    train = "pipeline_lib.steps.train:apply"
    parts = [f"{order}:{name}" for name in ("replay", "KERNELS")]
    digest = code("replay_single", *parts, train, *of_steps(steps))
    return plan("replay", study=slices.replay(STUDY), code=digest, inputs={})


rule replay_seed:
    input:
        lambda wildcards: first_look(in_results("replay", "seeds", "{seed}.parquet"))(
            wildcards
        ),
    output:
        metrics=in_results("replay", "seeds", "{seed}.parquet"),
    log:
        log_of("replay/{seed}"),
    params:
        order=RUNS.order,
        study=slices.replay(STUDY),
        made_by=lambda wildcards: plan_of_replay(),
    message:
        "replay the published run on the stream of seed {wildcards.seed}"
    script:
        "../workflow_scripts/replay_single.py"


rule replay_compare:
    input:
        **each_to_make(
            in_results("replay", "published.parquet"), **published("published", "runs")
        ),
        seeds=to_make(
            in_results("replay", "published.parquet"),
            *expand(in_results("replay", "seeds", "{seed}.parquet"), seed=STREAMS),
        ),
    output:
        comparison=in_results("replay", "published.parquet"),
        verdict=in_results("replay", "verdict.txt"),
        stamp=stamp_of("replay"),
    log:
        log_of("replay/compare"),
    params:
        planned=lambda wildcards: plan_of_replay(),
        made_by=lambda wildcards: plan(
            "replay_compare",
            study=STREAMS,
            code=code("replay_single_compare"),
            inputs={"seeds": plan_of_replay()},
        ),
    message:
        "compare the replay with the published run"
    script:
        "../workflow_scripts/replay_single_compare.py"


rule replay:
    input:
        rules.replay_compare.output,
