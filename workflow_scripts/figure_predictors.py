"""The figure of what predicts the outcomes: rank correlations with their intervals."""

from pipeline_lib import measures
from pipeline_lib.analysis.predictors import Association
from pipeline_lib.figures import pages, predictors, style
from pipeline_lib.files.rows import read_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made

study = snakemake.params.study

with job_log(snakemake.log[0], f"draw the figure {study['name']}"):
    rows = read_rows(snakemake.input[0], Association, snakemake.params.planned)
    numbers = measures.numbers(study["measures"])
    looks = style.looks(**study["looks"])
    pages.save(lambda: predictors.draw(rows, looks, numbers), snakemake.output.pictures)
    by = made(snakemake.params.made_by, snakemake.input)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, by)
