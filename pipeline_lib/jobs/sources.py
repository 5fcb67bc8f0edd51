"""The source files of a workflow, so that a job notices when they are edited during a run.

A job is planned with the code as it was when the workflow started, but imports the code later.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

from pipeline_lib.errors import PipelineError

VARIABLE = "PRUNING_SOURCES"  # the environment variable that passes the digests to the jobs

PACKAGE = "pipeline_lib"


def recorded(root: str | Path) -> str:
    """Return the digests of all source files of the library, for `VARIABLE`."""
    files = sorted(Path(root, PACKAGE).rglob("*.py"))
    return json.dumps({_name(path): _digest(path) for path in files})


def check() -> None:
    """Raise PipelineError if a module that this process imported was edited since the run began.

    Outside a workflow nothing is checked.
    """
    known: dict[str, str] = json.loads(os.environ.get(VARIABLE, "{}"))
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not known or not path or module.__name__.split(".")[0] != PACKAGE:
            continue
        if known.get(_name(Path(path))) != _digest(Path(path)):
            raise PipelineError(
                f"{path} was edited while the workflow was running, so nothing was written;"
                " repeat the command"
            )


def _name(path: Path) -> str:
    parts = path.parts
    return "/".join(parts[len(parts) - parts[::-1].index(PACKAGE) - 1 :])


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return "missing"
