"""The published run of one seed, repeated on its own random stream."""

from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.replay.published_run import replay_seed

seed = int(snakemake.wildcards.seed)

with job_log(snakemake.log[0], f"seed {seed}: replay of the published run"):
    rows = replay_seed(seed, snakemake.params.study)
    write_rows(snakemake.output.metrics, rows, Measurement, made(snakemake.params.made_by, []))
