"""The figure of training: loss and internal noise by epoch."""

from pipeline_lib.figures import pages, style, training
from pipeline_lib.files.gathering import read_gathered
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.steps import HistoryRow

study = snakemake.params.study

with job_log(snakemake.log[0], "draw the figure training"):
    [table] = read_gathered(
        snakemake.input[0],
        HistoryRow,
        planned=snakemake.params.planned,
        **snakemake.params.told["measured"],
    )
    history = [HistoryRow(**row) for row in table.to_pylist()]
    looks = style.looks(**study["looks"])
    pages.save(lambda: training.draw(history, looks), snakemake.output.pictures)
    by = made(snakemake.params.made_by, snakemake.input)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, by)
