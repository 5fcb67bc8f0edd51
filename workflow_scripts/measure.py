"""A measure of one network: its rows, and the history of any training that it includes."""

from pipeline_lib import engines, measures
from pipeline_lib.engines.accuracy import Subject
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.script import job_log, made, told
from pipeline_lib.model.task import points
from pipeline_lib.steps import HistoryRow

job = told()
seed, state, study = job.seed, job.state, job.study

with job_log(job.log, f"seed {seed}: {job.stage}, {state}"):
    measure = measures.load(job.stage)
    metrics, *history = job.outputs
    networks = {
        of: read_network(path, origin(seed, of), planned)
        for path, (of, planned) in zip(job.inputs, job.networks.items(), strict=True)
    }
    subject = Subject(seed, state, engines.load(study["engine"]))
    rows = measure.run(
        subject,
        networks.pop(state),
        **networks,
        **{data: points(data, seed, **options) for data, options in study["points"].items()},
        **study["options"],
    )
    by = made(job.made_by, job.inputs)
    write_rows(metrics, rows, measure.Row, by)
    for path in history:
        write_rows(path, subject.history, HistoryRow, by)
