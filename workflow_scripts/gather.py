"""The rows of all seeds in one file."""

from pipeline_lib.files.gathering import gather
from pipeline_lib.files.rows import write_table
from pipeline_lib.jobs.log import job_log

study = snakemake.params.study

with job_log(snakemake.log[0], f"gather {study['kind']} of {len(snakemake.input)} files"):
    write_table(snakemake.output[0], gather(snakemake.input, **study))
