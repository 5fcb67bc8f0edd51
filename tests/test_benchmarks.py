"""The benchmarks, on tiny studies: which costs are measured, and how ratios are formed."""

from __future__ import annotations

import sys

import pandas as pd
import pytest
import yaml

from benchmarks import costs, scaling, speed
from pipeline_lib.jobs.log import job_log

TINY = {
    "task": {"train": 200, "test": 60, "clean": 20},
    "network": {"hidden": [16, 12, 8]},
    "baseline": {"epochs": 2},
    "relapse": {"cycles": 1},
}
TREATMENTS = ("ketamine", "ssri", "neurosteroid")
JOBS = {"baseline", *(f"course of {name}" for name in TREATMENTS)}
PHASES = JOBS | {"prune", "evaluation", "acute relapse"}
PHASES |= {f"relapse of {name}" for name in TREATMENTS}


def write_job(results, job, log):
    path = results / "logs" / f"{job}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(log, encoding="utf-8")


def workflow(folder, name, study, *options):
    """What Snakemake leaves of a study with one job for each rule and treatment."""
    for seed in range(study["seeds"]):
        jobs = [f"baseline/{seed}", *(f"treat/{seed}_{name}" for name in TREATMENTS)]
        for job in [*jobs, "figures/recovery"]:
            with job_log(folder / "log", job):
                pass
            log = (folder / "log").read_text(encoding="utf-8")
            write_job(folder / "results" / name, job, log)
    return costs.Cost(1.0, 50.0 * study["seeds"], 100.0, "")


def test_the_benchmark_compares_the_workflow_with_the_straightforward_program(
    tmp_path, monkeypatch, capsys
):
    study, out = tmp_path / "tiny.yaml", tmp_path / "out"
    study.write_text(yaml.safe_dump(TINY), encoding="utf-8")
    arguments = ["--study", str(study), "--seeds", "2", "--out", str(out)]
    monkeypatch.setattr(speed, "snakemake", workflow)
    monkeypatch.setattr(sys, "argv", ["speed", *arguments])
    speed.main()
    table = pd.read_csv(out / "seed.csv", index_col=0)
    yardstick = table["straightforward"].dropna()
    assert set(yardstick.index) == {"start-up", *PHASES, "total"}
    assert yardstick["total"] == pytest.approx(yardstick.drop("total").sum(), rel=1e-4)
    for engine in ("plain", "fast"):
        costs_of = table[engine].dropna()
        assert set(costs_of.index) == {*JOBS, "figures", "total"}
        assert costs_of["total"] == pytest.approx(costs_of.drop("total").sum(), rel=1e-4)
    growth = pd.read_csv(out / "growth.csv", index_col="seeds")
    assert growth["CPU, all"].to_dict() == {1: 50.0, 2: 100.0}
    assert "Compiling the kernels takes 0.0 CPU-seconds" in capsys.readouterr().out


def test_the_cost_of_jobs_is_read_from_the_logs_that_they_write(tmp_path):
    for job in ("treat/0_ssri", "evaluate/0_a_b", "gather/acute", "tables"):
        with job_log(tmp_path / "log", job):
            pass
        write_job(tmp_path, job, (tmp_path / "log").read_text(encoding="utf-8"))
    found = speed.jobs(tmp_path).set_index("phase")
    assert sorted(found.index) == ["course of ssri", "evaluation", "gather", "tables"]
    assert found["cpu"].min() > 0
    assert 20 < found["memory"].min() <= found["memory"].max() < 20_000


def jobs_of(**phases):
    rows = [(name, cpu, 100.0 + cpu) for name, every in phases.items() for cpu in every]
    return pd.DataFrame(rows, columns=["phase", "cpu", "memory"])


def test_a_seed_is_summed_by_phase_and_divided_the_right_way_round():
    fast, miniature = jobs_of(baseline=[2.0], figures=[1.0, 2.0]), jobs_of(baseline=[0.5])
    table = speed.seed_table({"start-up": 1.0, "baseline": 19.0}, {"fast": fast}, miniature)
    assert table.index.tolist() == ["start-up", "baseline", "figures", "total"]
    assert table["fast"].tolist()[1:] == [2.0, 3.0, 5.0]
    assert table.loc["baseline", "straightforward / fast"] == 9.5
    assert table.loc["total", "straightforward / fast"] == 4.0
    assert table.loc["total", "of it start-up"] == 0.5
    assert table["fast, MB"].tolist()[1:] == [102.0, 102.0, 102.0]


def test_growth_is_the_difference_per_added_seed():
    spent = {seeds: costs.Cost(9.0, cpu, 1.0, "") for seeds, cpu in ((5, 52.0), (1, 12.0))}
    table = speed.growth_table(spent, {1: 10.0, 5: 42.0})
    assert table["the rest"].tolist() == [2.0, 10.0]
    assert table["CPU per seed more"].tolist()[1:] == [10.0]


def test_a_dry_run_of_two_seeds_is_measured():
    with costs.project() as folder:
        found = scaling.planned(folder, 2)
    assert found["jobs"] > 2 * 16  # of each seed, and of the study
    assert 0.5 < found["CPU-s"] < 100
    assert 50 < found["MB"] < 2000


def test_a_command_that_fails_ends_the_benchmark_and_its_output_is_shown(tmp_path):
    with pytest.raises(SystemExit, match="no such thing"):
        costs.cost(["-c", "import sys; sys.exit('no such thing')"], tmp_path)
