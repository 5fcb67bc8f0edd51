# What a study with axes makes of its numbers: curves and variants, figures, tables, its report.

from pipeline_lib.names import VARIED_TABLES

CLAIMED = [slices.claims(each.study) for each in SCENARIOS]
THRESHOLDS = [slices.tables(each.study)["threshold"] for each in SCENARIOS]
# A figure cannot show a threshold that is itself an axis.
THRESHOLD = THRESHOLDS[0] if len(set(THRESHOLDS)) == 1 else None


COMPARED = {
    name: in_results("statistics", f"{name}.parquet") for name in ("along", "variants", "claims")
}


# Of curves along axes, and of variants compared.
ALONG = work(
    "along",
    ["along", *of_measures("NUMBERS")],
    OF_VALUES,
    scenarios=AXIS_VALUES,
    measures=MEASURES,
    thresholds=THRESHOLDS,
    claims=CLAIMED,
)
OF_AXES = {name: (path, ALONG["made_by"]) for name, path in COMPARED.items()}


rule along:
    input:
        **files(OF_VALUES),
    output:
        **COMPARED,
    log:
        log_of("along"),
    params:
        **ALONG,
    message:
        "compare the scenarios"
    script:
        "../workflow_scripts/along.py"


SHOWN = OF_VALUES


include: "figures.smk"


rule report:
    input:
        **files(OF_VALUES | OF_AXES),
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
    params:
        **work(
            "report",
            ["report_varied", *of_measures("NUMBERS")],
            OF_VALUES | OF_AXES,
            scenarios=AXIS_VALUES,
            study=slices.report(STUDY),
            threshold=THRESHOLD,
        ),
    message:
        "write the tables and the report"
    script:
        "../workflow_scripts/report_varied.py"


STUDY_LEVEL = [
    rules.along.output,
    rules.report.output,
]
