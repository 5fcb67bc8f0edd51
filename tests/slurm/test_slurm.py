"""The study on a real Slurm, through profiles/slurm: `make test-slurm`."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.projects import Project
from tests.slurm.conftest import jobs, submissions

# This Slurm keeps no accounts, and is asked often, since its jobs are short.
HERE = [
    *("--profile", "profiles/slurm", "--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2"),
    *("--latency-wait", "10", "--default-resources", "mem_mb=700", "runtime=5"),
]
ONE_BY_ONE = ["--group-components", "seed=1", "study=1"]
FAILS_ONCE = """
from pathlib import Path as _Path
_marker = _Path("failed-once")
if not _marker.exists():
    _marker.touch()
    raise SystemExit("the node has gone away")
"""


class Light(Project):
    """One treatment, up to the gathered rows: on a queue each job starts Snakemake anew."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.study["treatments"]["ketamine"] = None

    def run(self, *arguments: str) -> str:
        return self.snakemake(*arguments, "--until", "gather")


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> dict[str, bytes]:
    """What a run without a queue gives."""
    project = Project(tmp_path_factory.mktemp("local"))
    project.snakemake("-j", "2", "--until", "gather")
    return project.parquet()


@pytest.fixture(scope="module")
def light_local(tmp_path_factory) -> dict[str, bytes]:
    """What a run without a queue gives of the light study."""
    project = Light(tmp_path_factory.mktemp("light"))
    project.run("-j", "2")
    return project.parquet()


@pytest.fixture
def project(tmp_path, queue) -> Project:
    return Project(tmp_path)


@pytest.fixture
def light(tmp_path, queue) -> Light:
    return Light(tmp_path)


def times(project: Project) -> dict[Path, int]:
    """When each file of the seeds was written."""
    files = project.folder.glob("results/seeds/**/*.*")
    return {path: path.stat().st_mtime_ns for path in files}


def test_a_study_of_two_seeds_is_two_submissions_and_the_local_runs_bytes(project, local):
    before = submissions()
    project.snakemake(*HERE)
    assert project.parquet() == local
    assert (project.folder / "results/report.html").exists()
    # Twenty seeds would fit in the one submission; tables, figures and report are the other.
    assert submissions() - before == 2
    assert jobs() == []


def test_a_job_that_fails_once_is_tried_again_with_more_memory_and_time(light, light_local):
    script = light.folder / "workflow_scripts/acute.py"
    script.write_text(FAILS_ONCE + script.read_text(encoding="utf-8"), encoding="utf-8")
    before = submissions()
    output = light.run(*HERE, *ONE_BY_ONE)
    # A submission for each seed, one for what failed, and one for the study.
    assert submissions() - before == 4
    assert (light.folder / "failed-once").exists()
    assert "Trying to restart" in output
    assert light.parquet() == light_local
    records = subprocess.run(
        ["scontrol", "show", "jobs", "--oneliner"], capture_output=True, text=True, check=True
    ).stdout
    own = [line for line in records.splitlines() if f"WorkDir={light.folder} " in f"{line} "]
    memory = sorted({int(found) for line in own for found in re.findall(r"mem=(\d+)M", line)})
    assert len(memory) == 2
    assert memory[1] == 2 * memory[0]


def test_a_job_over_its_time_limit_is_ended_and_leaves_nothing_half_written(project):
    project.study["baseline"]["epochs"] = 10**7
    command = project.command(
        *HERE, "--set-resources", "baseline:runtime=1", "--retries", "0",
        "--until", "baseline", *ONE_BY_ONE,
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
        project.command(*HERE, *ONE_BY_ONE),
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


def test_what_was_begun_here_is_finished_on_the_queue_and_no_job_runs_twice(light, light_local):
    light.study["seeds"] = 1
    light.run("-j", "2")
    light.study["seeds"] = 2
    # Of the new seed the beginning, too: the queue gets what is left of a chain.
    light.snakemake("-j", "2", "results/seeds/1/pruned.safetensors")
    kept = times(light)
    light.run(*HERE)
    assert {path: times(light)[path] for path in kept} == kept
    assert light.parquet() == light_local


def test_the_generic_profile_submits_through_a_command(light, light_local):
    # Slurm's own command, as the profile's comment has it.
    submit = (
        "mkdir -p results/logs/queue && sbatch --parsable -J pruning -o results/logs/queue/%j.log "
        "-c {threads} -t {resources.runtime}"
    )
    before = submissions()
    light.run(
        *("--profile", "profiles/generic", "--cluster-generic-submit-cmd", submit),
        *("--cluster-generic-cancel-cmd", "scancel", "--latency-wait", "10"),
    )
    assert submissions() - before == 2
    assert light.parquet() == light_local
    assert list((light.folder / "results/logs/queue").glob("*.log"))


def test_a_queues_profile_groups_every_rule_of_the_study():
    rules = set()
    for path in (ROOT / "rules").glob("*.smk"):
        rules |= set(re.findall(r"^ *rule (\w+):", path.read_text(encoding="utf-8"), re.M))
    figures = (ROOT / "rules/figures.smk").read_text(encoding="utf-8")
    drawn = re.search(r"ROWS_OF_FIGURE = \{(.*?)\n\}", figures, re.S)
    rules |= {f"figure_{name}" for name in re.findall(r'"(\w+)": "', drawn[1])}
    for name in ("slurm", "generic"):
        profile = yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text("utf-8"))
        grouped = dict(entry.split("=") for entry in profile["groups"])
        assert set(grouped) == {rule for rule in rules if not rule.startswith("replay")}
        assert set(grouped.values()) == {"seed", "study"}
