# The study, the paths of its files, and the fingerprints of the code that makes them.

from functools import cache
from pathlib import Path

from snakemake.path_modifier import PathModifier
from snakemake.utils import update_config

from pipeline_lib import measures
from pipeline_lib.errors import PipelineError
from pipeline_lib.figures import JOURNAL, TWO_COLUMNS
from pipeline_lib.jobs.fingerprint import fingerprint
from pipeline_lib.jobs.plan import plan
from pipeline_lib.names import HEALTHY, INSULT, STATES, UNTREATED
from pipeline_lib.steps import kinds
from pipeline_lib.study import axes, overlays, slices
from pipeline_lib.study.patients import drawn_numbers

try:
    if IS_MODULE:
        OVERLAYS = [overlays.read(BASE_STUDY), overlays.plain(config)]
        config = overlays.read(BASE_STUDY)
        update_config(config, OVERLAYS[1])
    else:
        # The base study comes first, then the overlays in order; Snakemake lists it last.
        OVERLAYS = overlays.read_all(
            sorted(workflow.configfiles, key=lambda path: path != BASE_STUDY)
        )
        # Snakemake passes values from the command line as text, even inside lists and mappings.
        if workflow.is_main_process or workflow.config_settings.config:
            update_config(config, overlays.resolved(workflow.config_settings.config))
    ORDER = overlays.treatment_order(OVERLAYS)
    SCENARIOS = axes.scenarios(config, order=ORDER)
    # All scenarios have the same seeds, measures, treatments and drawn numbers.
    STUDY = SCENARIOS[0].study
    # A module's prefix becomes part of every path here, so Snakemake must not add it again.
    RESULTS = str(workflow.modifier.path_modifier.replace_prefix(f"{STUDY.results}/")).rstrip("/")
    workflow.modifier.path_modifier = PathModifier(None, None, workflow)
    overlays.check_results(RESULTS, ROOT)
except PipelineError as error:
    sys.exit(f"The study is not valid.\n{error}")

# Whether files are in storage, from which Snakemake fetches them for each job.
STORED = bool(workflow.storage_settings.default_storage_provider)

# The folder in which profiles/generic keeps the queue's logs.
os.environ.update(PRUNING_RESULTS=RESULTS)

SEEDS = STUDY.seed_list
STREAMS = []  # of the runs that the study can replay
TREATMENTS = list(STUDY.treatments)
MEASURES = STUDY.measures
AXES = list(SCENARIOS[0].values)
PLACES = {name: place for place, name in enumerate(dict.fromkeys([*ORDER, *TREATMENTS]))}
LOOKS = slices.looks(STUDY, PLACES)

# A case is a scenario or, if numbers are drawn, the scenario of one seed. `at` is everywhere the
# index of a case: those of a scenario follow each other, in the order of the seeds.
CASES = [study for each in SCENARIOS for study in each.patients]
PATIENTS = len(SCENARIOS[0].patients)
DRAWN = drawn_numbers(STUDY) if STUDY.drawn else {}
DRAWN_AT = {seed: place for place, seed in enumerate(DRAWN)}


wildcard_constraints:
    seed=r"\d+",
    scenario=r"(/[^/]+~[^/]+)*",
    treatment="|".join(TREATMENTS),
    state="|".join([*STATES, *TREATMENTS]),


@cache
def in_results(*parts):
    """The path of a file of the study."""
    return str(Path(RESULTS, *parts))


def in_seed(*parts):
    """The path of a file of one seed, in a folder for each axis that the file depends on."""
    return in_results("seeds", "{seed}{scenario}", *parts)


@cache
def network_of(state):
    """The network file of a treatment or another state."""
    files = {HEALTHY: "baseline.safetensors", UNTREATED: "pruned.safetensors"}
    return in_seed(files.get(state, f"{state}/network.safetensors"))


def network_file(state):
    """The file of a network that is no longer needed once it is measured and others are made."""
    path = network_of(state)
    return path if STUDY.keep_networks else temp(path)


def of_project(*parts):
    """A file of the project or of the user, which no storage provider keeps."""
    return local(str(Path(ROOT, *parts)))


def gathered(kind):
    """The path of the study's rows of one kind."""
    return in_results("metrics", f"{kind}.parquet")


def published(*kinds):
    """The files of published numbers that the study has, by kind.

    The paper's are found beside this workflow, wherever it is started.
    """
    files = STUDY.reproduction.model_dump(include=set(kinds))
    found = {}
    for kind, path in files.items():
        if path:
            there = [each for each in (path, f"{ROOT}/{path}") if os.path.exists(each)]
            if not there:
                # In the checkout, both are the same folder.
                folders = dict.fromkeys([os.getcwd(), ROOT])
                sys.exit(
                    f"reproduction.{kind} is {path!r}, but there is no such file in"
                    f" {' or in '.join(folders)}"
                )
            found[kind] = local(there[0])
    return found


def log_of(job):
    return in_results("logs", f"{job}.log")


def stamp_of(job):
    """The path of the stamp of a job that writes texts or pictures, which cannot carry one."""
    return in_results("stamps", f"{job}.json")


def in_report(kind, name, path):
    """Mark an output for Snakemake's own report; its caption is report/<kind>.rst."""
    return report(
        path,
        caption=f"../report/{kind}.rst",
        category=kind.capitalize(),
        labels={"file": name.replace("_", " ").capitalize()},
    )


def picture(name, *, narrow=True):
    """The files of a figure: for the screen, and then for a journal, if it is `narrow` enough."""
    of_screen = [
        in_report("figures", name, in_results("figures", f"{name}.{form}"))
        for form in ("svg", "png")
    ]
    return of_screen + [
        in_results("figures", page, f"{name}.{form}")
        for page in (JOURNAL if STUDY.publication else ())
        if narrow or page == TWO_COLUMNS
        for form in ("pdf", "svg", "png")
    ]


@cache
def code(script, *entries):
    """A digest of the code that a job runs: its script, and what the script loads by name."""
    path = f"{ROOT}/workflow_scripts/{script}.py"
    return fingerprint(path, *entries, root=ROOT)


def files(read):
    """The files in what a job over all seeds reads, by name."""
    return {name: path for name, (path, _) in read.items()}


def work(stage, entries, read, **told):
    """The parameters of a job over all seeds: all that it is told, which its plan depends on.

    Its script and what that loads by name are `entries`. What it reads is given by name, each file
    as its path and a function that returns its plan, because plans are only made if needed.
    """

    def planned(wildcards=None):
        return {name: plan_of_file() for name, (_, plan_of_file) in read.items()}

    @cache
    def made_by():
        return plan(stage, study=told, code=code(*entries), inputs=planned())

    return told | {"planned": planned, "made_by": lambda wildcards=None: made_by()}


ENGINES = [f"pipeline_lib.engines.{study.engine}" for study in CASES]


def of_measures(*names):
    """These definitions of every measure of the study."""
    return [f"pipeline_lib.measures.{measure}:{name}" for measure in MEASURES for name in names]


def of_steps(steps):
    """The functions of all kinds of steps among these."""
    return [f"pipeline_lib.steps.{kind}:apply" for kind in kinds(steps)]


def unlike_published():
    """Why the study cannot follow the published run on its stream; empty if it can."""
    if absent := [name for name in slices.REPLAYED if name not in MEASURES]:
        return f"The published run measures {' and '.join(absent)}, but this study does not."
    if STUDY.insult:
        return "The published run damages a network only by pruning, but this study has an insult."
    for name, treatment in STUDY.treatments.items():
        if treatment.start != UNTREATED:
            return (
                "The published run starts every treatment with the untreated network, but"
                f" treatments.{name}.from is {treatment.start}."
            )
    if STUDY.drawn:
        return f"The published run drew no numbers, but this study draws {', '.join(STUDY.drawn)}."
    return ""
