"""The healthy network of a seed: initial weights, then training on all of its points."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, write_network
from pipeline_lib.files.rows import HISTORY, history_rows, write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.randomness import initial_state
from pipeline_lib.model.task import training_points

seed, study = int(snakemake.wildcards.seed), snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: healthy network"):
    engine = engines.load(study["engine"])
    initial = initial_network(study["sizes"], study["init"], initial_state(seed))
    network, history = engine.fit(
        initial,
        training_points(seed, **study["training_points"]),
        batch_size=study["batch_size"],
        **study["training"],
        generator=engine.generator(seed, "baseline"),
    )
    provenance = origin(seed, "healthy") | dict(snakemake.params.items())
    write_network(snakemake.output.network, network, provenance)
    rows = history_rows(
        [(0, epoch) for epoch in history], seed=seed, treatment="healthy", stage="baseline"
    )
    write_rows(snakemake.output.history, rows, HISTORY)
