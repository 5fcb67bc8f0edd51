"""The figure of published numbers beside the study's."""

from pipeline_lib.analysis import reproduction
from pipeline_lib.analysis.stored import read_texts
from pipeline_lib.figures import comparison, style
from pipeline_lib.jobs.log import job_log

study = snakemake.params.study

with job_log(snakemake.log[0], "draw the figure comparison"), style.applied():
    looks = style.looks(study["labels"], study["colours"])
    rows = read_texts(snakemake.input[0], reproduction.COLUMNS).to_dict("records")
    style.save(comparison.draw(comparison.data(rows, looks), looks), snakemake.output)
