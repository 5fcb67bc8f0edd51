# The study, per seed: baseline → prune → treat → evaluate | acute | relapse;
# then gather → tables | reproduction | statistics → report. README.md shows it as a picture.

import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

# Scripts import pipeline_lib from beside this file, wherever the workflow is started and whatever
# is installed. What PYTHONPATH holds already stays: Snakemake itself may come from there.
sys.path.insert(0, str(workflow.basedir))
SEARCHED = dict.fromkeys(
    [str(workflow.basedir), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
)
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, SEARCHED)))
# Jobs end with the process that runs them.
os.environ.update(PRUNING_WORKFLOW=str(os.getpid()))


configfile: "config.yaml"


# Of `snakemake --report`; the study's own page is made by the rule of that name.
report: "report/workflow.rst"


include: "rules/interruption.smk"
include: "rules/common.smk"
include: "rules/network.smk"
include: "rules/assess.smk"
include: "rules/figures.smk"
include: "rules/report.smk"
include: "rules/replay.smk"
include: "rules/progress.smk"


rule all:
    default_target: True
    input:
        expand(rules.gather.output, kind=GATHERED),
        rules.tables.output,
        rules.combinations.output if COMBINATIONS else [],
        rules.statistics.output,
        rules.reproduction.output if has_published("published") else [],
        rules.report.output,


onstart:
    if workflow.is_main_process:
        check_room(RESULTS)
    logger.addHandler(TimeLeft(workflow.dag.needrun_jobs()))
    # On one machine there is no queue to spare from fast submission, and Snakemake's limit on it,
    # which no option switches off, looks for work once a second for every job that ever
    # finished: a tenth of a core after 150 jobs, and growing.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None
    elif workflow.is_main_process:
        jobs_outlive_this()


onerror:
    if workflow.is_main_process:
        print(f"Stopped before the end. {GOES_ON}", file=sys.stderr)


rule replay:
    input:
        rules.replay_gather.output,
        rules.replay_compare.output if has_published("published", "runs") else [],
