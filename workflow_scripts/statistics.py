"""Intervals of the tables' numbers, paired comparisons of treatments, and time to relapse."""

from pipeline_lib.analysis.intervals import cell_intervals
from pipeline_lib.analysis.paired import compare_treatments
from pipeline_lib.analysis.stored import read_values
from pipeline_lib.analysis.survival import (
    log_rank_tests,
    relapse_counts,
    relapse_times,
    survival_curves,
)
from pipeline_lib.files.networks import write_text
from pipeline_lib.jobs.log import job_log

threshold = snakemake.params.study["threshold"]

with job_log(snakemake.log[0], "compute intervals and tests"):
    measured = read_values(snakemake.input, snakemake.params.measured)
    times = relapse_times(measured, threshold)
    results = {
        "cells": cell_intervals(measured, threshold),
        "paired": compare_treatments(measured),
        "survival": survival_curves(times),
        "logrank": log_rank_tests(times),
        "relapse": relapse_counts(times),
    }
    for name, table in results.items():
        write_text(snakemake.output[name], table.to_csv(index=False))
