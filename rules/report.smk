# From the study's rows to its tables, beside the published ones.

from pipeline_lib.tables import TABLES

TABLE_FORMATS = ["csv", "md", "tex"]


rule tables:
    input:
        **measurements(),
        **published("published"),
    output:
        expand(
            f"{RESULTS}/tables/{{table}}.{{format}}",
            table=TABLES,
            format=TABLE_FORMATS,
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
