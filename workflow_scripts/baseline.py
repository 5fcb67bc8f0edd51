"""The healthy network of a seed: initial weights, then training on all of its points."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, write_network
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.randomness import initial_state
from pipeline_lib.model.task import points
from pipeline_lib.names import BASELINE, HEALTHY, TRAINING
from pipeline_lib.steps import HistoryRow, Setting, take

seed, study = int(snakemake.wildcards.seed), snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: healthy network"):
    engine = engines.load(study["engine"])
    training = points(TRAINING, seed, **study["training"])
    setting = Setting(engine, training, study["batch_size"], seed)
    initial = initial_network(study["sizes"], study["init"], initial_state(seed))
    generator = engine.generator(seed, BASELINE)
    network = take(study["steps"], initial, setting, generator, stage=BASELINE)
    by = made(snakemake.params.made_by, [])
    provenance = origin(seed, HEALTHY) | {"study": study}
    write_network(snakemake.output.network, network, provenance, by)
    write_rows(snakemake.output.history, setting.rows(seed, HEALTHY, BASELINE), HistoryRow, by)
