# The study, per seed: baseline → prune → treat → evaluate | acute | relapse;
# then gather → values → tables | reproduction | statistics → report. CONTRIBUTING.md has a picture.

import os
import sys
import threading
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

if set("{}") & set(str(workflow.basedir)):
    sys.exit(
        f"{workflow.basedir}: the project's path has braces, which Snakemake would read as"
        " wildcards; move the project to a path without them"
    )

# Scripts import the pipeline_lib beside this file, wherever the workflow is started and whatever is
# installed. The present content of PYTHONPATH stays, because Snakemake may have come from there.
sys.path.insert(0, str(workflow.basedir))
SEARCHED = dict.fromkeys(
    [str(workflow.basedir), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
)
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, SEARCHED)))

from pipeline_lib.jobs.sources import recorded

# Jobs end with the process that runs them.
os.environ.update(PRUNING_WORKFLOW=str(os.getpid()))
# They notice if the code is edited while they run; on a queue, since the workflow was started.
if workflow.is_main_process or "PRUNING_SOURCES" not in os.environ:
    os.environ.update(PRUNING_SOURCES=recorded(workflow.basedir))


configfile: "config.yaml"


BASE_STUDY = "config.yaml"


# This is for `snakemake --report`; the rule `report` makes the study's page.
report: "report/workflow.rst"


include: "rules/interruption.smk"
include: "rules/common.smk"


BEFORE = owner_of(RESULTS)


include: "rules/network.smk"
include: "rules/measures.smk"
include: "rules/progress.smk"


if AXES:

    include: "rules/axes.smk"

else:

    include: "rules/statistics.smk"
    include: "rules/report.smk"

    if STUDY.reproduction.replay:

        include: "rules/replay_single.smk"

    elif UNLIKE := unlike_published():

        rule replay:
            input:
                refuse(f"This study has no replay. {UNLIKE}"),

    else:

        include: "rules/replay.smk"


rule all:
    default_target: True
    input:
        expand(rules.gather.output, kind=GATHERED),
        rules.study_values.output,
        STUDY_LEVEL,


onstart:
    if workflow.is_main_process:
        try:
            HELD.append(own(RESULTS, BEFORE))
            keep_study()
        except (PipelineError, OSError) as error:
            sys.exit(f"The study could not be written beside its results. {error}")
    logger.addHandler(TimeLeft(workflow.dag.needrun_jobs()))
    # On one machine there is no queue to protect from fast submission. Snakemake's limit on it,
    # which no option switches off, polls once a second for every job that ever finished, and so
    # takes a tenth of a core after 150 jobs, and ever more.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


onerror:
    if workflow.is_main_process:
        print(
            f"The workflow stopped before the end. {GOES_ON} Unless a message above says what to"
            " change, repeat the command to continue.",
            file=sys.stderr,
        )


include: "rules/trust.smk"
