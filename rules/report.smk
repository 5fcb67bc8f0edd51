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
DISCREPANCIES = (
    {"discrepancies": of_project("docs/discrepancies.md")}
    if has_published("published", "runs")
    else {}
)


def of_first(pattern):
    """The path of a network of the study's first seed."""
    return str(pattern).format(seed=FIRST, scenario="")


def each_to_make(output, **inputs):
    """`to_make` for files by name."""
    return {name: to_make(output, path) for name, path in inputs.items()}


def numbers_to_make(output):
    """The study's numbers and statistics, for jobs that show them."""
    return each_to_make(
        output,
        values=VALUES,
        cells=CELLS,
        pairs=in_results("statistics", "paired.parquet"),
        logrank=in_results("statistics", "logrank.parquet"),
        claims=in_results("statistics", "claims.parquet"),
        **PREDICTIONS,
    )


def plans_of_numbers():
    """The plans of the files of `numbers_to_make`."""
    numbers, statistics = plan_of_values(), plan_of_statistics()
    return {
        "values": numbers,
        "cells": numbers,
        "pairs": statistics,
        "logrank": statistics,
        "claims": statistics,
        **(dict.fromkeys(PREDICTION_TABLES, plan_of_predictors()) if PREDICTS else {}),
    }


rule tables:
    input:
        **numbers_to_make(in_results("tables", f"{TABLES[0]}.csv")),
        **each_to_make(in_results("tables", f"{TABLES[0]}.csv"), **PUBLISHED),
    output:
        tables=[
            in_report("tables", table, in_results("tables", f"{table}.csv"))
            for table in TABLES
        ],
        others=expand(
            in_results("tables", "{table}.{form}"), table=TABLES, form=["md", "tex"]
        ),
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
            **each_to_make(
                in_results("reproduction", "comparison.parquet"),
                values=VALUES,
                cells=CELLS,
                **published("published", "runs"),
            ),
        output:
            comparison=in_results("reproduction", "comparison.parquet"),
            report=in_report(
                "reproduction",
                "comparison",
                in_results("reproduction", "comparison.md"),
            ),
            verdict=in_report(
                "reproduction", "verdict", in_results("reproduction", "verdict.txt")
            ),
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


include: "figures.smk"


rule report:
    input:
        **numbers_to_make(in_results("report.html")),
        **each_to_make(in_results("report.html"), **PUBLISHED, **DISCREPANCIES),
        **(
            each_to_make(
                in_results("report.html"),
                comparison=in_results("reproduction", "comparison.parquet"),
            )
            if PUBLISHED
            else {}
        ),
        network=to_make(in_results("report.html"), of_first(network_of(HEALTHY))),
        figures=to_make(
            in_results("report.html"),
            *expand(
                in_results("figures", "{name}.{form}"),
                name=SPECS,
                form=["svg", "png"],
            ),
        ),
        template=to_make(
            in_results("report.html"),
            of_project("pipeline_lib/reporting/report.html.j2"),
        ),
        parts=to_make(
            in_results("report.html"),
            of_project("pipeline_lib/reporting/parts.html.j2"),
        ),
        style=to_make(
            in_results("report.html"),
            of_project("pipeline_lib/reporting/report.css"),
        ),
        citation=to_make(in_results("report.html"), of_project("CITATION.cff")),
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
