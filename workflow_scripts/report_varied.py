"""The tables of a study with axes, its report as one HTML page, and its findings as Markdown."""

from pathlib import Path

from pipeline_lib.analysis.along import Along
from pipeline_lib.analysis.claims import Judged
from pipeline_lib.analysis.varied import Variant, read_varied
from pipeline_lib.figures import of_axes
from pipeline_lib.files.rows import read_rows, read_scenarios
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.numbers import axis_text, value_text
from pipeline_lib.reporting.findings import markdown
from pipeline_lib.reporting.origin import read_origin
from pipeline_lib.reporting.page import embedded, rendered
from pipeline_lib.reporting.results import VariedResults
from pipeline_lib.reporting.typesetting import write_tables
from pipeline_lib.reporting.varied import varied_findings, varied_reading, varied_tables

files, output, params = snakemake.input, snakemake.output, snakemake.params
study, names = params.study, params.study["measures"]

with job_log(snakemake.log[0], "write the report"):
    varied = read_varied(files, params.scenarios, names, params.planned["values"])
    by = params.planned["along"]
    results = VariedResults(
        varied,
        read_rows(files.along, Along, by),
        read_rows(files.variants, Variant, by),
        read_scenarios(files.claims, Judged, params.scenarios, by),
        study["labels"],
        params.threshold,
    )
    findings, tables = varied_findings(results), varied_tables(results)
    content = {
        "study": study,
        "axes": {axis: list(map(value_text, each)) for axis, each in varied.axes.items()},
        "varied": [axis_text(axis, study["labels"]) for axis in varied.axes],
        "reading": varied_reading(results),
        "findings": findings,
        "figures": embedded(files.figures, of_axes(params.scenarios, names, study["labels"])),
        "tables": [table for table in tables if table.rows],
        "origin": read_origin(
            network=files.network, project=Path(snakemake.scriptdir).parent, citation=files.citation
        ),
    }
    write_text(output.page, rendered(files.templates[0], **content))
    write_text(output.findings, markdown(content["reading"], findings))
    write_tables(tables, output.tables)
    written = [output.page, output.findings, *output.tables]
    stamp_files(output.stamp, written, made(params.made_by, files))
