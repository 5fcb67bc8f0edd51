"""The numbers of a study: by seed (long and wide), and over the seeds with their intervals."""

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cell, study_cells
from pipeline_lib.analysis.values import study_values, wide
from pipeline_lib.files.gathering import read_gathered
from pipeline_lib.files.rows import write_rows
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.measures import Value

plans = snakemake.params.planned

with job_log(snakemake.log[0], "compute the study's numbers and their intervals"):
    rows = {
        name: read_gathered(
            snakemake.input[name], measures.row_of(name), planned=plans[name], **measured
        )
        for name, measured in snakemake.params.measured.items()
    }
    values = study_values(rows, snakemake.params.study)
    numbers = measures.numbers(snakemake.params.measured)
    by = made(snakemake.params.made_by, snakemake.input)
    write_rows(snakemake.output.long, values, Value, by)
    write_text(snakemake.output.wide, wide(values))
    write_rows(snakemake.output.cells, study_cells(values, numbers), Cell, by)
