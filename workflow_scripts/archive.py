"""One file to share, with the finished study, its code and a description of both."""

from pathlib import Path

import yaml

from pipeline_lib.jobs.log import job_log
from pipeline_lib.reporting.archive import write_archive

params = snakemake.params

with job_log(snakemake.log[0], "write the archive"):
    project = Path(snakemake.scriptdir).resolve().parent
    write_archive(
        params.archive,
        project=project,
        results=Path(params.study).parent,
        citation=yaml.safe_load(Path(project, "CITATION.cff").read_text("utf-8")),
        more=params.more,
    )
