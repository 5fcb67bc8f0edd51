"""The study on a real Slurm, through profiles/slurm: `make test-slurm`."""

import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from tests.projects import Project
from tests.slurm.conftest import jobs, limits, submissions, wait
from tests.trust.running import Run

# This Slurm keeps no accounts, and is asked often, since its jobs are short.
HERE = [
    *("--profile", "profiles/slurm", "--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2"),
    *("--latency-wait", "10"),
]
ONE_BY_ONE = ["--group-components", "seed=1", "study=1"]
A_MINUTE = ["--set-resources", "baseline:runtime=1", "baseline:seconds=0"]
FAILS_ONCE = """
from pathlib import Path as _Path
_marker = _Path("failed-once")
if not _marker.exists():
    _marker.touch()
    raise SystemExit("the node has gone away")
"""


# What the generic profile asks of a job, of a Slurm that keeps no accounts.
STATUS = (
    """sh -c 'case "$(scontrol -o show job $0)" in *JobState=COMPLETED*) echo success;; """
    """*JobState=PENDING*|*JobState=RUNNING*|*JobState=COMPLETING*) echo running;; """
    """*) echo failed;; esac'"""
)


class Light(Project):
    """A study of one treatment: on a queue each job starts Snakemake anew."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.study["treatments"]["ketamine"] = None

    def run(self, *arguments: str) -> str:
        """Run as much of it as the sudden pruning needs: four jobs a seed."""
        return self.snakemake(*arguments, "--until", "acute")


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> dict[str, bytes]:
    """What a whole run without a queue gives."""
    project = Light(tmp_path_factory.mktemp("local"))
    project.snakemake("-j", "2")
    return project.parquet()


def of_chain(files: dict[str, bytes]) -> dict[str, bytes]:
    """What `Light.run` makes of these files."""
    made = re.compile(r"seeds/.*/(baseline_history|history|acute)\.parquet")
    return {path: files[path] for path in files if made.fullmatch(path)}


@pytest.fixture
def light(tmp_path, queue) -> Light:
    return Light(tmp_path)


def test_a_study_of_two_seeds_is_two_submissions_and_the_local_runs_bytes(light, local):
    before = submissions()
    light.snakemake(*HERE)
    assert light.parquet() == local
    assert (light.folder / "results/report.html").exists()
    # Twenty seeds would fit in the one submission; tables, figures and report are the other.
    assert submissions() - before == 2
    assert jobs() == []


def test_the_scenarios_of_a_seed_are_submitted_with_it(light):
    light.study["axes"] = {"pruning.sparsity": [0.8, 0.9, 0.95]}
    before = submissions()
    light.snakemake(*HERE)
    assert (light.folder / "results/report.html").exists()
    assert submissions() - before == 2


def test_a_job_that_fails_once_is_tried_again_with_more_memory_and_time(light):
    script = light.folder / "workflow_scripts/measure.py"
    script.write_text(FAILS_ONCE + script.read_text(encoding="utf-8"), encoding="utf-8")
    before = submissions()
    output = light.run(*HERE, *ONE_BY_ONE)
    # A submission for each seed, and one for what failed.
    assert submissions() - before == 2 + 1
    assert (light.folder / "failed-once").exists()
    assert "Trying to restart" in output
    asked = limits(light.folder)
    assert asked[0] == asked[1]
    assert asked[2] == (2 * asked[0][0], 2 * asked[0][1])
    # Each file says what code made it, so the local run is one of the same script.
    made = light.parquet()
    shutil.rmtree(light.folder / "results")
    light.run("-j", "2")
    assert light.parquet() == made


def test_a_job_over_its_time_limit_is_ended_and_leaves_nothing_half_written(light):
    light.study["baseline"]["epochs"] = 10**7
    with pytest.raises(AssertionError, match="DUE TO TIME LIMIT"):  # of the log, which is shown
        light.snakemake(*HERE, *A_MINUTE, "--retries", "0", "--until", "baseline", *ONE_BY_ONE)
    assert jobs() == []
    left = [path for path in light.folder.glob("results/seeds/**/*") if path.is_file()]
    assert left == []


def test_a_cancelled_workflow_leaves_no_job_in_the_queue(light):
    light.study["baseline"]["epochs"] = 10**7
    run = Run(light, *HERE, *ONE_BY_ONE, *A_MINUTE)
    wait(lambda: len(jobs()) == 2, seconds=60)
    os.kill(run.process.pid, signal.SIGINT)
    assert run.process.wait(120) != 0
    wait(lambda: not jobs(), seconds=60)


def test_what_was_begun_here_is_finished_on_the_queue_and_no_job_runs_twice(light, local):
    light.study["seeds"] = 1
    light.run("-j", "2")
    light.study["seeds"] = 2
    # Of the new seed the beginning, too: the queue gets what is left of a chain.
    light.snakemake("-j", "2", "results/seeds/1/pruned.safetensors")
    kept = {path: path.stat().st_mtime_ns for path in light.folder.glob("results/seeds/**/*.*")}
    light.run(*HERE)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert light.parquet() == of_chain(local)


def test_the_generic_profile_submits_through_a_command(light, local):
    # Slurm's own command, as the profile's comment has it.
    submit = (
        "mkdir -p results/logs/queue && sbatch --parsable -J pruning -o results/logs/queue/%j.log "
        "-c {threads} -t {resources.runtime}"
    )
    before = submissions()
    light.run(
        *("--profile", "profiles/generic", "--cluster-generic-submit-cmd", submit),
        *("--cluster-generic-cancel-cmd", "scancel", "--latency-wait", "10"),
        *("--cluster-generic-status-cmd", STATUS),
    )
    assert submissions() - before == 1
    assert light.parquet() == of_chain(local)
    assert list((light.folder / "results/logs/queue").glob("*.log"))
