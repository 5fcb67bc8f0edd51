# Which files exist, and are they the ones that this study would make? Every file says what made it,
# so neither times nor Snakemake's own record decide what runs. A folder may be copied, moved,
# restored or edited, and files that are out of date are rebuilt.

from importlib.metadata import version
from itertools import chain
from tempfile import gettempdir

from snakemake.dag import DAG
from snakemake.jobs import Job as SnakemakeJob
from snakemake.settings.enums import RerunTrigger

from pipeline_lib.files.stamps import read_stamp, stamped_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.fingerprint import LIBRARIES, forget_sources
from pipeline_lib.jobs.plan import Job
from pipeline_lib.reporting.origin import commit


def plan_of(job):
    """The plan of a job in Snakemake's graph; None for rules that make no file of the study."""
    params = job.rule.params
    made_by = getattr(params.get("job"), "plan", params.get("made_by"))
    return made_by and made_by(job.wildcards)


def planned_job(planned, made):
    """A job of this plan, with the files of a job in Snakemake's graph, or of a rule for one job."""
    outputs, inputs = list(map(str, made.output)), list(map(str, made.input))
    return Job(planned, outputs, inputs, made.output.get("stamp"))


@cache
def prepare():
    """Arrange what can only be arranged once it is known what will run the jobs."""
    own = [rule for rule in workflow.rules if rule.name in OWN_RULES]
    if not workflow.local_exec:
        group(own)  # on one machine this would only make planning slow
    else:
        for each in own:
            # Snakemake would evaluate this text, its default, for each job.
            if each.resources.get("tmpdir").raw == "system_tmpdir":
                each.resources["tmpdir"] = gettempdir()
    if workflow.dryrun and not workflow.output_settings.printshellcmds:
        # Snakemake would put each command together three times, and show none.
        SnakemakeJob.shellcmd = None
    if getattr(workflow.executor_settings, "logdir", "") is None:
        # Slurm's logs go where the results go.
        workflow.executor_settings.logdir = Path(in_results("logs", "slurm"))
    if STORED and workflow.is_main_process:
        workflow.dag_settings.rerun_triggers = RerunTrigger.all()
    elif IS_MODULE:
        # Snakemake calls only the `onstart` of the workflow that this one is a module of.
        importing = workflow._onstart
        workflow._onstart = lambda log: (begin(), importing(log))


def look_at(dag):
    """Have jobs run again whose files are out of date, whatever the times of files."""
    remade = set()
    for made in chain.from_iterable(dag.toposorted()):
        if made.rule.name not in OWN_RULES or not (planned := plan_of(made)):
            continue
        job = planned_job(planned, made)
        # The plan of the report does not include those of its figures, so inputs are checked too.
        if job.is_stale(TEMPORARY) or not remade.isdisjoint(job.inputs):
            dag.forcefiles.update(job.outputs)
            remade.update(job.outputs)
        elif all(map(os.path.exists, job.outputs)):
            for path in made.input:
                path._file = ancient(str(path))
    forget_sources()  # every plan is known by now


def after_a_look(update_needrun):
    """Snakemake's decision which jobs of its graph run, after a look at the files of this workflow."""

    async def decide(dag, **options):
        own = any(job.rule.name in OWN_RULES for job in dag.jobs)
        if own and dag.workflow is workflow:
            prepare()
            # Files in storage are fetched for each job. Snakemake's own record then decides what is
            # up to date, and jobs still check what they read.
            if workflow.is_main_process and not STORED:
                look_at(dag)
        await update_needrun(dag, **options)

    return decide


DAG.update_needrun = after_a_look(DAG.update_needrun)


# The study with its folder as it is here, which a module's prefix may have changed.
KEPT = {**config, "results": RESULTS}
# A workflow that this one is a module of has rules of its own.
OWN_RULES = {rule.name for rule in workflow.modifier.rules}
TEMPORARY = not STUDY.keep_networks


def jobs_over_seeds():
    """The jobs whose files are of all seeds, and those of the replay."""
    for kind, paths in GATHERED.items():
        yield Job(plan_of_gather(kind), [gathered(kind)], paths)
    for seed in STREAMS:
        yield Job(REPEATED["made_by"](), [REPLAYED.format(seed=seed)], [])
    for rule in workflow.rules:
        made_by = rule.params.get("made_by")
        if rule.name in OWN_RULES and made_by and not rule.wildcard_names:
            yield planned_job(made_by(), rule)


def former_files():
    """Files of a former study that this one would not make, or would make differently.

    Only files over all seeds are listed, which a reader could take for results of this study.
    Networks and rows of single seeds stay, since nothing reads those of other studies.
    """
    jobs = list(jobs_over_seeds())
    planned = {path for job in jobs for path in job.outputs}
    # Only files that a study wrote are listed; other files in these folders belong to the user.
    there = []
    for stamp in Path(RESULTS, "stamps").glob("*.json"):
        there += [str(stamp), *stamped_files(stamp)]
    for folder in ("metrics", "statistics"):
        found = map(str, Path(RESULTS, folder).glob("*.parquet"))
        there += [path for path in found if read_stamp(path)]
    stale = [path for job in jobs if job.is_stale(TEMPORARY) for path in job.outputs]
    return [*(path for path in there if path not in planned), *stale]


def keep_study():
    """Write the study, its commit and versions beside its results, and delete former results.

    `snakemake --configfile results/study.yaml` resumes it.
    """
    for path in former_files():
        Path(path).unlink(missing_ok=True)
    versions = ", ".join(f"{name} {version(name)}" for name in [*LIBRARIES.values(), "snakemake"])
    commit_of_code = commit(ROOT) or "unknown, because the code is not in a git checkout"
    text = (
        "# The study that these results are from. `snakemake --configfile` resumes it.\n"
        f"# Commit: {commit_of_code}\n# Versions: {versions}\n"
    )
    write_text(in_results("study.yaml"), text + overlays.as_yaml(KEPT))


def begin():
    """Lock the results folder and write the study beside its results, or stop."""
    gc.freeze()  # what was planned is no garbage, but what is made from now on may be
    gc.enable()
    if STORED:
        return
    try:
        HELD.append(own(RESULTS, BEFORE))
        keep_study()
    except (PipelineError, OSError) as error:
        sys.exit(f"The study could not be written beside its results. {error}")


# On a queue each job reads the study again when it starts. If the study was edited in the meantime,
# results of the two versions would be mixed.
if not workflow.is_main_process and not STORED and Path(RESULTS, "study.yaml").exists():
    try:
        same = overlays.read(in_results("study.yaml")) == overlays.plain(KEPT)
    except PipelineError as error:
        sys.exit(f"The study that the workflow was started with cannot be read. {error}")
    if not same:
        sys.exit(
            "The study was edited while its workflow was running, so this job was not started."
            " Repeat the command once the workflow has ended."
        )
