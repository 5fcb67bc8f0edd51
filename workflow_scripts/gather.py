"""The rows of all seeds in one file."""

from pipeline_lib.logs import job_log
from pipeline_lib.metrics import SCHEMAS, gather, write_table

study = snakemake.params.study

with job_log(snakemake.log[0], f"gather {study['kind']} of {len(snakemake.input)} files"):
    table = gather(
        list(snakemake.input),
        SCHEMAS[study["kind"]],
        seeds=study["seeds"],
        treatments=study["treatments"],
    )
    write_table(snakemake.output[0], table)
