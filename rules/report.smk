# From the study's rows to its tables, beside the published ones, to its statistics and its report.

# Spelt out here, since to import the tables would cost every start of Snakemake a second.
TABLES = [
    "table_1",
    "table_2",
    "table_3",
    "table_4",
    "acute_relapse",
    "state_dependence",
    "sparsity_by_cycle",
    "range_by_cycle",
    "relapse_cycle_by_seed",
    "improvement",
    "summary",
    *(["switch"] if STUDY.switch else []),
]
COMBINATIONS = any(treatment.combines for treatment in STUDY.treatments.values())


rule tables:
    input:
        **measurements(),
        **published("published"),
    output:
        [
            in_report("tables", table, f"{RESULTS}/tables/{table}.csv")
            for table in TABLES
        ],
        expand(
            f"{RESULTS}/tables/{{table}}.{{format}}",
            table=TABLES,
            format=["md", "tex"],
        ),
    log:
        log_of("tables"),
    benchmark:
        benchmark_of("tables")
    threads: 1
    resources:
        mem_mb=memory(cost.TOGETHER),
        runtime=time_limit(cost.TOGETHER),
    params:
        study=slices.tables(STUDY),
        measured=MEASURED,
        code=code("tables"),
    message:
        "write the tables"
    script:
        "../workflow_scripts/tables.py"


rule reproduction:
    input:
        **measurements(),
        **published("published"),
    output:
        comparison=in_report(
            "reproduction", "comparison", f"{RESULTS}/reproduction/comparison.csv"
        ),
        report=f"{RESULTS}/reproduction/comparison.md",
        verdict=in_report(
            "reproduction", "verdict", f"{RESULTS}/reproduction/verdict.txt"
        ),
    log:
        log_of("reproduction"),
    benchmark:
        benchmark_of("reproduction")
    threads: 1
    resources:
        mem_mb=memory(cost.TOGETHER),
        runtime=time_limit(cost.TOGETHER),
    params:
        study=slices.reproduction(STUDY),
        measured=MEASURED,
        code=code("reproduction"),
    message:
        "compare with the published numbers"
    script:
        "../workflow_scripts/reproduction.py"


rule statistics:
    input:
        **measurements(),
    output:
        cells=in_report("statistics", "cells", f"{RESULTS}/statistics/cells.csv"),
        paired=in_report("statistics", "paired", f"{RESULTS}/statistics/paired.csv"),
        survival=in_report(
            "statistics", "survival", f"{RESULTS}/statistics/survival.csv"
        ),
        logrank=in_report("statistics", "logrank", f"{RESULTS}/statistics/logrank.csv"),
        relapse=in_report("statistics", "relapse", f"{RESULTS}/statistics/relapse.csv"),
    log:
        log_of("statistics"),
    benchmark:
        benchmark_of("statistics")
    threads: 1
    resources:
        mem_mb=memory(cost.TOGETHER),
        runtime=time_limit(cost.TOGETHER),
    params:
        study=slices.statistics(STUDY),
        measured=MEASURED,
        code=code("statistics"),
    message:
        "compute intervals and tests"
    script:
        "../workflow_scripts/statistics.py"


if COMBINATIONS:

    rule combinations:
        input:
            cells=rules.statistics.output.cells,
            paired=rules.statistics.output.paired,
            relapses=rules.statistics.output.relapse,
            logrank=rules.statistics.output.logrank,
        output:
            in_report("tables", "combinations", f"{RESULTS}/tables/combinations.csv"),
            f"{RESULTS}/tables/combinations.md",
            f"{RESULTS}/tables/combinations.tex",
        log:
            log_of("combinations"),
        benchmark:
            benchmark_of("combinations")
        threads: 1
        resources:
            mem_mb=memory(cost.TOGETHER),
            runtime=time_limit(cost.TOGETHER),
        params:
            study=slices.combinations(STUDY),
            code=code("combinations"),
        message:
            "write what combinations add"
        script:
            "../workflow_scripts/combinations.py"


rule report:
    input:
        **measurements(),
        **published("published"),
        **(
            {"comparison": rules.reproduction.output.comparison}
            if has_published("published")
            else {}
        ),
        **(
            {"discrepancies": f"{workflow.basedir}/docs/discrepancies.md"}
            if has_published("published", "runs")
            else {}
        ),
        cells=rules.statistics.output.cells,
        paired=rules.statistics.output.paired,
        relapses=rules.statistics.output.relapse,
        logrank=rules.statistics.output.logrank,
        network=rules.baseline.output.network.format(seed=SEEDS[0]),
        figures=expand(
            f"{RESULTS}/figures/{{name}}.{{format}}",
            name=FIGURES,
            format=["svg", "png"],
        ),
        captions=[
            path
            for name in FIGURES
            if Path(path := f"{workflow.basedir}/report/figures/{name}.rst").exists()
        ],
        template=f"{workflow.basedir}/pipeline_lib/reporting/report.html.j2",
        style=f"{workflow.basedir}/pipeline_lib/reporting/report.css",
        citation=f"{workflow.basedir}/CITATION.cff",
    output:
        page=in_report("report", "report", f"{RESULTS}/report.html"),
        findings=f"{RESULTS}/findings.md",
    log:
        log_of("report"),
    benchmark:
        benchmark_of("report")
    threads: 1
    resources:
        mem_mb=memory(cost.TOGETHER),
        runtime=time_limit(cost.TOGETHER),
    params:
        study=slices.report(STUDY),
        measured=MEASURED,
        logs=f"{RESULTS}/logs",
        code=code("report"),
    message:
        "write the report"
    script:
        "../workflow_scripts/report.py"
