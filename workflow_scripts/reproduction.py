"""The comparison of the study's means with the published ones."""

from pipeline_lib.analysis.published import read_published
from pipeline_lib.analysis.reproduction import compare, verdict
from pipeline_lib.analysis.statistics import cells
from pipeline_lib.analysis.stored import read_values
from pipeline_lib.files.networks import write_text
from pipeline_lib.jobs.log import job_log
from pipeline_lib.reporting.comparison_report import report

study = snakemake.params.study

with job_log(snakemake.log[0], "compare with the published numbers"):
    comparison = compare(
        cells(read_values(snakemake.input, snakemake.params.measured), study["threshold"]),
        read_published(snakemake.input.published),
        study["alpha"],
        study["margin"],
    )
    write_text(snakemake.output.comparison, comparison.to_csv(index=False))
    write_text(snakemake.output.report, report(comparison))
    write_text(snakemake.output.verdict, verdict(comparison) + "\n")
