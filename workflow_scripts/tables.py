"""The study's tables as CSV, Markdown and LaTeX, with the published numbers."""

from pipeline_lib.analysis.published import read_published
from pipeline_lib.files.rows import read_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.measures import Value
from pipeline_lib.reporting.results import read_results
from pipeline_lib.reporting.statistics_tables import statistics_tables
from pipeline_lib.reporting.tables import build
from pipeline_lib.reporting.typesetting import write_tables

files, planned = snakemake.input, snakemake.params.planned
published = files.get("published")

with job_log(snakemake.log[0], "write the tables"):
    results = read_results(files, snakemake.params.study, planned)
    values = read_rows(files["values"], Value, planned["values"])
    tables = build(results, values, read_published(published) if published else None)
    written = [*snakemake.output.tables, *snakemake.output.others]
    write_tables([*tables, *statistics_tables(results)], written)
    write_tables(build(results, values, None), snakemake.output.ours)
    written += snakemake.output.ours
    stamp_files(snakemake.output.stamp, written, made(snakemake.params.made_by, files))
