"""A figure of a study with axes."""

from pipeline_lib.analysis.varied import read_varied
from pipeline_lib.figures import pages, style, varied
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made

files, params, study = snakemake.input, snakemake.params, snakemake.params.study

with job_log(snakemake.log[0], f"draw the figure {study['name']}"):
    found = read_varied(files, params.scenarios, study["measures"], params.planned)
    name, looks, threshold = study["name"], style.looks(**study["looks"]), study["threshold"]
    pages.save(lambda: varied.draw(name, found, looks, threshold), snakemake.output.pictures)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, made(params.made_by, files))
