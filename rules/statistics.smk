# From the study's numbers to comparisons of its treatments, and to what predicts their outcomes.

from pipeline_lib.names import ASSOCIATIONS, PREDICTION_TABLES, STRUCTURE

STATISTICS = work(
    "statistics",
    ["statistics", *of_measures("NUMBERS")],
    OF_VALUES,
    study=slices.statistics(STUDY),
)


rule statistics:
    input:
        VALUES,
    output:
        paired=in_results("statistics", "paired.parquet"),
        claims=in_results("statistics", "claims.parquet"),
        survival=in_results("statistics", "survival.parquet"),
        logrank=in_results("statistics", "logrank.parquet"),
    log:
        log_of("statistics"),
    params:
        **STATISTICS,
    message:
        "compare the treatments"
    script:
        "../workflow_scripts/statistics.py"


# What predicts the outcomes, which are those of stress cycles, if the study measures structure or
# draws numbers.
PREDICTIONS = {
    name: in_results("statistics", f"{name}.parquet")
    for name in PREDICTION_TABLES
    if slices.RELAPSE in MEASURES and (STRUCTURE in MEASURES or DRAWN)
}
PREDICTORS = work("predictors", ["predictors"], OF_VALUES, drawn=DRAWN)

if PREDICTIONS:

    rule predictors:
        input:
            VALUES,
        output:
            **PREDICTIONS,
        log:
            log_of("predictors"),
        params:
            **PREDICTORS,
        message:
            "look for what predicts the outcomes"
        script:
            "../workflow_scripts/predictors.py"
