"""Acute relapse of a treated network: combined stress after one sudden pruning."""

from pipeline_lib import engines
from pipeline_lib.assessment.acute import acute_relapse
from pipeline_lib.assessment.measure import Subject
from pipeline_lib.logs import job_log
from pipeline_lib.metrics import MEASUREMENTS, write_rows
from pipeline_lib.storage import origin, read_network
from pipeline_lib.task import standard_points

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
