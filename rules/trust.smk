# Which files exist, and are they the ones that this study would make? Every file says what made it,
# so neither times nor Snakemake's own record decide what runs. A folder may be copied, moved,
# restored or edited, and files that are out of date are rebuilt.

from importlib.metadata import version

from pipeline_lib.files.stamps import read_stamp, stamped_files
from pipeline_lib.files.whole import write_text
from pipeline_lib.jobs.fingerprint import LIBRARIES
from pipeline_lib.jobs.plan import Job
from pipeline_lib.reporting.origin import commit


def files(paths):
    """Paths as plain text, including those from `to_make`."""
    return [
        str(each) for path in paths for each in getattr(path, "inputs", None) or [path]
    ]


def jobs_of_seed(seed):
    """The jobs of one seed, from its healthy network to the rows of its measures."""

    def path(pattern, **wildcards):
        return str(pattern).format(seed=seed, **wildcards)

    def network(state):
        return path(network_of(state))

    healthy = rules.baseline.output
    yield Job(plan_of_network(HEALTHY), [path(each) for each in healthy], [])
    yield Job(plan_of_network(UNTREATED), [network(UNTREATED)], [network(HEALTHY)])
    for treatment in TREATMENTS:
        outputs = [path(each, treatment=treatment) for each in rules.treat.output]
        yield Job(plan_of_network(treatment), outputs, [network(UNTREATED)])
    for name in MEASURES:
        for state in slices.states(STUDY, name):
            patterns = [in_seed("{state}", f"{name}.parquet"), history_of_measure(name)]
            outputs = [path(each, state=state) for each in patterns if each]
            yield Job(plan_of_measure(name, state), outputs, [network(state)])


def jobs_of_study():
    """The jobs that read the rows of all seeds, and those that build on them."""
    for kind, paths in GATHERED.items():
        yield Job(plan_of_gather(kind), [gathered(kind)], files(paths))
    for rule in workflow.rules:
        made_by = dict(rule.params.items()).get("made_by")
        if made_by is not None and not rule.wildcard_names:
            stamp = dict(rule.output.items()).get("stamp")
            stamp = stamp and str(stamp)
            yield Job(made_by(None), files(rule.output), files(rule.input), stamp)


def look_at(jobs, remade=()):
    """Return which files are up to date, and which must be rebuilt.

    `remade` has the files of other jobs that must be rebuilt.

    Input functions call this, because by then Snakemake has its graph of jobs but has not yet
    decided which of them to run.
    """
    made, remade = set(), set(remade)
    for job in jobs:
        # The plan of the report does not include those of its figures, so inputs are checked too.
        if job.is_stale(not STUDY.keep_networks) or not remade.isdisjoint(job.inputs):
            workflow.dag.forcefiles.update(job.outputs)
            remade.update(job.outputs)
        elif all(Path(path).exists() for path in job.outputs):
            made.update(job.outputs)
    return made, remade


@cache
def look_of_seed(seed):
    """`look_at` for the jobs of one seed."""
    return look_at(jobs_of_seed(seed)) if workflow.is_main_process else (set(), set())


def made_of_seed(seed):
    """The files of a seed that are up to date."""
    return look_of_seed(int(seed))[0]


def first_look(wildcards):
    """An input function without files, for the jobs on which all others of a seed depend."""
    made_of_seed(wildcards.seed)
    return []


@cache
def made_of_study():
    """The files of all seeds that are up to date."""
    if not workflow.is_main_process:
        return set()
    remade = set().union(*(look_of_seed(seed)[1] for seed in SEEDS))
    return look_at(jobs_of_study(), remade)[0]


def former_files():
    """Files of a former study that this one would not make, or would make differently.

    Only files over all seeds are listed, which a reader could take for results of this study.
    Networks and rows of single seeds stay, since nothing reads those of other studies.
    """
    jobs = list(jobs_of_study())
    planned = {path for job in jobs for path in job.outputs}
    # Only files that a study wrote are listed; other files in these folders belong to the user.
    there = []
    for stamp in Path(RESULTS, "stamps").glob("*.json"):
        there += [str(stamp), *stamped_files(stamp)]
    for folder in ("metrics", "statistics"):
        found = map(str, Path(RESULTS, folder).glob("*.parquet"))
        there += [path for path in found if read_stamp(path)]
    temporary = not STUDY.keep_networks
    stale = [
        path
        for job in jobs
        if job.stamp and job.is_stale(temporary)
        for path in job.outputs
    ]
    return [*(path for path in there if path not in planned), *stale]


def keep_study():
    """Write the study, its commit and versions beside its results, and delete former results.

    `snakemake --configfile results/study.yaml` resumes it.
    """
    for path in former_files():
        Path(path).unlink(missing_ok=True)
    versions = ", ".join(
        f"{name} {version(name)}" for name in [*LIBRARIES, "snakemake"]
    )
    commit_of_code = (
        commit(workflow.basedir) or "unknown, because the code is not in a git checkout"
    )
    text = (
        "# The study that these results are from. `snakemake --configfile` resumes it.\n"
        f"# Commit: {commit_of_code}\n# Versions: {versions}\n"
    )
    write_text(in_results("study.yaml"), text + overlays.as_yaml(config))


# On a queue each job reads the study again when it starts. If the study was edited in the meantime,
# results of the two versions would be mixed.
if not workflow.is_main_process and Path(RESULTS, "study.yaml").exists():
    if overlays.read(in_results("study.yaml")) != overlays.plain(config):
        sys.exit(
            "The study was edited while its workflow was running, so this job was not started."
            " Repeat the command once the workflow has ended."
        )
