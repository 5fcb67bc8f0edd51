# Which files exist, and are they the ones that this study would make? Every file says what made it,
# so neither times nor Snakemake's own record decide what runs. A folder may be copied, moved,
# restored or edited, and files that are out of date are rebuilt.

from importlib.metadata import version

from snakemake.dag import DAG
from snakemake.settings.enums import RerunTrigger

from pipeline_lib.files.stamps import read_stamp, stamped_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.fingerprint import LIBRARIES, forget_sources
from pipeline_lib.jobs.plan import Job
from pipeline_lib.reporting.origin import commit
from pipeline_lib.study.treatments import by_start


@cache
def stages_of_seed(cases):
    """The stages of a seed: each one's plan, and the patterns of its outputs and its inputs.

    They go from the healthy network to the rows of measures; what scenarios share is there once.
    """
    found = {}

    def add(at, stage, outputs, *states):
        outputs_at = [at_scenario(path, stage, at) for path in outputs]
        inputs = [at_scenario(network_of(each), (NETWORK, each), at) for each in states]
        found.setdefault(outputs_at[0], (plan_of_stage(stage, at), outputs_at, inputs))

    for at in cases:
        add(at, (NETWORK, HEALTHY), rules.baseline.output)
        add(at, (NETWORK, UNTREATED), rules.prune.output, HEALTHY)
        treatments = CASES[at].treatments
        for treatment in by_start(treatments):
            outputs = [str(path).replace("{treatment}", treatment) for path in rules.treat.output]
            add(at, (NETWORK, treatment), outputs, treatments[treatment].start)
        for name in MEASURES:
            patterns = [in_seed("{state}", f"{name}.parquet"), history_of_measure(name)]
            for state in slices.states(STUDY, name):
                outputs = [path.replace("{state}", state) for path in patterns if path]
                add(at, (name, state), outputs, state, *slices.beside(name))
    return list(found.values())


def jobs_of_seed(seed):
    """The jobs of one seed."""
    for planned, outputs, inputs in stages_of_seed(cases_of_seed(seed)):
        outputs, inputs = (
            [path.format(seed=seed) for path in paths] for paths in (outputs, inputs)
        )
        yield Job(planned, outputs, inputs)


def jobs_of_study():
    """The jobs that read the rows of all seeds, and those that build on them."""
    for kind, paths in GATHERED.items():
        yield Job(plan_of_gather(kind), [gathered(kind)], paths)
    yield from jobs_of_rules(replay=False)


def jobs_of_replay():
    """The jobs of the replay, seed by seed, and its comparison with the published run."""
    for seed in STREAMS:
        yield Job(plan_of_replay(), [rules.replay_seed.output.metrics.format(seed=seed)], [])
    yield from jobs_of_rules(replay=True)


def jobs_of_rules(replay):
    """The jobs of rules that make files of all seeds, of the replay or of the study."""
    for rule in workflow.rules:
        # A workflow that this one is a module of has rules of its own.
        if rule.name not in OWN_RULES:
            continue
        made_by = rule.params.get("made_by")
        if made_by and not rule.wildcard_names and replay == is_of_replay(str(rule.output[0])):
            outputs, inputs = ([*map(str, paths)] for paths in (rule.output, rule.input))
            yield Job(made_by(), outputs, inputs, rule.output.get("stamp"))


@cache
def prepare():
    """Arrange what can only be arranged once Snakemake has its graph of jobs."""
    if getattr(workflow.executor_settings, "logdir", "") is None:
        # Slurm's logs go where the results go.
        workflow.executor_settings.logdir = Path(in_results("logs", "slurm"))
    if STORED and workflow.is_main_process:
        workflow.dag_settings.rerun_triggers = RerunTrigger.all()
    elif IS_MODULE:
        # Snakemake calls only the `onstart` of the workflow that this one is a module of.
        importing = workflow._onstart
        workflow._onstart = lambda log: (begin(), importing(log))


def look_at(jobs, remade=()):
    """Return which files are up to date, and which must be rebuilt.

    `remade` has the files of other jobs that must be rebuilt.
    """
    made, remade = set(), set(remade)
    for job in jobs:
        # The plan of the report does not include those of its figures, so inputs are checked too.
        if job.is_stale(not STUDY.keep_networks) or not remade.isdisjoint(job.inputs):
            workflow.dag.forcefiles.update(job.outputs)
            remade.update(job.outputs)
        elif all(os.path.exists(path) for path in job.outputs):
            made.update(job.outputs)
    return made, remade


@cache
def look_of_seed(seed):
    """`look_at` for the jobs of one seed."""
    return look_at(jobs_of_seed(seed))


@cache
def made_of_study():
    """The files of all seeds that are up to date."""
    remade = set().union(*(look_of_seed(seed)[1] for seed in SEEDS))
    made = look_at(jobs_of_study(), remade)[0]
    forget_sources()  # every plan is known by now
    return made


@cache
def made_of_replay():
    """`made_of_study` for the replay."""
    return look_at(jobs_of_replay())[0]


def is_of_replay(path):
    """Tell whether a file is one of the replay."""
    return path.startswith(in_results("replay"))


def is_made(job):
    """Tell whether a job need not run, because its files are as it would make them."""
    if not job.output:
        return False
    path, seed = str(job.output[0]), job.wildcards.get("seed")
    if is_of_replay(path):
        return path in made_of_replay()
    return path in (made_of_study() if seed is None else look_of_seed(int(seed))[0])


def after_a_look(update_needrun):
    """Snakemake's decision which jobs of its graph run, after a look at the files of this workflow.

    If those that a job makes are up to date, the times of those that it reads do not matter.
    """

    async def decide(dag, **options):
        own = [job for job in dag.jobs if job.rule.name in OWN_RULES]
        if own and dag.workflow is workflow:
            prepare()
            # Files in storage are fetched for each job. Snakemake's own record then decides what is
            # up to date, and jobs still check what they read.
            if workflow.is_main_process and not STORED:
                for job in filter(is_made, own):
                    for path in job.input:
                        path._file = ancient(str(path))
        await update_needrun(dag, **options)

    return decide


DAG.update_needrun = after_a_look(DAG.update_needrun)


# The study with its folder as it is here, which a module's prefix may have changed.
KEPT = {**config, "results": RESULTS}
OWN_RULES = {rule.name for rule in workflow.modifier.rules}


def former_files():
    """Files of a former study that this one would not make, or would make differently.

    Only files over all seeds are listed, which a reader could take for results of this study.
    Networks and rows of single seeds stay, since nothing reads those of other studies.
    """
    jobs = [*jobs_of_study(), *jobs_of_replay()]
    planned = {path for job in jobs for path in job.outputs}
    # Only files that a study wrote are listed; other files in these folders belong to the user.
    there = []
    for stamp in Path(RESULTS, "stamps").glob("*.json"):
        there += [str(stamp), *stamped_files(stamp)]
    for folder in ("metrics", "statistics"):
        found = map(str, Path(RESULTS, folder).glob("*.parquet"))
        there += [path for path in found if read_stamp(path)]
    temporary = not STUDY.keep_networks
    stale = [path for job in jobs if job.is_stale(temporary) for path in job.outputs]
    return [*(path for path in there if path not in planned), *stale]


def keep_study():
    """Write the study, its commit and versions beside its results, and delete former results.

    `snakemake --configfile results/study.yaml` resumes it.
    """
    for path in former_files():
        Path(path).unlink(missing_ok=True)
    versions = ", ".join(f"{name} {version(name)}" for name in [*LIBRARIES, "snakemake"])
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
