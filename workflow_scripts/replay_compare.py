"""The comparison of a replay with the published run, digit for digit."""

import sys

import pyarrow.compute as pc
from pyarrow import concat_tables

from pipeline_lib import measures
from pipeline_lib.analysis import digits
from pipeline_lib.analysis.cells import Cells, study_cells
from pipeline_lib.analysis.published import read_published, read_runs
from pipeline_lib.analysis.values import study_values
from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import read_table, write_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.files.whole import REMEDY, write_text
from pipeline_lib.jobs.script import job_log, made
from pipeline_lib.replay.single import Replayed

files, output, params = snakemake.input, snakemake.output, snakemake.params
options, runs = params.study, files.get("runs")

with job_log(snakemake.log[0], "compare the replay with the published run"):
    row, tables = Measurement if options else Replayed, []
    for stream, path in zip(params.streams, files.seeds, strict=True):
        tables.append(read_table(path, row, params.planned["seeds"]))
        if tables[-1]["seed"].unique().to_pylist() != [stream]:
            raise PipelineError(f"{path}: it is not the replay of seed {stream}; {REMEDY}")
    table, published = concat_tables(tables), read_published(files.published)
    if options:
        rows = {name: table.filter(pc.field("assessment") == name) for name in options}
        numbers, values = measures.numbers(options), study_values(rows, options)
        cells = Cells(study_cells(values, numbers))
        printed = digits.as_printed(cells, values, published, numbers)
    else:
        values = [Replayed(**each) for each in table.to_pylist()]
        printed = digits.single_as_printed(values, published)
    compared = digits.against_runs(values, read_runs(runs)) if runs else []
    verdict = f"{digits.printed_verdict(printed)}\n"
    verdict += f"{digits.runs_verdict(compared)}\n" if runs else ""
    written = [output.comparison, *([output.runs] if runs else []), output.verdict]
    by = made(params.made_by, files)
    write_rows(output.comparison, printed, digits.Digits, by)
    if runs:
        write_rows(output.runs, compared, digits.Digits, by)
    write_text(output.verdict, verdict)
    stamp_files(output.stamp, written, by)
    print(verdict, *digits.differences([*printed, *compared]), sep="\n", file=sys.stderr)
