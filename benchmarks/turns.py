"""Contenders in processes of their own that work in turns, one at a time.

A shared machine is faster at one minute than at the next. In turns, from one training to the
next, all contenders have the same minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


def environment(**others: str) -> dict[str, str]:
    """Return the environment of a process that computes in one thread."""
    return {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT), **others}


def in_turns(requests: Mapping[str, Mapping[str, Any]], **others: str) -> dict[str, dict[str, Any]]:
    """Return each contender's result; `requests` as `benchmarks.contender` reads them."""
    running: dict[str, subprocess.Popen[str]] = {}
    results: dict[str, dict[str, Any]] = {}
    try:
        while len(results) < len(requests):
            for name in [name for name in requests if name not in results]:
                answer = next_answer(running, name, requests[name], others)
                if answer != "turn":
                    results[name] = json.loads(answer)
    finally:
        for process in running.values():
            process.kill()
            process.communicate()
    return {name: results[name] for name in requests}


def next_answer(
    running: dict[str, subprocess.Popen[str]],
    name: str,
    request: Mapping[str, Any],
    others: Mapping[str, str],
) -> str:
    """Let a contender go on, or start it, and return what it says next."""
    first = name not in running
    if first:
        running[name] = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.contender"],
            cwd=ROOT,
            env=environment(**others),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    process = running[name]
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(request) + "\n" if first else "go on\n")
    process.stdin.flush()
    answer = process.stdout.readline().strip()
    if not answer:
        sys.exit(f"{name} ended without a result")
    return answer
