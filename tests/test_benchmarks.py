"""The benchmarks' machinery on tiny studies: who is measured, what is scaled, what is divided."""

from __future__ import annotations

import csv
import sys
import time

import pytest
import yaml

from benchmarks import contender, engines, scaling, workflow
from benchmarks.contender import Clock, peak_memory
from benchmarks.report import Table, shown
from pipeline_lib.jobs.log import job_log
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate

TINY = {
    "task": {"train": 200, "test": 60, "clean": 20},
    "network": {"hidden": [16, 12, 8]},
    "baseline": {"epochs": 2},
    "relapse": {"cycles": 2},
}
TREATMENTS = ("ketamine", "ssri", "neurosteroid")
PHASES = [
    "baseline",
    "prune",
    "evaluation",
    "course of ketamine",
    "acute relapse",
    "course of ssri",
    "course of neurosteroid",
    *[f"relapse of {name}" for name in TREATMENTS],
]


@pytest.fixture
def tiny(paper):
    for section, values in TINY.items():
        paper[section] |= values
    return slices.replay(validate(paper))


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_benchmark_measures_all_phases_of_its_contenders_in_turns(
    tmp_path, monkeypatch, capsys
):
    study, out = tmp_path / "tiny.yaml", tmp_path / "out"
    study.write_text(yaml.safe_dump(TINY), encoding="utf-8")
    options = ["--quick", "--contenders", "plain,straightforward"]
    arguments = ["engines", "--study", str(study), "--out", str(out), *options]
    monkeypatch.setattr(sys, "argv", arguments)
    engines.main()
    rows = rows_of(out / "phases.csv")
    assert [row["phase"] for row in rows] == [*PHASES, "total"]
    for row in rows:
        times_less = float(row["straightforward"]) / float(row["plain"])
        assert float(row["straightforward / plain"]) == pytest.approx(times_less, rel=1e-4)
    for name in ("plain", "straightforward"):
        costs = [float(row[name]) for row in rows]
        assert costs[-1] == pytest.approx(sum(costs[:-1]), rel=1e-4)
    assert [row["contender"] for row in rows_of(out / "start_up.csv")] == [
        "plain",
        "straightforward",
    ]
    printed = capsys.readouterr().out
    assert "scaled up by epochs" in printed
    assert (out / "engines.md").read_text(encoding="utf-8") in printed


def test_the_fast_engine_has_the_same_phases(tiny):
    clock = Clock()
    contender.library("fast")(0, tiny, clock)
    assert list(clock.seconds) == PHASES
    assert not clock.scaled["baseline"]


@pytest.mark.parametrize(("most", "run", "noise"), [(0, 10, 0.0), (4, 4, 0.6), (20, 10, 0.0)])
def test_a_training_cut_short_is_scaled_by_epochs_and_keeps_its_noise(
    monkeypatch, most, run, noise
):
    now, calls = [0.0], []

    def train(network, *, epochs, noise, lr):
        calls.append((epochs, noise))
        now[0] += 2.0 * epochs

    monkeypatch.setattr(time, "process_time", lambda: now[0])
    clock = Clock(most_epochs=most)
    with clock.phase("course"):
        now[0] += 1.0  # what is no training is not scaled
        clock.shortened(train)("network", epochs=10, noise=(0.9, 0.0), lr=1e-3)
    assert calls == [(run, (0.9, pytest.approx(noise)))]
    assert clock.seconds["course"] == pytest.approx(1 + 2 * 10)
    assert clock.scaled["course"] == pytest.approx(2 * (10 - run))


def test_times_less_is_divided_the_right_way_round():
    results = {
        name: {"seconds": {"baseline": cost}, "scaled": {}}
        for name, cost in (("fast", 2.0), ("straightforward", 20.0))
    }
    table = engines.phase_table(results, quick=False)
    assert table.columns == ["phase", "fast", "straightforward", "straightforward / fast"]
    assert list(table.rows) == [["baseline", 2.0, 20.0, 10.0], ["total", 2.0, 20.0, 10.0]]
    assert "nothing is scaled" in table.note


def test_a_table_is_for_people_and_for_programs():
    table = Table("name", "Title", ["rule", "s"], [["prune", 1234.5678], ["all", None]], "Note.")
    assert table.csv() == "rule,s\nprune,1234.57\nall,\n"
    assert "## Title\n\nNote.\n\n| rule  |     s |\n" in table.markdown()
    assert "| prune | 1,235 |\n| all   |     – |\n" in table.markdown()
    assert [shown(value) for value in (0.1234, 12.34, 3, "x")] == ["0.12", "12.3", "3", "x"]


def test_peak_memory_is_this_process_own():
    assert 10 < peak_memory() < 100_000


def write_job(results, job, log, memory):
    for kind, suffix, text in (
        ("logs", "log", log),
        ("benchmarks", "tsv", f"s\tmax_rss\n1.0\t{memory}\n"),
    ):
        path = (results / kind / job).with_suffix(f".{suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_cost_by_rule_is_read_from_the_logs_that_jobs_write(tmp_path):
    for job, memory in (("treat/0_ssri", "200.5"), ("treat/1_ssri", "300.5"), ("tables", "NA")):
        path = tmp_path / "log"
        with job_log(path, job):
            pass
        write_job(tmp_path, job, path.read_text(encoding="utf-8"), memory)
    rules = workflow.read_rules(tmp_path)
    assert {rule: len(jobs.cpu) for rule, jobs in rules.items()} == {"tables": 1, "treat": 2}
    assert rules["treat"].memory == [200.5, 300.5]
    assert rules["tables"].memory == []
    assert min(rules["treat"].cpu) > 0


def test_growth_with_seeds_and_shares_by_rule():
    jobs = workflow.Jobs(cpu=[4.0, 6.0], memory=[100.0, 120.0])
    one, five = workflow.Run(9.0, 12.0, {"treat": jobs}), workflow.Run(30.0, 52.0, {"treat": jobs})
    table = workflow.growth_table({1: one, 5: five})
    assert list(table.rows[1]) == [5, 30.0, 52.0, 10.0, 42.0, 10.4]
    assert "each one more costs 10.0 CPU-seconds" in table.note
    miniature = workflow.Run(1.0, 1.0, {"treat": workflow.Jobs([1.0, 2.0], [50.0])})
    treat, total = workflow.rules_table(one, miniature, 1).rows
    assert treat == ["treat", 2, 10.0, 5.0, 3.0, 0.3, 120.0]
    assert total == ["total", 2, 10.0, None, 3.0, 0.3, 120.0]


def test_a_dry_run_of_two_seeds_is_measured(tmp_path):
    workflow.copy_project(tmp_path)
    seeds, jobs, cpu, memory = scaling.planned(tmp_path, 2)
    assert seeds == 2
    assert jobs > 2 * 16  # of each seed, and of the study
    assert 0.5 < cpu < 100
    assert 50 < memory < 2000
