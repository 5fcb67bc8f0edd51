"""The rows of all seeds in one file."""

from pipeline_lib import measures
from pipeline_lib.files.gathering import gather
from pipeline_lib.files.rows import write_table
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made

files, study = snakemake.input, snakemake.params.study

with job_log(snakemake.log[0], f"gather {study['kind']} of {len(files)} files"):
    row = measures.row_of(study["kind"])
    table = gather(files, row, planned=snakemake.params.planned, **study)
    write_table(snakemake.output[0], table, made(snakemake.params.made_by, files))
