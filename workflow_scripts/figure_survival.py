"""The figure of relapse-free survival through the stress cycles."""

from pipeline_lib.analysis.survival import SurvivalStep
from pipeline_lib.figures import pages, style, survival
from pipeline_lib.files.rows import read_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made

study = snakemake.params.study

with job_log(snakemake.log[0], "draw the figure survival"):
    steps = read_rows(snakemake.input[0], SurvivalStep, snakemake.params.planned)
    looks, threshold = style.looks(**study["looks"]), study["threshold"]
    pages.save(lambda: survival.draw(steps, looks, threshold=threshold), snakemake.output.pictures)
    by = made(snakemake.params.made_by, snakemake.input)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, by)
