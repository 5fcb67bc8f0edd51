"""The healthy network of a seed: initial weights, then training on all of its points."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, write_network
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.script import job_log, made, told
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.randomness import initial_state
from pipeline_lib.model.task import points
from pipeline_lib.names import BASELINE, TRAINING
from pipeline_lib.steps import HistoryRow, Setting, take

job = told()
seed, study = job.seed, job.study

with job_log(job.log, f"seed {seed}: healthy network"):
    path, history = job.outputs
    engine = engines.load(study["engine"])
    training = points(TRAINING, seed, **study["training"])
    setting = Setting(engine, training, study["batch_size"], seed, job.state)
    initial = initial_network(study["sizes"], study["init"], initial_state(seed))
    generator = engine.generator(seed, BASELINE)
    network = take(study["steps"], initial, setting, generator, stage=BASELINE)
    by = made(job.made_by, [])
    write_network(path, network, origin(seed, job.state) | {"study": study}, by)
    write_rows(history, setting.history, HistoryRow, by)
