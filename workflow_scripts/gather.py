"""The rows of all seeds in one file."""

from pyarrow import concat_tables

from pipeline_lib import measures
from pipeline_lib.files.gathering import gather
from pipeline_lib.files.rows import with_axes, write_table
from pipeline_lib.jobs.script import job_log, made

files, study = list(snakemake.input), snakemake.params.study
plans, scenarios = snakemake.params.planned, snakemake.params.scenarios

with job_log(snakemake.log[0], f"gather {study['kind']} of {len(files)} files"):
    row = measures.row_of(study["kind"])
    training, share, tables = snakemake.params.training, len(files) // len(scenarios), []
    for place, (axes, planned) in enumerate(zip(scenarios, plans, strict=True)):
        of_scenario = files[share * place : share * (place + 1)]
        table = gather(of_scenario, row, training=training, planned=planned, **study)
        tables.append(with_axes(table, axes))
    table = concat_tables(tables)
    write_table(snakemake.output[0], table, made(snakemake.params.made_by, files))
