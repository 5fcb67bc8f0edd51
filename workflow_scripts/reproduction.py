"""The comparison of the study's means with the published ones."""

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cell, Cells
from pipeline_lib.analysis.published import read_published, read_runs
from pipeline_lib.analysis.reproduction import Compared, compare
from pipeline_lib.files.rows import read_rows, write_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.measures import Value
from pipeline_lib.reporting.comparison_report import report, verdict

study, planned = snakemake.params.study, snakemake.params.planned["values"]
files, output = snakemake.input, snakemake.output

with job_log(snakemake.log[0], "compare with the published numbers"):
    comparison = compare(
        Cells(read_rows(files["cells"], Cell, planned)),
        read_rows(files["values"], Value, planned),
        read_published(files["published"]),
        read_runs(files["runs"]) if files.get("runs") else [],
        measures.numbers(study["measures"]),
        study["alpha"],
        study["margin"],
    )
    by = made(snakemake.params.made_by, files)
    write_rows(output.comparison, comparison, Compared, by)
    write_text(output.report, report(comparison, study["measures"], study["labels"]))
    write_text(output.verdict, verdict(comparison) + "\n")
    stamp_files(output.stamp, [output.comparison, output.report, output.verdict], by)
