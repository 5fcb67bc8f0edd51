"""The study's tables as CSV, Markdown and LaTeX, with the published numbers."""

from pathlib import Path

from pipeline_lib.analysis.published import read_published
from pipeline_lib.files.rows import read_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.measures import Value
from pipeline_lib.names import OURS_ALONE
from pipeline_lib.reporting.results import read_results
from pipeline_lib.reporting.statistics_tables import statistics_tables
from pipeline_lib.reporting.tables import build
from pipeline_lib.reporting.typesetting import FORMATS

files, planned = snakemake.input, snakemake.params.planned
published = files.get("published")

with job_log(snakemake.log[0], "write the tables"):
    results = read_results(files, snakemake.params.study, planned)
    values = read_rows(files["values"], Value, planned["values"])
    tables = build(results, values, read_published(published) if published else None)
    by_name = {table.name: table for table in [*tables, *statistics_tables(results)]}
    alone = {table.name: table for table in build(results, values, None)}
    written = [*snakemake.output.tables, *snakemake.output.others, *snakemake.output.ours]
    for path in map(Path, written):
        table = (alone if path.parent.name == OURS_ALONE else by_name)[path.stem]
        write_text(path, FORMATS[path.suffix[1:]](table))
    stamp_files(snakemake.output.stamp, written, made(snakemake.params.made_by, files))
