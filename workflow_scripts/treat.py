"""One treatment of a seed: its course, from the pruned to the treated network."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, read_network, write_network
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.model.task import points
from pipeline_lib.names import COURSE, TRAINING, UNTREATED
from pipeline_lib.steps import HistoryRow, Setting, take

seed, treatment = int(snakemake.wildcards.seed), snakemake.wildcards.treatment
study = snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: treatment {treatment}"):
    engine = engines.load(study["engine"])
    training = points(TRAINING, seed, **study["training"])
    setting = Setting(engine, training, study["batch_size"], seed)
    path = snakemake.input.network
    pruned = read_network(path, origin(seed, UNTREATED), snakemake.params.planned)
    generator = engine.generator(seed, COURSE, treatment)
    network = take(study["course"], pruned, setting, generator)
    by = made(snakemake.params.made_by, [path])
    provenance = origin(seed, treatment) | {"study": study}
    write_network(snakemake.output.network, network, provenance, by)
    write_rows(snakemake.output.history, setting.rows(seed, treatment, COURSE), HistoryRow, by)
