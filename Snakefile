# The study, per seed: baseline → prune → treat → evaluate | acute | relapse;
# then gather → tables → reproduction. README.md shows it as a picture.

import os
import sys

from snakemake.utils import min_version

min_version("9.27")

# Scripts import pipeline_lib from beside this file, wherever the workflow is started.
sys.path.insert(0, str(workflow.basedir))
os.environ["PYTHONPATH"] = str(workflow.basedir)


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/network.smk"
include: "rules/assess.smk"
include: "rules/report.smk"
include: "rules/replay.smk"


rule all:
    default_target: True
    input:
        gathered(),
        rules.tables.output,
        reproduction_of_published(),


rule replay:
    input:
        rules.replay_gather.output,
        replay_of_published(),
