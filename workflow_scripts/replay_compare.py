"""The comparison of the replay with the published run, digit by digit."""

from pipeline_lib.analysis.digits import against_runs, as_printed, printed_verdict, runs_verdict
from pipeline_lib.analysis.published import read_published, read_runs
from pipeline_lib.analysis.statistics import cells
from pipeline_lib.files.gathering import read_gathered
from pipeline_lib.files.networks import write_text
from pipeline_lib.jobs.log import job_log

published, runs = snakemake.input.get("published"), snakemake.input.get("runs")

with job_log(snakemake.log[0], "compare the replay with the published run"):
    values = read_gathered(snakemake.input.metrics, **snakemake.params.measured).to_pandas()
    numbers = as_printed(
        cells(values, snakemake.params.study["threshold"]),
        read_published(published) if published else None,
    )
    seeds = against_runs(values, read_runs(runs) if runs else None)
    write_text(snakemake.output.comparison, numbers.to_csv(index=False))
    write_text(snakemake.output.runs, seeds.to_csv(index=False))
    write_text(snakemake.output.verdict, f"{printed_verdict(numbers)}\n{runs_verdict(seeds)}\n")
