"""A measure of one network: its rows, and the history of any training that it includes."""

from pipeline_lib import engines, measures
from pipeline_lib.engines.accuracy import Subject
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.model.task import points
from pipeline_lib.steps import HistoryRow

seed, state = int(snakemake.wildcards.seed), snakemake.wildcards.state
study, measure = snakemake.params.study, measures.load(snakemake.params.measure)

with job_log(snakemake.log[0], f"seed {seed}: {measure.TITLE}, {state}"):
    subject = Subject(seed, state, engines.load(study["engine"]))
    rows = measure.run(
        subject,
        read_network(snakemake.input.network, origin(seed, state), snakemake.params.planned),
        **{data: points(data, seed, **options) for data, options in study["points"].items()},
        **study["options"],
    )
    by = made(snakemake.params.made_by, [snakemake.input.network])
    write_rows(snakemake.output.metrics, rows, measure.Row, by)
    if snakemake.output.history:
        write_rows(snakemake.output.history, subject.history, HistoryRow, by)
