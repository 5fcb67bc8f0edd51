# The study, the paths of its files, and the fingerprints of the code that makes them.

from functools import cache
from pathlib import Path

from pipeline_lib.study import cost, limits, slices
from pipeline_lib import names as states
from pipeline_lib.errors import PipelineError
from pipeline_lib.jobs.fingerprint import fingerprint
from pipeline_lib.study.validation import validate
from rules import study_file

try:
    # Jobs parse these files again; a study is looked at once.
    if workflow.is_main_process:
        study_file.check_all(workflow.configfiles)
    STUDY = validate(config)
    if workflow.is_main_process:
        for warning in limits.check(STUDY):
            print(warning, file=sys.stderr)
except PipelineError as error:
    sys.exit(f"The study is not valid.\n{error}")

SEEDS = STUDY.seed_list
TREATMENTS = list(STUDY.treatments)
STATES = [*states.STATES, *TREATMENTS]
RESULTS = STUDY.results


wildcard_constraints:
    seed=r"\d+",
    treatment="|".join(TREATMENTS),
    state="|".join(STATES),


def in_seed(*parts):
    """The path of a file of one seed."""
    return str(Path(RESULTS, "seeds", "{seed}", *parts))


def network_file(*parts):
    """The file of a network that others are made of, or that is measured, and nothing more."""
    path = in_seed(*parts)
    return path if STUDY.keep_networks else temp(path)


def gathered(kind):
    """The path of the study's rows of one kind."""
    return f"{RESULTS}/metrics/{kind}.parquet"


# What the files hold that tables are made of, by the names that their scripts use.
MEASURED = {
    kind: slices.gather(STUDY, kind)
    for kind in ["evaluate", "acute", "relapse", *(["switch"] if STUDY.switch else [])]
}


def measurements():
    """The files that tables are made of."""
    return {kind: gathered(kind) for kind in MEASURED}


def published(*kinds):
    """The files of published numbers, by kind, as far as the study has them."""
    files = STUDY.reproduction.model_dump(include=set(kinds))
    return {kind: path for kind, path in files.items() if path}


def has_published(*kinds):
    return len(published(*kinds)) == len(kinds)


def network_of_state(wildcards):
    """The network file of a treatment, or of a state that is none."""
    files = {
        states.HEALTHY: "baseline.safetensors",
        states.UNTREATED: "pruned.safetensors",
    }
    return in_seed(files.get(wildcards.state, f"{wildcards.state}/network.safetensors"))


def log_of(job):
    return f"{RESULTS}/logs/{job}.log"


def benchmark_of(job):
    return f"{RESULTS}/benchmarks/{job}.tsv"


def memory(stage):
    """The memory limit of a stage's jobs, in MB; a job that failed is given more."""
    limit = cost.megabytes(STUDY, stage)
    return lambda wildcards, attempt: attempt * limit


def time_limit(stage):
    """The time limit of a stage's jobs, in minutes; a job that failed is given more."""
    limits = {name: cost.minutes(STUDY, stage, name) for name in [None, *TREATMENTS]}

    def of_job(wildcards, attempt):
        return attempt * limits[wildcards.get("treatment")]

    return of_job


# As Snakemake's own report lists the results; it has a "Statistics" of its own, of run times.
CATEGORIES = {
    "report": "Report",
    "figures": "Figures",
    "tables": "Tables",
    "reproduction": "Reproduction",
    "statistics": "Intervals and tests",
}


def in_report(kind, name, path, caption=None):
    """Mark an output for Snakemake's own report; its caption is report/<caption or kind>.rst."""
    return report(
        path,
        caption=f"../report/{caption or kind}.rst",
        category=CATEGORIES[kind],
        labels={"file": name.replace("_", " ").capitalize()},
    )


def picture(name):
    """The files of a figure."""
    return [
        in_report(
            "figures", name, f"{RESULTS}/figures/{name}.{format}", f"figures/{name}"
        )
        for format in ("svg", "png")
    ]


def code(stage, *modules):
    """A digest of what a stage's script imports, and of `modules` that it loads by name.

    Snakemake itself watches the script's own text. The digest is made when a job asks for it:
    on a queue each job starts Snakemake anew, and needs its own alone.
    """
    script = f"{workflow.basedir}/workflow_scripts/{stage}.py"

    @cache
    def digest():
        return fingerprint(script, *modules, root=workflow.basedir)

    return lambda wildcards: digest()


ENGINE = f"pipeline_lib.engines.{STUDY.engine}"
