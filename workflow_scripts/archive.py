"""One file to share, with the finished study, its code and a description of both."""

from pathlib import Path

from pipeline_lib.jobs.script import job_log
from pipeline_lib.reporting.archive import write_archive

params = snakemake.params

with job_log(snakemake.log[0], "write the archive"):
    project, results = Path(snakemake.scriptdir).resolve().parent, Path(params.study).parent
    write_archive(params.archive, project=project, results=results, more=params.more)
