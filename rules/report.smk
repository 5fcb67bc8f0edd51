# From the study's rows to its tables, beside the published ones, and to its statistics.

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
]


rule tables:
    input:
        **measurements(),
        **published("published"),
    output:
        expand(
            f"{RESULTS}/tables/{{table}}.{{format}}",
            table=TABLES,
            format=["csv", "md", "tex"],
        ),
    log:
        log_of("tables"),
    benchmark:
        benchmark_of("tables")
    threads: 1
    resources:
        mem_mb=700,
        runtime=5,
    params:
        study=slices.tables(STUDY),
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
        comparison=f"{RESULTS}/reproduction/comparison.csv",
        report=f"{RESULTS}/reproduction/comparison.md",
        verdict=f"{RESULTS}/reproduction/verdict.txt",
    log:
        log_of("reproduction"),
    benchmark:
        benchmark_of("reproduction")
    threads: 1
    resources:
        mem_mb=700,
        runtime=5,
    params:
        study=slices.reproduction(STUDY),
        code=code("reproduction"),
    message:
        "compare with the published numbers"
    script:
        "../workflow_scripts/reproduction.py"


rule statistics:
    input:
        **measurements(),
    output:
        cells=f"{RESULTS}/statistics/cells.csv",
        paired=f"{RESULTS}/statistics/paired.csv",
        survival=f"{RESULTS}/statistics/survival.csv",
        logrank=f"{RESULTS}/statistics/logrank.csv",
        relapse=f"{RESULTS}/statistics/relapse.csv",
    log:
        log_of("statistics"),
    benchmark:
        benchmark_of("statistics")
    threads: 1
    resources:
        mem_mb=700,
        runtime=5,
    params:
        study=slices.statistics(STUDY),
        code=code("statistics"),
    message:
        "compute intervals and tests"
    script:
        "../workflow_scripts/statistics.py"
