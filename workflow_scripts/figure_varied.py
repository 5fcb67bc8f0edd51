"""A figure of a study with axes."""

from pipeline_lib.analysis.varied import read_varied
from pipeline_lib.figures import style, varied
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made

files, params, study = snakemake.input, snakemake.params, snakemake.params.study

with job_log(snakemake.log[0], f"draw the figure {study['name']}"), style.applied():
    found = read_varied(files, params.scenarios, study["measures"], params.planned)
    figure = varied.draw(
        study["name"], found, style.looks(**study["looks"]), study["measures"], study["threshold"]
    )
    style.save(figure, snakemake.output.pictures)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, made(params.made_by, files))
