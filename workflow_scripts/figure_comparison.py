"""The figure that compares the study's means with the published ones."""

from pipeline_lib.analysis.reproduction import Compared
from pipeline_lib.figures import comparison, pages, style
from pipeline_lib.files.rows import read_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made

study = snakemake.params.study

with job_log(snakemake.log[0], "draw the figure comparison"):
    compared = read_rows(snakemake.input[0], Compared, snakemake.params.planned)
    names, looks = study["measures"], style.looks(**study["looks"])
    pages.save(lambda: comparison.draw(compared, names, looks), snakemake.output.pictures)
    by = made(snakemake.params.made_by, snakemake.input)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, by)
