"""A figure of a study, drawn by the module of `figures` that the rule names."""

from functools import partial

from pipeline_lib import items
from pipeline_lib.figures import pages
from pipeline_lib.figures.shown import Job
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.script import job_log, made

files, output, params = snakemake.input, snakemake.output, snakemake.params

with job_log(snakemake.log[0], f"draw the figure {params.study['name']}"):
    job = Job(files, params.study, params.told, params.planned)
    draw = items.load("figures", params.module).draw
    pages.save(partial(draw, job), output.pictures)
    stamp_files(output.stamp, output.pictures, made(params.made_by, files))
