"""The comparison of replayed single runs with the published numbers, digit for digit."""

import sys

from pipeline_lib.analysis import digits
from pipeline_lib.analysis.published import read_published, read_runs
from pipeline_lib.files.rows import read_rows, write_rows
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.replay.single import Replayed

files, output, params = snakemake.input, snakemake.output, snakemake.params
seeds = [files.seeds] if isinstance(files.seeds, str) else files.seeds

with job_log(snakemake.log[0], "compare the replay with the published run"):
    rows = [row for path in seeds for row in read_rows(path, Replayed, params.planned)]
    printed = digits.single_as_printed(rows, read_published(files.published))
    unequal = [row for row in printed if not row.equal]
    lines = [digits.printed_verdict(printed), *map(str, unequal)]
    if runs := files.get("runs"):
        compared = digits.against_runs(rows, read_runs(runs))
        unequal = [row for row in compared if not row.equal]
        lines += [digits.runs_verdict(compared), *map(str, unequal)]
    verdict = "".join(f"{line}\n" for line in lines)
    by = made(params.made_by, [files.published, *([runs] if runs else []), *seeds])
    write_rows(output.comparison, printed, digits.Digits, by)
    write_text(output.verdict, verdict)
    stamp_files(output.stamp, [output.comparison, output.verdict], by)
    print(verdict, end="", file=sys.stderr)
