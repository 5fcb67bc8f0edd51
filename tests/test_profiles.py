"""The profiles: the groups, times and statuses of queues, and what is up to date."""

import os
import re
import subprocess

import pytest
import yaml

from tests.conftest import ROOT
from tests.projects import snakemake


def test_the_profiles_of_queues_know_the_groups_of_the_study():
    for name in ("slurm", "generic"):
        profile = yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text("utf-8"))
        assert {entry.split("=")[0] for entry in profile["group-components"]} <= {"seed", "study"}


GENERIC = (ROOT / "profiles/generic/config.yaml").read_text("utf-8")
COMMENTED = re.findall(r"status: (.*?)\n +cancel:", re.sub("^#", " ", GENERIC, flags=re.M), re.S)
STATUS = [yaml.safe_load(GENERIC)["cluster-generic-status-cmd"], *COMMENTED]
PBS = "Job Id: 7\n    job_state = {}\n    Exit_status = {}\n"
ENGINE = "failed       {}    \nexit_status  {}            \nru_wallclock"
ANSWERS = [  # of a program of each queue, in the order of STATUS; None if it fails
    (0, "qstat", "job 7", "running"),
    (0, "qstat", None, "running"),
    (0, "qacct", ENGINE.format(0, 0), "success"),
    (0, "qacct", ENGINE.format(37, 137), "failed"),
    (1, "qstat", PBS.format("R", ""), "running"),
    (1, "qstat", PBS.format("F", 0), "success"),
    (1, "qstat", PBS.format("F", 271), "failed"),
    (2, "bjobs", "RUN", "running"),
    (2, "bjobs", "DONE", "success"),
    (2, "bjobs", "EXIT", "failed"),
    (3, "sacct", "RUNNING", "running"),
    (3, "sacct", "", "running"),
    (3, "sacct", "COMPLETED", "success"),
    (3, "sacct", "TIMEOUT", "failed"),
]


@pytest.mark.parametrize(("queue", "program", "said", "state"), ANSWERS)
def test_the_generic_profile_reads_what_each_queue_says_of_a_job(
    tmp_path, queue, program, said, state
):
    for name in ("qstat", "qacct", "bjobs", "sacct"):
        answer = f"printf '{said}'" if name == program and said is not None else "exit 1"
        (tmp_path / name).write_text(f"#!/bin/sh\n{answer}\n")
        (tmp_path / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = f"{STATUS[queue]} '7'"  # as the executor asks
    assert subprocess.check_output(command, shell=True, env=path, text=True).split() == [state]


def test_no_profile_asks_times_or_snakemakes_record_what_is_to_be_made():
    for path in (ROOT / "profiles").glob("*/config.yaml"):
        assert yaml.safe_load(path.read_text("utf-8"))["rerun-triggers"] == "software-env", path


def test_snakemake_knows_every_option_of_the_profiles_those_in_comments_too():
    known = snakemake(ROOT, "--help")
    for path in (ROOT / "profiles").glob("*/config.yaml"):
        options = re.findall(r"^(?:# )?([a-z-]+): ", path.read_text("utf-8"), re.M)
        assert len(options) > 4
        assert [each for each in options if not re.search(rf"--{each}[ ,\n]", known)] == []


def test_twenty_seeds_ask_for_two_to_three_times_the_time_that_they_take(tmp_path):
    takes = 10  # minutes of one core (docs/performance.md)
    options = ["-s", ROOT / "Snakefile", "--profile", ROOT / "profiles/generic", "--retries", "0"]
    options += ["--cluster-generic-submit-cmd", "echo {resources.runtime} > asked; false"]
    snakemake(tmp_path, *options, "--config", "seeds=20", fails=True)
    assert 2 * takes <= int((tmp_path / "asked").read_text()) <= 3 * takes
