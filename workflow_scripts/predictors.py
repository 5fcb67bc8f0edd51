"""What of the untreated network predicts who responds, who relapses and how accurate it ends."""

from pipeline_lib.analysis.predictors import Association, Forecast, associations, forecasts
from pipeline_lib.files.rows import read_rows, write_rows
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.measures import Value

with job_log(snakemake.log[0], "look for what predicts the outcomes"):
    drawn = snakemake.params.drawn
    values = read_rows(snakemake.input[0], Value, snakemake.params.planned["values"])
    by = made(snakemake.params.made_by, snakemake.input)
    write_rows(snakemake.output.associations, associations(values, drawn), Association, by)
    write_rows(snakemake.output.forecasts, forecasts(values, drawn), Forecast, by)
