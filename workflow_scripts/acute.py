"""Acute relapse of a treated network: combined stress after one sudden pruning."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.rows import MEASUREMENTS, write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.measures.accuracy import Subject
from pipeline_lib.measures.acute import acute_relapse
from pipeline_lib.model.task import standard_points

seed, treatment = int(snakemake.wildcards.seed), snakemake.wildcards.treatment
study = snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: acute relapse, {treatment}"):
    rows = acute_relapse(
        Subject(seed, treatment, engines.load(study["engine"])),
        read_network(snakemake.input.network, origin(seed, treatment)),
        standard=standard_points(seed, **study["standard_points"]),
        combined=study["combined"],
        prune=study["prune"],
    )
    write_rows(snakemake.output.metrics, rows, MEASUREMENTS)
