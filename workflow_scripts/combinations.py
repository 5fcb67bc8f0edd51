"""What each combination of treatments adds to its better half, as CSV, Markdown and LaTeX."""

from pathlib import Path

from pipeline_lib.files.networks import write_text
from pipeline_lib.jobs.log import job_log
from pipeline_lib.reporting.combinations import combination_table
from pipeline_lib.reporting.results import read_results
from pipeline_lib.reporting.tables import FORMATS

with job_log(snakemake.log[0], "write what combinations add"):
    table = combination_table(read_results(snakemake.input, **snakemake.params.study))
    for path in map(Path, snakemake.output):
        write_text(path, FORMATS[path.suffix[1:]](table))
