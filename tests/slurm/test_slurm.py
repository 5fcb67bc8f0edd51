"""The study on a real Slurm, through profiles/slurm: `make test-slurm`."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.projects import Project
from tests.slurm.conftest import jobs, submissions

# This Slurm keeps no accounts, and is asked often, since its jobs are short.
HERE = [
    *("--profile", "profiles/slurm", "--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2"),
    *("--latency-wait", "10", "--default-resources", "mem_mb=700", "runtime=5"),
]
SEED_JOBS = 12  # of one seed of the tiny study
FAILS_ONCE = """
from pathlib import Path as _Path
_marker = _Path("failed-once")
if not _marker.exists():
    _marker.touch()
    raise SystemExit("the node has gone away")
"""


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> dict[str, bytes]:
    """What a run without a queue gives."""
    project = Project(tmp_path_factory.mktemp("local"))
    project.snakemake("-j", "2")
    return project.parquet()


@pytest.fixture
def project(tmp_path, queue) -> Project:
    return Project(tmp_path)


def jobs_run(folder: Path) -> list[str]:
    """Return the messages of the jobs that wrote a log, by the logs' names."""
    return sorted(str(path) for path in folder.glob("results/logs/*/*.log"))


def test_a_study_of_two_seeds_is_two_submissions_and_the_local_runs_bytes(project, local):
    before = submissions()
    project.snakemake(*HERE)
    assert project.parquet() == local
    assert (project.folder / "results/report.html").exists()
    # Twenty seeds would fit in the one submission; tables, figures and report are the other.
    assert submissions() - before == 2
    assert jobs() == []


def test_group_components_say_how_many_seeds_a_submission_has(project, local):
    before = submissions()
    project.snakemake(*HERE, "--group-components", "seed=1", "study=1")
    assert submissions() - before == 3
    assert project.parquet() == local


def test_a_job_that_fails_once_is_tried_again_with_more_memory_and_time(project, local):
    script = project.folder / "workflow_scripts/acute.py"
    script.write_text(FAILS_ONCE + script.read_text(encoding="utf-8"), encoding="utf-8")
    output = project.snakemake(*HERE, "--group-components", "seed=1", "study=1")
    assert (project.folder / "failed-once").exists()
    assert "Trying to restart" in output
    assert project.parquet() == local
    records = subprocess.run(
        ["scontrol", "show", "jobs", "--oneliner"], capture_output=True, text=True, check=True
    ).stdout
    own = [line for line in records.splitlines() if f"WorkDir={project.folder} " in f"{line} "]
    memory = sorted({int(found) for line in own for found in re.findall(r"mem=(\d+)M", line)})
    assert len(memory) == 2
    assert memory[1] == 2 * memory[0]


def test_a_job_over_its_time_limit_is_ended_and_leaves_nothing_half_written(project):
    project.study["baseline"]["epochs"] = 10**7
    command = project.command(
        *HERE, "--set-resources", "baseline:runtime=1", "--retries", "0",
        "--until", "baseline", "--group-components", "seed=1", "study=1",
    )  # fmt: skip
    done = subprocess.run(
        command, cwd=project.folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode != 0
    assert "TIMEOUT" in done.stdout + done.stderr
    assert jobs() == []
    left = [path for path in project.folder.glob("results/seeds/**/*") if path.is_file()]
    assert left == []


def test_a_cancelled_workflow_leaves_no_job_in_the_queue(project):
    project.study["baseline"]["epochs"] = 10**7
    with subprocess.Popen(
        project.command(*HERE, "--group-components", "seed=1", "study=1"),
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        end = time.monotonic() + 60
        while len(jobs()) < 2:
            assert time.monotonic() < end, "no job was submitted"
            time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode != 0
    end = time.monotonic() + 60
    while jobs():
        assert time.monotonic() < end, "jobs are left in the queue"
        time.sleep(0.5)


def test_a_study_begun_here_is_finished_on_the_queue_and_no_job_runs_twice(project, local):
    project.snakemake("-j", "2", "--until", "prune")
    first = project.folder / "results/seeds/0/baseline.safetensors"
    written = first.stat().st_mtime_ns
    # One of a seed's last jobs, too: the queue gets what is left of a chain.
    project.snakemake("-j", "2", "results/seeds/1/ssri/relapse.parquet")
    kept = {path: path.stat().st_mtime_ns for path in project.folder.glob("results/seeds/**/*.*")}
    project.snakemake(*HERE)
    assert first.stat().st_mtime_ns == written
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert project.parquet() == local


def test_another_seed_adds_its_own_jobs_alone(project):
    project.study["seeds"] = 1
    project.snakemake(*HERE)
    kept = {path: path.stat().st_mtime_ns for path in project.folder.glob("results/seeds/**/*.*")}
    project.study["seeds"] = 2
    planned = project.planned()
    assert sum(message.startswith("seed 1") for message in planned) == SEED_JOBS
    assert not any(message.startswith("seed 0") for message in planned)
    project.snakemake(*HERE)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_the_generic_profile_submits_through_a_command(project, local):
    # Slurm's own command, as the profile's comment has it.
    submit = (
        "mkdir -p results/logs/queue && sbatch --parsable -J pruning -o results/logs/queue/%j.log "
        "-c {threads} -t {resources.runtime}"
    )
    before = submissions()
    project.snakemake(
        *("--profile", "profiles/generic", "--cluster-generic-submit-cmd", submit),
        *("--cluster-generic-cancel-cmd", "scancel", "--latency-wait", "10"),
    )
    assert submissions() - before == 2
    assert project.parquet() == local
    assert list((project.folder / "results/logs/queue").glob("*.log"))
