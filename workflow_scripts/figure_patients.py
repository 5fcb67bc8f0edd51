"""The figure of accuracy over what was drawn for each seed."""

from pipeline_lib import measures
from pipeline_lib.analysis.values import by_key
from pipeline_lib.figures import pages, patients, style
from pipeline_lib.files.rows import read_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.measures import Value

study, drawn = snakemake.params.study, snakemake.params.told["drawn"]

with job_log(snakemake.log[0], f"draw the figure {study['name']}"):
    values = by_key(read_rows(snakemake.input[0], Value, snakemake.params.planned))
    numbers, looks = measures.numbers(study["measures"]), style.looks(**study["looks"])
    pages.save(
        lambda: patients.draw(values, drawn, looks, numbers, study["threshold"]),
        snakemake.output.pictures,
    )
    by = made(snakemake.params.made_by, snakemake.input)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, by)
