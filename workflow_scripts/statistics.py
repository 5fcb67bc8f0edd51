"""Treatments compared seed by seed, and time to relapse."""

from pipeline_lib import measures
from pipeline_lib.analysis import survival
from pipeline_lib.analysis.claims import Judged, judge
from pipeline_lib.analysis.paired import Pair, compare_treatments
from pipeline_lib.analysis.values import by_key
from pipeline_lib.files.rows import read_rows, write_rows
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.measures import Value

output, study = snakemake.output, snakemake.params.study

with job_log(snakemake.log[0], "compare the treatments"):
    values = read_rows(snakemake.input[0], Value, snakemake.params.planned["values"])
    numbers = measures.numbers(study["measures"])
    times = survival.relapse_times(values)
    by = made(snakemake.params.made_by, snakemake.input)
    contrasts = [(first, other) for first, other in study["contrasts"]]
    write_rows(output.paired, compare_treatments(values, numbers, contrasts), Pair, by)
    write_rows(output.claims, judge(study["claims"], by_key(values), numbers), Judged, by)
    write_rows(output.survival, survival.survival_curves(times), survival.SurvivalStep, by)
    write_rows(output.logrank, survival.log_rank_tests(times), survival.LogRank, by)
