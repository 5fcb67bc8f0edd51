"""The comparison of the replay with the published run, digit for digit."""

import pyarrow.compute as pc

from pipeline_lib import measures
from pipeline_lib.analysis import digits
from pipeline_lib.analysis.cells import Cells, study_cells
from pipeline_lib.analysis.published import read_published, read_runs
from pipeline_lib.analysis.values import study_values
from pipeline_lib.files.gathering import read_gathered
from pipeline_lib.files.rows import write_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made

files, study = snakemake.input, snakemake.params.study

with job_log(snakemake.log[0], "compare the replay with the published run"):
    [table] = read_gathered(
        files.metrics,
        measures.row_of("replay"),
        planned=snakemake.params.planned,
        **snakemake.params.measured,
    )
    rows = {name: table.filter(pc.field("assessment") == name) for name in study}
    numbers = measures.numbers(study)
    values = study_values(rows, study)
    cells = Cells(study_cells(values, numbers))
    published = read_published(files.published)
    printed = digits.as_printed(cells, values, published, numbers)
    seeds = digits.against_runs(values, read_runs(files.runs))
    verdict = f"{digits.printed_verdict(printed)}\n{digits.runs_verdict(seeds)}\n"
    by, output = made(snakemake.params.made_by, files), snakemake.output
    write_rows(output.comparison, printed, digits.Digits, by)
    write_rows(output.runs, seeds, digits.RunValue, by)
    write_text(output.verdict, verdict)
    stamp_files(output.stamp, [output.comparison, output.runs, output.verdict], by)
