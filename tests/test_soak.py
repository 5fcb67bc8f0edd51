"""The soak test recognises growth and leftovers, and finds none in a short run."""

from __future__ import annotations

import pytest

from tests.trust.soak import Sample, declared, growth, soak, undeclared


def test_a_workflow_that_grows_with_each_job_is_found():
    assert growth([Sample(n, 180 + 0.01 * n, 9) for n in range(201)]) == []
    assert growth([Sample(n, 180 + 0.1 * n, 9) for n in range(201)]) == ["memory grew by 9.1 MB"]


def test_a_descriptor_that_each_tenth_job_leaves_open_is_found():
    leaks = [Sample(n, 180, 9 + n // 10) for n in range(201)]
    assert growth(leaks) == ["10 more descriptors were open"]


def test_a_workflow_that_is_still_starting_is_not_compared_with_itself():
    assert growth([Sample(0, 2, 3), Sample(3, 175, 14)]) == []


@pytest.mark.parametrize(
    "name",
    [
        "results/seeds/0/.pruned.safetensors.71.part",
        "results/logs/queue/17.log",
        ".snakemake/scripts/tmpab12.treat.py",
        ".snakemake/locks/0.input.lock",
        "pipeline_lib/__pycache__/x.kernel.1f.part",
    ],
)
def test_a_file_that_nothing_accounts_for_is_found(name):
    known = {"results/seeds/0/pruned.safetensors", "tiny.yaml"}
    kept = {
        "results/.owner",
        "results/study.yaml",
        ".snakemake/metadata/cmVz",
        "pipeline_lib/__pycache__/task.cpython-311.pyc",
        "pipeline_lib/engines/fast/__pycache__/kernels-1/tanh.2.kernel",
    }
    assert undeclared(known | kept | {name}, known) == [name]


def test_outputs_and_logs_are_read_from_the_summary():
    summary = (
        "Building DAG of jobs...\n"
        "output_file\tdate\trule\tlog-file(s)\tstatus\tplan\n"
        "results/a.csv\t-\ttables\tresults/logs/tables.log\tok\tno update\n"
        "results/b.svg\t-\tfigure\t-\tok\tno update\n"
    )
    assert declared(summary) == {
        "results/a.csv",
        "results/logs/tables.log",
        "results/b.svg",
    }


def test_a_short_soak_finds_nothing(tmp_path):
    targets = [f"results/seeds/{seed}/pruned.safetensors" for seed in (0, 1)]
    samples, wrong = soak(tmp_path, 2, targets)
    assert wrong == []
    assert len(samples) > 1
    assert samples[-1].memory > 20
