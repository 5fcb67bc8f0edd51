"""Longitudinal relapse of a treated network: stress cycles and maintenance between them."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.rows import HISTORY, MEASUREMENTS, write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.measures.accuracy import Subject
from pipeline_lib.measures.relapse import longitudinal_relapse
from pipeline_lib.model.task import standard_points, training_points

seed, treatment = int(snakemake.wildcards.seed), snakemake.wildcards.treatment
study = snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: longitudinal relapse, {treatment}"):
    rows, history = longitudinal_relapse(
        Subject(seed, treatment, engines.load(study["engine"])),
        read_network(snakemake.input.network, origin(seed, treatment)),
        points=training_points(seed, **study["training_points"]),
        batch_size=study["batch_size"],
        maintenance=study["maintenance"],
        standard=standard_points(seed, **study["standard_points"]),
        combined=study["combined"],
        cycles=study["cycles"],
        prune=study["prune"],
    )
    write_rows(snakemake.output.metrics, rows, MEASUREMENTS)
    write_rows(snakemake.output.history, history, HISTORY)
