"""Curves along each numeric axis of a study, variants against the first, claims by scenario."""

from pyarrow import concat_tables

from pipeline_lib.analysis.along import Along, study_along
from pipeline_lib.analysis.claims import Judged, judge
from pipeline_lib.analysis.varied import Variant, read_varied, study_variants
from pipeline_lib.files.rows import table_of, with_axes, write_rows, write_table
from pipeline_lib.jobs.script import job_log, made

files, params = snakemake.input, snakemake.params

with job_log(snakemake.log[0], "compare the scenarios"):
    varied = read_varied(files, params.scenarios, params.measures, params.planned["values"])
    by = made(params.made_by, files)
    write_rows(snakemake.output.along, study_along(varied, params.thresholds), Along, by)
    judged = [
        with_axes(table_of(judge(claims, series, varied.numbers), Judged), axes)
        for claims, series, axes in zip(params.claims, varied.values, varied.scenarios, strict=True)
    ]
    write_table(snakemake.output.claims, concat_tables(judged), by)
    write_rows(snakemake.output.variants, study_variants(varied), Variant, by)
