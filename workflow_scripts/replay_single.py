"""A published run, repeated on its own random stream, in the order of work that its file gives."""

from pipeline_lib import items
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.replay.kernels import restart_with
from pipeline_lib.replay.single import Replayed, SingleRun

params, stream = snakemake.params, int(snakemake.wildcards.seed)

with job_log(snakemake.log[0], f"stream {stream}: replay of the published run"):
    order = items.load("replay.orders", params.order)
    restart_with(order.KERNELS)
    run = SingleRun(stream, params.study)
    order.replay(run)
    write_rows(snakemake.output.metrics, run.rows, Replayed, made(params.made_by, []))
