"""The numbers of a study: by seed (long and wide), and over the seeds with their intervals."""

from pyarrow import concat_tables

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cell, study_cells
from pipeline_lib.analysis.values import study_values, wide
from pipeline_lib.files.rows import (
    of_scenarios,
    read_table,
    table_of,
    with_axes,
    with_drawn,
    write_table,
)
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.measures import Value

plans, scenarios = snakemake.params.planned, snakemake.params.scenarios
drawn = snakemake.params.drawn

with job_log(snakemake.log[0], "compute the study's numbers and their intervals"):
    rows = {}
    for name in snakemake.params.measures:
        path, row = snakemake.input[name], measures.row_of(name)
        table = read_table(path, row, plans[name], axes=scenarios[0])
        rows[name] = of_scenarios(table, scenarios)
    numbers = measures.numbers(snakemake.params.measures)
    values, cells = [], []
    for place, options in enumerate(snakemake.params.study):
        of_scenario = {name: tables[place] for name, tables in rows.items()}
        values.append(study_values(of_scenario, options))
        cells.append(study_cells(values[-1], numbers))
    by = made(snakemake.params.made_by, snakemake.input)
    output = snakemake.output
    for path, tables in (
        (output.long, [with_drawn(table_of(each, Value), drawn) for each in values]),
        (output.cells, [table_of(each, Cell) for each in cells]),
    ):
        write_table(path, concat_tables(map(with_axes, tables, scenarios)), by)
    write_text(output.wide, wide(values, scenarios, drawn))
    stamp_files(output.stamp, [output.long, output.wide, output.cells], by)
