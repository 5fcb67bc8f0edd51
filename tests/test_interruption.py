"""A study that is killed or stopped continues with the same command, on real Snakemake."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tests.projects import ONE_SEED, Project
from tests.trust.running import GOES_ON, Run

HEALTHY = ["results/seeds/0/baseline.safetensors"]
PATIENCE = 240  # seconds, on a busy machine


@pytest.fixture
def project(tmp_path) -> Project:
    project = Project(tmp_path / "killed")
    project.study = ONE_SEED
    return project


def test_a_second_workflow_is_refused_and_ctrl_c_ends_the_first_with_a_message(project):
    project.study = ONE_SEED | {"baseline": {"epochs": 10**7}}  # without an end
    run = Run(project, *HEALTHY)
    log = project.folder / "results/logs/baseline/0.log"
    while not (log.exists() and log.stat().st_size):
        assert run.process.poll() is None, run.output
        time.sleep(0.02)
    said = project.snakemake("-j", "1", *HEALTHY, fails=True)
    assert "results: another workflow is writing to this folder" in said
    assert run.process.poll() is None
    os.killpg(run.process.pid, signal.SIGINT)
    assert run.process.wait(PATIENCE) != 0
    assert not run.wait_for_the_end()
    assert GOES_ON in run.output
    assert "Traceback" not in run.output
    assert "interrupted: seed 0" in log.read_text(encoding="utf-8")
    assert set(project.results()) <= {".owner", "study.yaml"}


def test_a_job_ends_with_the_shell_that_ran_it(tmp_path):
    script = (
        "import sys, time\n"
        "from pipeline_lib.jobs.script import job_log\n"
        f"with job_log({str(tmp_path / 'log')!r}, 'a job'):\n"
        "    print('began', flush=True)\n"
        "    time.sleep(60)\n"
    )
    shell = subprocess.Popen(
        ["bash", "-c", f'"{sys.executable}" -c "$1"; true', "-", script],
        env=os.environ | {"PRUNING_WORKFLOW": str(os.getpid())},
        stdout=subprocess.PIPE,
    )
    assert shell.stdout.readline() == b"began\n"
    shell.kill()
    began = time.monotonic()
    assert shell.stdout.read() == b""  # until the job, which holds the other end, is gone
    assert time.monotonic() - began < 30
    shell.wait()
    shell.stdout.close()
    assert "interrupted: a job" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_job_of_a_queue_does_not_start_by_a_study_that_was_edited_meanwhile(project):
    kept = project.folder / "results/study.yaml"
    kept.parent.mkdir()
    kept.write_text("seeds: 1\n", encoding="utf-8")
    said = project.snakemake("-j", "1", "--mode", "remote", *HEALTHY, fails=True)
    assert "The study was edited while its workflow was running" in said


def test_a_few_sequences_end_as_fresh_runs_or_in_a_sentence():
    command = [sys.executable, "-m", "tests.trust.sequences", "--count", "2", "--steps", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    assert "sequences that ended as a fresh run" in done.stdout
