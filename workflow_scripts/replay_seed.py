"""The published run of one seed, repeated on its own random stream."""

from pipeline_lib.files.rows import REPLAY, write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.replay.published_run import replay_seed

seed = int(snakemake.wildcards.seed)

with job_log(snakemake.log[0], f"seed {seed}: replay of the published run"):
    write_rows(snakemake.output.metrics, replay_seed(seed, snakemake.params.study), REPLAY)
