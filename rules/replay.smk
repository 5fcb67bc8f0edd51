# The published run, repeated on its own random stream. This is a separate target from the study.

STREAMS = SEEDS


@cache
def plan_of_replay():
    """The plan of a seed's replay, which loads measures and steps by name."""
    runs = [f"pipeline_lib.measures.{name}:run" for name in slices.REPLAYED]
    steps = [step for name in TREATMENTS for step in slices.every_step(STUDY, name)]
    train = "pipeline_lib.steps.train:apply"
    digest = code("replay_seed", *runs, train, *of_steps(steps))
    return plan("replay", study=slices.replay(STUDY), code=digest, inputs={})


@cache
def plans_of_replay():
    """The plans of the replay's files, in the form of `plans_of_gathered`."""
    return {" ".join(slices.gather(STUDY, "replay")["states"]): plan_of_replay()}


@cache
def plan_of_replayed():
    """The plan of the gathered replay."""
    return plan(
        "gather replay",
        study=slices.gather(STUDY, "replay"),
        code=code("gather"),
        inputs=plans_of_replay(),
    )


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
        study=slices.replay(STUDY),
        made_by=lambda wildcards: plan_of_replay(),
    message:
        "seed {wildcards.seed}: replay the published run"
    script:
        "../workflow_scripts/replay_seed.py"


rule replay_gather:
    input:
        to_make(
            in_results("replay", "metrics.parquet"),
            *expand(in_results("replay", "seeds", "{seed}.parquet"), seed=SEEDS),
        ),
    output:
        in_results("replay", "metrics.parquet"),
    log:
        log_of("replay/gather"),
    params:
        study=slices.gather(STUDY, "replay"),
        scenarios=[{}],
        training={},
        planned=lambda wildcards: [plans_of_replay()],
        made_by=lambda wildcards: plan_of_replayed(),
    message:
        "gather the replays of all seeds"
    script:
        "../workflow_scripts/gather.py"


rule replay_compare:
    input:
        **each_to_make(
            in_results("replay", "published.parquet"),
            **published("published", "runs"),
            metrics=in_results("replay", "metrics.parquet"),
        ),
    output:
        comparison=in_results("replay", "published.parquet"),
        runs=in_results("replay", "runs.parquet"),
        verdict=in_results("replay", "verdict.txt"),
        stamp=stamp_of("replay"),
    log:
        log_of("replay/compare"),
    params:
        study={name: slices.values(STUDY)[name] for name in slices.REPLAYED},
        measured=slices.gather(STUDY, "replay"),
        planned=lambda wildcards: plan_of_replayed(),
        made_by=lambda wildcards: plan(
            "replay_compare",
            study=slices.values(STUDY),
            code=code("replay_compare", *of_measures("values", "NUMBERS", "Row")),
            inputs={"metrics": plan_of_replayed()},
        ),
    message:
        "compare the replay with the published run"
    script:
        "../workflow_scripts/replay_compare.py"


rule replay:
    input:
        rules.replay_gather.output,
        rules.replay_compare.output if has_published("published", "runs") else [],
