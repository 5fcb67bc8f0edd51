"""Every rule of the study belongs to a group that the profiles of queues know."""

from __future__ import annotations

import re

import yaml

from tests.conftest import ROOT


def test_the_profile_of_a_queue_groups_every_rule_of_the_study():
    for path in (ROOT / "rules").glob("*.smk"):
        if path.stem.startswith("replay"):
            continue
        text = path.read_text(encoding="utf-8")
        for rule in re.split(r"^ *rule\b", text, flags=re.M)[1:]:
            assert re.search(r"^ +group:\n +(SEED|STUDY)_GROUP$", rule, re.M), (path, rule[:40])
    for name in ("slurm", "generic"):
        profile = yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text("utf-8"))
        assert {entry.split("=")[0] for entry in profile["group-components"]} <= {"seed", "study"}


def test_a_queue_is_asked_what_became_of_a_job_and_grants_the_memory_that_openblas_reserves():
    profile = yaml.safe_load((ROOT / "profiles/generic/config.yaml").read_text("utf-8"))
    status = profile["cluster-generic-status-cmd"]
    assert {"running", "success", "failed"} <= set(re.findall(r"echo (\w+)", status))
    (memory,) = [text for text in profile["default-resources"] if text.startswith("mem_mb=")]
    assert int(re.findall(r"\d+", memory)[0]) >= 1500


def test_no_profile_asks_times_or_snakemakes_record_what_is_to_be_made():
    for path in (ROOT / "profiles").glob("*/config.yaml"):
        assert yaml.safe_load(path.read_text("utf-8"))["rerun-triggers"] == "software-env", path
