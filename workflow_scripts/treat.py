"""One treatment of a seed: its course, from the pruned to the treated network."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, read_network, write_network
from pipeline_lib.files.rows import HISTORY, history_rows, write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.model.task import training_points
from pipeline_lib.steps import course as treatments

seed, treatment = int(snakemake.wildcards.seed), snakemake.wildcards.treatment
study = snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: treatment {treatment}"):
    engine = engines.load(study["engine"])
    setting = treatments.Setting(
        engine, training_points(seed, **study["training_points"]), study["batch_size"]
    )
    network = treatments.run(
        study["course"],
        read_network(snakemake.input.network, origin(seed, "untreated")),
        setting,
        engine.generator(seed, "course", treatment),
    )
    provenance = origin(seed, treatment) | dict(snakemake.params.items())
    write_network(snakemake.output.network, network, provenance)
    rows = history_rows(setting.history, seed=seed, treatment=treatment, stage="course")
    write_rows(snakemake.output.history, rows, HISTORY)
