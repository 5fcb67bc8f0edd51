# What a study with axes makes of its numbers: curves and variants, figures, tables, its report.

from pipeline_lib.names import VARIED_TABLES

CLAIMED = [slices.claims(each.study) for each in SCENARIOS]
THRESHOLDS = [slices.tables(each.study)["threshold"] for each in SCENARIOS]
THRESHOLD = axes.common(THRESHOLDS)  # a figure cannot show one that is itself an axis


COMPARED = {
    name: in_results("statistics", f"{name}.parquet") for name in ("along", "variants", "claims")
}


@cache
def plan_of_along():
    """The plan of curves along axes, and of variants compared."""
    return plan(
        "along",
        study=[AXIS_VALUES, MEASURES, THRESHOLDS, CLAIMED],
        code=code("along", *of_measures("NUMBERS")),
        inputs={"values": plan_of_values()},
    )


rule along:
    input:
        **FILES_OF_VALUES,
    output:
        **COMPARED,
    log:
        log_of("along"),
    group:
        STUDY_GROUP
    params:
        scenarios=AXIS_VALUES,
        measures=MEASURES,
        thresholds=THRESHOLDS,
        claims=CLAIMED,
        planned=lambda wildcards: plan_of_values(),
        made_by=lambda wildcards: plan_of_along(),
    message:
        "compare the scenarios"
    script:
        "../workflow_scripts/along.py"


SHOWN = {"values": (VALUES, plan_of_values), "cells": (CELLS, plan_of_values)}


include: "figures.smk"


rule report_varied:
    input:
        **FILES_OF_VALUES,
        **COMPARED,
        **read_by_page("varied.html.j2"),
    output:
        page=in_report("report", "report", in_results("report.html")),
        findings=in_results("findings.md"),
        tables=[
            in_report("tables", table, in_results("tables", f"{table}.{form}"))
            for table in VARIED_TABLES
            for form in ("csv", "md", "tex")
        ],
        stamp=stamp_of("report"),
    log:
        log_of("report"),
    group:
        STUDY_GROUP
    params:
        scenarios=AXIS_VALUES,
        study=slices.report(STUDY),
        threshold=THRESHOLD,
        planned=lambda wildcards: {"values": plan_of_values(), "along": plan_of_along()},
        made_by=lambda wildcards: plan(
            "report",
            study=[AXIS_VALUES, THRESHOLD, slices.report(STUDY)],
            code=code("report_varied", *of_measures("NUMBERS")),
            inputs={"values": plan_of_values(), "along": plan_of_along()},
        ),
    message:
        "write the tables and the report"
    script:
        "../workflow_scripts/report_varied.py"


STUDY_LEVEL = [
    rules.along.output,
    rules.report_varied.output,
]
