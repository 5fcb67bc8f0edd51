"""The rows of all seeds in one file."""

from pipeline_lib.gathering import gather
from pipeline_lib.logs import job_log
from pipeline_lib.metrics import write_table

study = snakemake.params.study

with job_log(snakemake.log[0], f"gather {study['kind']} of {len(snakemake.input)} files"):
    write_table(snakemake.output[0], gather(snakemake.input, **study))
