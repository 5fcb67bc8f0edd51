"""The report of the study, an HTML page that opens offline, and its findings as Markdown."""

from pathlib import Path

from pipeline_lib.analysis.published import read_published
from pipeline_lib.analysis.reproduction import Compared
from pipeline_lib.analysis.values import by_key
from pipeline_lib.figures import interactive, specs, style
from pipeline_lib.files.rows import read_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.measures import Value
from pipeline_lib.reporting.findings import findings, markdown
from pipeline_lib.reporting.methods import reading
from pipeline_lib.reporting.origin import read_origin
from pipeline_lib.reporting.page import embedded, page
from pipeline_lib.reporting.results import read_results
from pipeline_lib.reporting.statistics_tables import statistics_tables
from pipeline_lib.reporting.tables import build

study, files = snakemake.params.study, snakemake.input
published = files.get("published")

with job_log(snakemake.log[0], "write the report"):
    planned = snakemake.params.planned
    results = read_results(files, study, planned)
    values = read_rows(files["values"], Value, planned["values"])
    text = page(
        files.templates[0],
        study=study,
        results=results,
        tables=build(results, values, read_published(published) if published else None),
        statistics=statistics_tables(results),
        comparison=read_rows(files["comparison"], Compared) if published else None,
        figures=embedded(files.figures, specs(study["measures"])),
        origin=read_origin(
            network=files.network, project=Path(snakemake.scriptdir).parent, citation=files.citation
        ),
        script=interactive.script(
            by_key(values),
            results.cells,
            style.looks(**snakemake.params.looks),
            results.asked(),
            results.threshold,
        ),
    )
    lead = " ".join(reading(results).values())
    write_text(snakemake.output.page, text)
    write_text(snakemake.output.findings, markdown(lead, findings(results)))
    written = [snakemake.output.page, snakemake.output.findings]
    stamp_files(snakemake.output.stamp, written, made(snakemake.params.made_by, files))
