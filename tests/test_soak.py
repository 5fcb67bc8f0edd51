"""The soak's own parts, on what it must find; and a soak of two seeds' first jobs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.trust import soak
from tests.trust.leftovers import declared, undeclared
from tests.trust.processes import Sample, finished_jobs, kind_of, marked, peaks_of_jobs


def samples(kilobytes, descriptors=lambda n: 3):
    """A process that grows by so much with each of 200 jobs."""
    return [
        Sample(n, n, 180 + n * kilobytes / 1e3, 130 + n * kilobytes / 1e3, descriptors(n), 0, 3)
        for n in range(201)
    ]


def broken(findings):
    return [finding.what for finding in findings if not finding.good]


def test_a_workflow_that_grows_with_each_job_is_found():
    assert broken(soak.growth(samples(1.0))) == []
    slack = 1e3 * soak.SLACK_MB / 200
    assert broken(soak.growth(samples(0.9 * (soak.MOST_KB_PER_JOB + slack)))) == []
    assert broken(soak.growth(samples(1.1 * (soak.MOST_KB_PER_JOB + slack)))) == [
        "workflow, RSS",
        "workflow, PSS",
    ]


def test_a_descriptor_that_each_tenth_job_leaves_open_is_found():
    assert broken(soak.growth(samples(0, lambda n: 3 + n // 10))) == ["workflow, descriptors"]


def test_jobs_that_grow_from_seed_to_seed_are_found():
    flat = [150.0 + n % 3 for n in range(60)]
    growing = [150.0 + 0.5 * n for n in range(60)]
    assert broken(soak.growth_of_jobs({"treat": flat, "relapse": growing})) == ["jobs relapse"]


@pytest.mark.parametrize(
    "name",
    [
        "results/seeds/0/.pruned.safetensors.71.part",
        "results/seeds/0/core",
        "results/logs/queue/17.log",
        ".snakemake/scripts/tmpab12.treat.py",
        ".snakemake/locks/0.input.lock",
        ".snakemake/incomplete/cmVzdWx0cw==",
        "pipeline_lib/__pycache__/x.kernel.1f.part",
    ],
)
def test_a_file_that_nothing_accounts_for_is_found(name):
    known = {"results/seeds/0/pruned.safetensors", "tiny.yaml"}
    kept = {
        ".snakemake/metadata/cmVz",
        ".snakemake/log/2026.snakemake.log",
        "pipeline_lib/__pycache__/task.cpython-311.pyc",
        "pipeline_lib/engines/fast/__pycache__/kernels-1/tanh.2.kernel",
    }
    assert undeclared(known | kept | {name}, known) == [name]


def test_outputs_logs_and_benchmarks_are_read_from_the_summary():
    summary = (
        "Building DAG of jobs...\n"
        "output_file\tdate\trule\tlog-file(s)\tstatus\tplan\n"
        "results/a.csv\t-\ttables\tresults/logs/tables.log\tok\tno update\n"
        "results/b.svg\t-\tfigure\t-\tok\tno update\n"
        "Config file is extended.\n"
    )
    assert declared(summary) == {
        "results/a.csv",
        "results/logs/tables.log",
        "results/benchmarks/tables.tsv",
        "results/b.svg",
    }


def test_a_process_that_outlives_its_parent_is_found():
    sleeps = f"{sys.executable} -c 'import time; time.sleep(60)' > /dev/null 2>&1"
    started = subprocess.run(
        ["sh", "-c", f"{sleeps} & echo $!"],
        env=os.environ | {soak.MARK: "orphan"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        start_new_session=True,
    )
    found = list(marked(soak.MARK, "orphan"))
    for process in found:
        process.kill()
    assert [process.pid for process in found] == [int(started.stdout)]
    assert list(marked(soak.MARK, "nobody's")) == []


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        ("treat/3_ssri", "treat/ssri"),
        ("baseline/12", "baseline"),
        ("gather/relapse", "gather/relapse"),
        ("tables", "tables"),
    ],
)
def test_jobs_of_a_kind_differ_in_the_seed_alone(log, kind):
    path = f"/a/results/logs/{log}.log"
    assert kind_of(path) == kind
    assert peaks_of_jobs(f"{path}\t41000\n{path}\t42000\n") == {kind: [41.0, 42.0]}


def test_a_workflow_that_is_still_starting_is_not_compared_with_itself():
    start, running = Sample(0, 0, 2, 0, 3, 0, 1), Sample(3, 0, 175, 120, 14, 6, 7)
    assert broken(soak.growth([start, running])) == []


def test_finished_jobs_are_counted_from_what_snakemake_says():
    assert finished_jobs("x\n3 of 9 steps (33%) done\nFinished\n4 of 9 steps (44%) done\n") == 4


def test_a_soak_of_two_seeds_first_jobs_finds_nothing(capsys):
    pruned = ["results/seeds/0/pruned.safetensors", "results/seeds/{last}/pruned.safetensors"]
    code = soak.main(["--seeds", "2", "--seconds", "0", *pruned])
    table = capsys.readouterr().out
    assert code == 0, table
    assert "workflow, RSS" in table
    assert "jobs measured: 4 (" in table
