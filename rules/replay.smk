# Published runs, repeated on their own random streams: the paper's, seed by seed, or single ones.
# This is a separate target from the study, whose settings they share.

RUNS = STUDY.reproduction.replay
STREAMS = RUNS.streams if RUNS else SEEDS
REPLAY = "replay_single" if RUNS else "replay_seed"
THEIRS = published("published", "runs")
REPLAYED = in_results("replay", "seeds", "{seed}.parquet")
OPTIONS = {} if RUNS else {name: slices.values(STUDY)[name] for name in slices.REPLAYED}


# A replay loads steps, and an order of work or measures, by name.
LOADED = [f"pipeline_lib.measures.{name}:run" for name in slices.REPLAYED]
if RUNS:
    LOADED = [f"pipeline_lib.replay.orders.{RUNS.order}:{name}" for name in ("replay", "KERNELS")]
REPEATED = work(
    "replay",
    [REPLAY, *LOADED, "pipeline_lib.steps.train:apply", *of_steps(slices.replayed_steps(STUDY))],
    {},
    order=RUNS and RUNS.order,
    study=slices.replay(STUDY),
)


rule replay_seed:
    output:
        metrics=REPLAYED,
    log:
        log_of("replay/{seed}"),
    params:
        **REPEATED,
    message:
        "replay the published run on the stream of seed {wildcards.seed}"
    script:
        f"../workflow_scripts/{REPLAY}.py"


rule replay_compare:
    input:
        **THEIRS,
        seeds=expand(REPLAYED, seed=STREAMS),
    output:
        comparison=in_results("replay", "published.parquet"),
        runs=in_results("replay", "runs.parquet") if "runs" in THEIRS else [],
        verdict=in_results("replay", "verdict.txt"),
        stamp=stamp_of("replay"),
    log:
        log_of("replay/compare"),
    params:
        **work(
            "replay_compare",
            ["replay_compare", *of_measures("values", "NUMBERS", "Row")],
            {"seeds": (REPLAYED, REPEATED["made_by"])},
            study=OPTIONS,
            streams=STREAMS,
        ),
    message:
        "compare the replay with the published run"
    script:
        "../workflow_scripts/replay_compare.py"


rule replay:
    input:
        expand(REPLAYED, seed=STREAMS),
        rules.replay_compare.output if "published" in THEIRS else [],
