# The study, per seed: baseline → prune → treat → evaluate | acute | relapse;
# then gather → values → tables | reproduction | statistics → report. CONTRIBUTING.md has a picture.

import gc
import os
import sys
import threading
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

# Planning makes millions of objects that live as long as the process. Searching them for garbage
# would take a fifth of the time of planning and find none.
gc.disable()

# Where the project is, as jobs name their scripts, also if a link leads here. The workflow may be
# started elsewhere, or be a module of another workflow.
ROOT = os.path.realpath(str(workflow.current_basedir))
IS_MODULE = not workflow.modifier.is_main_snakefile()
TARGET = workflow.default_target

if set("{}") & set(ROOT):
    sys.exit(
        f"{ROOT}: the project's path has braces, which Snakemake would read as wildcards; move the"
        " project to a path without them"
    )

# Scripts import the pipeline_lib beside this file, wherever the workflow is started and whatever is
# installed. The present content of PYTHONPATH stays, because Snakemake may have come from there.
sys.path.insert(0, ROOT)
SEARCHED = dict.fromkeys([ROOT, *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, SEARCHED)))

from pipeline_lib.jobs import sources

if not os.path.samefile(Path(sources.__file__).parents[2], ROOT):
    sys.exit(
        f"{ROOT}: this workflow already uses the pipeline_lib of {Path(sources.__file__).parents[2]};"
        " all modules must come from the same checkout"
    )

# Jobs end with the process that runs them.
os.environ.update(PRUNING_WORKFLOW=str(os.getpid()))
# They notice if the code is edited while they run; on a queue, since the workflow was started.
if workflow.is_main_process or "PRUNING_SOURCES" not in os.environ:
    os.environ.update(PRUNING_SOURCES=sources.recorded(ROOT))


# A module's `config` is laid over the base study beside this file, as a study's overlay is.
HERE = "config.yaml"
BASE_STUDY = HERE if os.path.exists(HERE) and not IS_MODULE else str(Path(ROOT, HERE))
if not IS_MODULE:

    configfile: BASE_STUDY

    # This is for `snakemake --report`; the rule `report` makes the study's page.
    report: "report/workflow.rst"


include: "rules/interruption.smk"
include: "rules/common.smk"


BEFORE = owner_of(RESULTS)


include: "rules/queue.smk"
include: "rules/stages.smk"
include: "rules/network.smk"
include: "rules/measures.smk"
include: "rules/progress.smk"


if AXES:

    include: "rules/axes.smk"

else:

    include: "rules/statistics.smk"
    include: "rules/report.smk"

    if not STUDY.reproduction.replay and (UNLIKE := unlike_published()):

        rule replay:
            input:
                lambda wildcards: sys.exit(f"This study has no replay. {UNLIKE}"),

    else:

        include: "rules/replay.smk"


rule all:
    default_target: True
    input:
        [gathered(kind) for kind in GATHERED],
        rules.study_values.output,
        STUDY_LEVEL,


include: "rules/archive.smk"


if IS_MODULE and TARGET:
    workflow.default_target = TARGET


onstart:
    if workflow.is_main_process:
        begin()
    logger.addHandler(Console(workflow.dag.needrun_jobs()))
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
