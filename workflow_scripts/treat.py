"""One treatment of a seed: its course, from the network that it starts with to the treated one."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, read_network, write_network
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.script import job_log, made, told
from pipeline_lib.model.task import points
from pipeline_lib.names import COURSE, TRAINING
from pipeline_lib.steps import HistoryRow, Setting, take

job = told()
seed, treatment, study = job.seed, job.state, job.study

with job_log(job.log, f"seed {seed}: treatment {treatment}"):
    [source], (path, history) = job.inputs, job.outputs
    engine = engines.load(study["engine"])
    training = points(TRAINING, seed, **study["training"])
    setting = Setting(engine, training, study["batch_size"], seed, treatment)
    [(state, planned)] = job.networks.items()
    start = read_network(source, origin(seed, state), planned)
    generator = engine.generator(seed, COURSE, treatment)
    network = take(study["course"], start, setting, generator)
    by = made(job.made_by, [source])
    write_network(path, network, origin(seed, treatment) | {"study": study}, by)
    write_rows(history, setting.history, HistoryRow, by)
