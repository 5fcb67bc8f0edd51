# From the study's numbers to its tables, the comparison with published numbers, and the report.

from pipeline_lib.names import COMBINATIONS, OURS_ALONE, RELAPSE_TABLES, STATISTICS_TABLES

OF_MEASURES = [spec.name for spec in measures.tables(MEASURES)]
TABLE_NAMES = [
    *OF_MEASURES,
    *([COMBINATIONS] if slices.combines(STUDY) else []),
    *(x for x in STATISTICS_TABLES if slices.RELAPSE in MEASURES or x not in RELAPSE_TABLES),
    *PREDICTIONS,
]
PUBLISHED = published("published")
COMPARISON = in_results("reproduction", "comparison.parquet")
COMPARED = {"comparison": COMPARISON} if PUBLISHED else {}


# The study's numbers and statistics, for tables and pages, each with the plan that makes it.
OF_NUMBERS = {
    **OF_VALUES,
    "pairs": (in_results("statistics", "paired.parquet"), STATISTICS["made_by"]),
    "logrank": (in_results("statistics", "logrank.parquet"), STATISTICS["made_by"]),
    "claims": (in_results("statistics", "claims.parquet"), STATISTICS["made_by"]),
    **{name: (path, PREDICTORS["made_by"]) for name, path in PREDICTIONS.items()},
}


rule tables:
    input:
        **files(OF_NUMBERS),
        **PUBLISHED,
    output:
        tables=[
            in_report("tables", table, in_results("tables", f"{table}.csv"))
            for table in TABLE_NAMES
        ],
        others=expand(in_results("tables", "{table}.{form}"), table=TABLE_NAMES, form=["md", "tex"]),
        ours=expand(
            in_results("tables", OURS_ALONE, "{table}.{form}"),
            table=OF_MEASURES if STUDY.publication else [],
            form=["csv", "md", "tex"],
        ),
        stamp=stamp_of("tables"),
    log:
        log_of("tables"),
    params:
        **work(
            "tables",
            ["tables", *of_measures("NUMBERS", "TABLES")],
            OF_NUMBERS,
            study=slices.tables(STUDY),
        ),
    message:
        "write the tables"
    script:
        "../workflow_scripts/tables.py"


REPRODUCTION = work(
    "reproduction",
    ["reproduction", *of_measures("NUMBERS", "TABLES")],
    OF_VALUES,
    study=slices.reproduction(STUDY),
)

if PUBLISHED:

    rule reproduction:
        input:
            **files(OF_VALUES),
            **published("published", "runs"),
        output:
            comparison=COMPARISON,
            report=in_report(
                "reproduction", "comparison", in_results("reproduction", "comparison.md")
            ),
            verdict=in_report("reproduction", "verdict", in_results("reproduction", "verdict.txt")),
            stamp=stamp_of("reproduction"),
        log:
            log_of("reproduction"),
        params:
            **REPRODUCTION,
        message:
            "compare with the published numbers"
        script:
            "../workflow_scripts/reproduction.py"


# What figures show.
SHOWN = {
    **OF_NUMBERS,
    "survival": (in_results("statistics", "survival.parquet"), STATISTICS["made_by"]),
    "history": (gathered("history"), partial(plan_of_gather, "history")),
    "comparison": (COMPARISON, REPRODUCTION["made_by"]),
}


include: "figures.smk"


rule report:
    input:
        **files(OF_NUMBERS),
        **PUBLISHED,
        **COMPARED,
        **read_by_page("report.html.j2"),
    output:
        page=in_report("report", "report", in_results("report.html")),
        findings=in_results("findings.md"),
        stamp=stamp_of("report"),
    log:
        log_of("report"),
    params:
        **work(
            "report",
            ["report", *of_measures("NUMBERS", "TABLES", "FIGURES")],
            OF_NUMBERS,
            study=slices.report(STUDY),
            looks=LOOKS,
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
