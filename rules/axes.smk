# What a study with axes makes of its numbers: curves and variants, figures, tables, its report.

from pipeline_lib import figures
from pipeline_lib.names import VARIED_TABLES

VARIED = figures.of_axes(AXIS_VALUES, MEASURES)
CLAIMED = [slices.claims(each.study) for each in SCENARIOS]
THRESHOLDS = [slices.tables(each.study)["threshold"] for each in SCENARIOS]
THRESHOLD = axes.common(THRESHOLDS)  # a figure cannot show one that is itself an axis


def varied_to_make(output):
    """The study's numbers, for what is made of them."""
    return {
        "values": to_make(output, VALUES),
        "cells": to_make(output, CELLS),
    }


def varied_figure(name):
    """What a figure reads of the study besides its numbers."""
    return slices.figure(STUDY, name, LOOKS) | {"threshold": THRESHOLD}


def varied_file(name):
    """The file of a figure, as a vector drawing."""
    return in_results("figures", f"{name}.svg")


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
        **varied_to_make(in_results("statistics", "along.parquet")),
    output:
        along=in_results("statistics", "along.parquet"),
        variants=in_results("statistics", "variants.parquet"),
        claims=in_results("statistics", "claims.parquet"),
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


for name, spec in VARIED.items():

    rule:
        name:
            f"figure_{name}"
        input:
            **varied_to_make(varied_file(name)),
        output:
            pictures=picture(name),
            stamp=stamp_of(f"figure_{name}"),
        log:
            log_of(f"figures/{name}"),
        group:
            STUDY_GROUP
        params:
            caption=spec.caption,
            scenarios=AXIS_VALUES,
            study=varied_figure(name),
            planned=lambda wildcards: plan_of_values(),
            made_by=lambda wildcards, name=name: plan(
                f"figure {name}",
                study=[AXIS_VALUES, varied_figure(name)],
                code=code("figure_varied", *of_measures("NUMBERS")),
                inputs={"values": plan_of_values()},
            ),
        message:
            f"draw the figure {name}"
        script:
            "../workflow_scripts/figure_varied.py"


REPORTING = "pipeline_lib/reporting"


rule report_varied:
    input:
        **varied_to_make(in_results("report.html")),
        along=to_make(
            in_results("report.html"), in_results("statistics", "along.parquet")
        ),
        variants=to_make(
            in_results("report.html"), in_results("statistics", "variants.parquet")
        ),
        claims=to_make(
            in_results("report.html"), in_results("statistics", "claims.parquet")
        ),
        network=to_make(
            in_results("report.html"),
            at_scenario(network_of(HEALTHY), (NETWORK, HEALTHY), 0).format(
                seed=SEEDS[0]
            ),
        ),
        figures=to_make(
            in_results("report.html"),
            *expand(
                in_results("figures", "{name}.{form}"),
                name=VARIED,
                form=["svg", "png"],
            ),
        ),
        template=to_make(
            in_results("report.html"), of_project(REPORTING, "varied.html.j2")
        ),
        parts=to_make(in_results("report.html"), of_project(REPORTING, "parts.html.j2")),
        style=to_make(in_results("report.html"), of_project(REPORTING, "report.css")),
        citation=to_make(in_results("report.html"), of_project("CITATION.cff")),
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
