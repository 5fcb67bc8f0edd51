"""The profiles of queues know every rule of the study."""

from __future__ import annotations

import re

import yaml

from tests.conftest import ROOT


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
