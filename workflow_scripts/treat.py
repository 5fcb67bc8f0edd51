"""One treatment of a seed: its course, from the network that it starts with to the treated one."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, read_network, write_network
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.model.task import points
from pipeline_lib.names import COURSE, TRAINING
from pipeline_lib.steps import HistoryRow, Setting, take

seed, treatment = int(snakemake.wildcards.seed), snakemake.wildcards.treatment
study = snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: treatment {treatment}"):
    engine = engines.load(study["engine"])
    training = points(TRAINING, seed, **study["training"])
    setting = Setting(engine, training, study["batch_size"], seed)
    path, start = snakemake.input.network, origin(seed, snakemake.params.start)
    first = read_network(path, start, snakemake.params.planned)
    generator = engine.generator(seed, COURSE, treatment)
    network = take(study["course"], first, setting, generator)
    by = made(snakemake.params.made_by, [path])
    provenance = origin(seed, treatment) | {"study": study}
    write_network(snakemake.output.network, network, provenance, by)
    write_rows(snakemake.output.history, setting.rows(seed, treatment, COURSE), HistoryRow, by)
