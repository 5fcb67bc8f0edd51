"""A figure of the study's numbers."""

from pipeline_lib.analysis.cells import Cell, Cells
from pipeline_lib.analysis.values import by_key
from pipeline_lib.figures import lines, numbers_in, pages, specs, states, style, trajectories
from pipeline_lib.figures.shown import Shown
from pipeline_lib.files.rows import read_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.measures import Value

DRAW = {
    "states": states.draw,
    "levels": lines.draw,
    "cycles": lines.draw,
    "trajectories": trajectories.draw,
}
files, study = snakemake.input, snakemake.params.study
name, measures = study["name"], study["measures"]

with job_log(snakemake.log[0], f"draw the figure {name}"):
    shown = Shown(
        specs(measures)[name],
        numbers_in(name, measures),
        Cells(read_rows(files.cells, Cell, snakemake.params.planned)),
        by_key(read_rows(files["values"], Value, snakemake.params.planned)),
        style.looks(**study["looks"]),
        chance=study["chance"],
        threshold=study["threshold"],
    )
    pages.save(lambda: DRAW[shown.spec.kind](shown), snakemake.output.pictures)
    by = made(snakemake.params.made_by, snakemake.input)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, by)
