"""The figure of published numbers beside the study's."""

import csv
from pathlib import Path

from pipeline_lib.figures import comparison, style
from pipeline_lib.logs import job_log

study = snakemake.params.study

with job_log(snakemake.log[0], "draw the figure comparison"), style.applied():
    looks = style.looks(study["labels"], study["colours"])
    with Path(snakemake.input[0]).open(encoding="utf-8", newline="") as file:
        found = comparison.data(csv.DictReader(file), looks)
    style.save(comparison.draw(found, looks), snakemake.output)
