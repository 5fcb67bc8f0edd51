# From the study's numbers to its tables, the comparison with published numbers, and the report.

from pipeline_lib.names import (
    COMBINATIONS,
    OURS_ALONE,
    PREDICTION_TABLES,
    RELAPSE_TABLES,
    STATISTICS_TABLES,
)

OF_MEASURES = [spec.name for spec in measures.tables(MEASURES)]
TABLES = [
    *OF_MEASURES,
    *([COMBINATIONS] if slices.combines(STUDY) else []),
    *(
        name
        for name in STATISTICS_TABLES
        if slices.RELAPSE in MEASURES or name not in RELAPSE_TABLES
    ),
    *(PREDICTION_TABLES if PREDICTS else []),
]
PUBLISHED = published("published")
COMPARISON = in_results("reproduction", "comparison.parquet")
COMPARED = {"comparison": COMPARISON} if PUBLISHED else {}


# The study's numbers and statistics, for tables and pages, each with the plan that makes it.
NUMBERS = {
    "values": (VALUES, plan_of_values),
    "cells": (CELLS, plan_of_values),
    "pairs": (in_results("statistics", "paired.parquet"), plan_of_statistics),
    "logrank": (in_results("statistics", "logrank.parquet"), plan_of_statistics),
    "claims": (in_results("statistics", "claims.parquet"), plan_of_statistics),
    **{name: (path, plan_of_predictors) for name, path in PREDICTIONS.items()},
}
FILES_OF_NUMBERS = {name: path for name, (path, _) in NUMBERS.items()}


def plans_of_numbers():
    """The plans of the files of `NUMBERS`, by name."""
    return {name: planned() for name, (_, planned) in NUMBERS.items()}


rule tables:
    input:
        **FILES_OF_NUMBERS,
        **PUBLISHED,
    output:
        tables=[
            in_report("tables", table, in_results("tables", f"{table}.csv")) for table in TABLES
        ],
        others=expand(in_results("tables", "{table}.{form}"), table=TABLES, form=["md", "tex"]),
        ours=expand(
            in_results("tables", OURS_ALONE, "{table}.{form}"),
            table=OF_MEASURES if STUDY.publication else [],
            form=["csv", "md", "tex"],
        ),
        stamp=stamp_of("tables"),
    log:
        log_of("tables"),
    group:
        STUDY_GROUP
    params:
        study=slices.tables(STUDY),
        planned=lambda wildcards: plans_of_numbers(),
        made_by=lambda wildcards: plan(
            "tables",
            study=slices.tables(STUDY),
            code=code("tables", *of_measures("NUMBERS", "TABLES")),
            inputs=plans_of_numbers(),
        ),
    message:
        "write the tables"
    script:
        "../workflow_scripts/tables.py"


if PUBLISHED:

    rule reproduction:
        input:
            **FILES_OF_VALUES,
            **published("published", "runs"),
        output:
            comparison=COMPARISON,
            report=in_report(
                "reproduction",
                "comparison",
                in_results("reproduction", "comparison.md"),
            ),
            verdict=in_report("reproduction", "verdict", in_results("reproduction", "verdict.txt")),
            stamp=stamp_of("reproduction"),
        log:
            log_of("reproduction"),
        group:
            STUDY_GROUP
        params:
            study=slices.reproduction(STUDY),
            planned=lambda wildcards: plan_of_values(),
            made_by=lambda wildcards: plan_of_reproduction(),
        message:
            "compare with the published numbers"
        script:
            "../workflow_scripts/reproduction.py"


@cache
def plan_of_reproduction():
    """The plan of the comparison with published numbers."""
    return plan(
        "reproduction",
        study=slices.reproduction(STUDY),
        code=code("reproduction", *of_measures("NUMBERS", "TABLES")),
        inputs={"values": plan_of_values()},
    )


# What figures show.
SHOWN = {
    **NUMBERS,
    "survival": (in_results("statistics", "survival.parquet"), plan_of_statistics),
    "history": (gathered("history"), lambda: plan_of_gather("history")),
    "comparison": (COMPARISON, plan_of_reproduction),
}


include: "figures.smk"


rule report:
    input:
        **FILES_OF_NUMBERS,
        **PUBLISHED,
        **COMPARED,
        **read_by_page("report.html.j2"),
    output:
        page=in_report("report", "report", in_results("report.html")),
        findings=in_results("findings.md"),
        stamp=stamp_of("report"),
    log:
        log_of("report"),
    group:
        STUDY_GROUP
    params:
        study=slices.report(STUDY),
        looks=LOOKS,
        planned=lambda wildcards: plans_of_numbers(),
        made_by=lambda wildcards: plan(
            "report",
            study=[slices.report(STUDY), LOOKS],
            code=code("report", *of_measures("NUMBERS", "TABLES", "FIGURES")),
            inputs=plans_of_numbers(),
        ),
    message:
        "write the report"
    script:
        "../workflow_scripts/report.py"


# What the study makes of its numbers.
STUDY_LEVEL = [
    rules.statistics.output,
    rules.tables.output,
    rules.reproduction.output if PUBLISHED else [],
    rules.report.output,
]
