"""The report of the study: one HTML page that opens offline; its findings as Markdown, too."""

from pathlib import Path

from pipeline_lib.analysis import reproduction
from pipeline_lib.analysis.published import read_published
from pipeline_lib.analysis.statistics import cells
from pipeline_lib.analysis.stored import read_result, read_values
from pipeline_lib.files.networks import write_text
from pipeline_lib.jobs.log import job_log
from pipeline_lib.reporting.findings import markdown
from pipeline_lib.reporting.origin import read_origin
from pipeline_lib.reporting.page import Content, embedded, markdown_rows, page
from pipeline_lib.reporting.results import read_results
from pipeline_lib.reporting.tables import build

study, files = snakemake.params.study, snakemake.input
labels, threshold = study["labels"], study["threshold"]
published, discrepancies = files.get("published"), files.get("discrepancies")

with job_log(snakemake.log[0], "write the report"):
    content = Content(
        study,
        read_results(files, labels=labels, threshold=threshold, combines=study["combines"]),
        build(
            cells(read_values(files, snakemake.params.measured), threshold),
            read_published(published) if published else None,
            labels,
        ),
        read_result(files.comparison, reproduction.COLUMNS) if published else None,
        markdown_rows(Path(files.discrepancies).read_text("utf-8")) if discrepancies else [],
        embedded(files.figures, files.captions),
        read_origin(
            network=files.network,
            logs=snakemake.params.logs,
            project=Path(snakemake.scriptdir).parent,
            citation=files.citation,
        ),
    )
    write_text(snakemake.output.page, page(files.template, content))
    write_text(snakemake.output.findings, markdown(content.results))
