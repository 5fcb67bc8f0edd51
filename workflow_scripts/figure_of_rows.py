"""A figure of the study's gathered rows."""

import importlib

from pipeline_lib.figures import style
from pipeline_lib.files.gathering import read_gathered
from pipeline_lib.jobs.log import job_log

name, study = snakemake.params.name, snakemake.params.study

with job_log(snakemake.log[0], f"draw the figure {name}"), style.applied():
    module = importlib.import_module(f"pipeline_lib.figures.{name}")
    rows = read_gathered(snakemake.input[0], **snakemake.params.measured).to_pylist()
    looks = style.looks(study["labels"], study["colours"])
    style.save(module.figure(rows, looks, **study["numbers"]), snakemake.output)
