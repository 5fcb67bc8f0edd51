# From a network to rows of measurements, from the seeds' rows to the study's, and to its numbers.


@cache
def plan_of_measure(name, state):
    """The plan of a measure of one state's network."""
    study = slices.measure(STUDY, name, state)
    steps = of_steps(study["options"].get("maintenance", []))
    entries = [f"pipeline_lib.measures.{name}:{part}" for part in ("run", "Row")]
    return plan(
        f"{name} {state}",
        study=study,
        code=code("measure", ENGINE, *entries, *steps),
        inputs={"network": plan_of_network(state)},
    )


@cache
def plans_of_gathered(kind):
    """The plans of the files to gather, by state, or by stage and state for the history."""
    if kind != "history":
        return {
            state: plan_of_measure(kind, state) for state in slices.states(STUDY, kind)
        }
    training = [name for name in MEASURES if history_of_measure(name)]
    return {
        f"baseline {HEALTHY}": plan_of_network(HEALTHY),
        **{f"course {name}": plan_of_network(name) for name in TREATMENTS},
        **{
            f"maintenance {state}": plan_of_measure(name, state)
            for name in training
            for state in TREATMENTS
        },
    }


@cache
def plan_of_gather(kind):
    """The plan of the study's rows of one kind."""
    return plan(
        "gather",
        study=slices.gather(STUDY, kind),
        code=code("gather"),
        inputs=plans_of_gathered(kind),
    )


@cache
def plan_of_values():
    """The plan of the study's values and cells."""
    return plan(
        "values",
        study=slices.values(STUDY),
        code=code("values", *of_measures("values", "Row", "NUMBERS")),
        inputs={name: plan_of_gather(name) for name in MEASURES},
    )


@cache
def plan_of_statistics():
    """The plan of the comparisons of treatments."""
    return plan(
        "statistics",
        study=slices.statistics(STUDY),
        code=code("statistics", *of_measures("NUMBERS")),
        inputs={"values": plan_of_values()},
    )


def history_of_measure(name):
    """The history of the training in a measure, if there is any."""
    trains = "training" in slices.measure(STUDY, name, TREATMENTS[0])["points"]
    return in_seed("{state}", f"{name}_history.parquet") if trains else []


for name in MEASURES:

    rule:
        name:
            name
        input:
            network=lambda wildcards, name=name: to_make(
                in_seed("{state}", f"{name}.parquet"), network_of(wildcards.state)
            )(wildcards),
        output:
            metrics=in_seed("{state}", f"{name}.parquet"),
            history=history_of_measure(name),
        log:
            log_of(f"{name}/{{seed}}_{{state}}"),
        benchmark:
            benchmark_of(f"{name}/{{seed}}_{{state}}")
        wildcard_constraints:
            state="|".join(slices.states(STUDY, name)),
        group:
            SEED_GROUP
        threads: 1
        params:
            measure=name,
            study=lambda wildcards, name=name: slices.measure(
                STUDY, name, wildcards.state
            ),
            planned=lambda wildcards: plan_of_network(wildcards.state),
            made_by=lambda wildcards, name=name: plan_of_measure(name, wildcards.state),
        message:
            f"seed {{wildcards.seed}}: measure the {{wildcards.state}} network"
            f" ({measures.load(name).TITLE})"
        script:
            "../workflow_scripts/measure.py"


GATHERED = {
    name: expand(
        in_seed("{state}", f"{name}.parquet"),
        seed=SEEDS,
        state=slices.states(STUDY, name),
    )
    for name in MEASURES
}
GATHERED["history"] = [
    *expand(rules.baseline.output.history, seed=SEEDS),
    *expand(rules.treat.output.history, seed=SEEDS, treatment=TREATMENTS),
    *expand(
        [path for name in MEASURES if (path := history_of_measure(name))],
        seed=SEEDS,
        state=TREATMENTS,
    ),
]


rule gather:
    input:
        lambda wildcards: to_make(gathered("{kind}"), *GATHERED[wildcards.kind])(
            wildcards
        ),
    output:
        gathered("{kind}"),
    log:
        log_of("gather/{kind}"),
    benchmark:
        benchmark_of("gather/{kind}")
    wildcard_constraints:
        kind="|".join(GATHERED),
    group:
        STUDY_GROUP
    threads: 1
    params:
        study=lambda wildcards: slices.gather(STUDY, wildcards.kind),
        planned=lambda wildcards: plans_of_gathered(wildcards.kind),
        made_by=lambda wildcards: plan_of_gather(wildcards.kind),
    message:
        "gather the {wildcards.kind} rows of all seeds"
    script:
        "../workflow_scripts/gather.py"


rule study_values:
    input:
        **{
            name: to_make(in_results("values.parquet"), gathered(name))
            for name in MEASURES
        },
    output:
        long=in_results("values.parquet"),
        wide=in_results("values.csv"),
        cells=in_results("cells.parquet"),
    log:
        log_of("values"),
    benchmark:
        benchmark_of("values")
    group:
        STUDY_GROUP
    threads: 1
    params:
        measured={name: slices.gather(STUDY, name) for name in MEASURES},
        study=slices.values(STUDY),
        planned=lambda wildcards: {name: plan_of_gather(name) for name in MEASURES},
        made_by=lambda wildcards: plan_of_values(),
    message:
        "compute the study's numbers and their intervals"
    script:
        "../workflow_scripts/values.py"


rule statistics:
    input:
        to_make(
            in_results("statistics", "paired.parquet"), rules.study_values.output.long
        ),
    output:
        paired=in_results("statistics", "paired.parquet"),
        survival=in_results("statistics", "survival.parquet"),
        logrank=in_results("statistics", "logrank.parquet"),
        relapse=in_results("statistics", "relapse.parquet"),
    log:
        log_of("statistics"),
    benchmark:
        benchmark_of("statistics")
    group:
        STUDY_GROUP
    threads: 1
    params:
        study=slices.statistics(STUDY),
        planned=lambda wildcards: plan_of_values(),
        made_by=lambda wildcards: plan_of_statistics(),
    message:
        "compare the treatments"
    script:
        "../workflow_scripts/statistics.py"
