"""Curves along each numeric axis of a study, and named variants against the first."""

from pipeline_lib.analysis.along import Along, study_along
from pipeline_lib.analysis.variants import Variant, study_variants
from pipeline_lib.analysis.varied import read_varied
from pipeline_lib.files.rows import write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made

files, params = snakemake.input, snakemake.params

with job_log(snakemake.log[0], "compare the scenarios"):
    varied = read_varied(files, params.scenarios, params.measures, params.planned)
    by = made(params.made_by, files)
    write_rows(snakemake.output.along, study_along(varied, params.thresholds), Along, by)
    write_rows(snakemake.output.variants, study_variants(varied), Variant, by)
