"""What a job of a seed is told on its command line (`told` and `command` in rules/stages.smk)."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Told:
    """The stage that a job is of, its seed, its log, and its files: those it reads come first.

    `study` is the job's slice of the study and `made_by` its plan. If the job reads a network,
    `source` is the state of that network and `planned` its plan. `beside` has the plans of further
    networks that it reads, by state.
    """

    stage: str
    state: str
    study: Any
    source: str | None
    planned: str | None
    made_by: str
    beside: dict[str, str]
    seed: int
    log: str
    files: list[str]


def told() -> Told:
    """Return what this process's command line says."""
    stage, seed, log, *files = sys.argv[1:]
    return Told(**json.loads(stage), seed=int(seed), log=log, files=files)
