"""The study's tables as CSV, Markdown and LaTeX, published numbers beside its own."""

from pathlib import Path

from pipeline_lib.analysis.published import read_published
from pipeline_lib.analysis.statistics import cells
from pipeline_lib.analysis.stored import read_values
from pipeline_lib.files.networks import write_text
from pipeline_lib.jobs.log import job_log
from pipeline_lib.reporting.tables import FORMATS, build

study, published = snakemake.params.study, snakemake.input.get("published")

with job_log(snakemake.log[0], "write the tables"):
    tables = build(
        cells(read_values(snakemake.input, snakemake.params.measured), study["threshold"]),
        read_published(published) if published else None,
        study["labels"],
    )
    by_name = {table.name: table for table in tables}
    for path in map(Path, snakemake.output):
        write_text(path, FORMATS[path.suffix[1:]](by_name[path.stem]))
