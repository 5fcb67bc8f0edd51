"""The source files of a workflow, so that a job notices when they are edited during a run.

A job is planned with the code as it was when the workflow started, but imports the code later.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

from pipeline_lib.errors import PipelineError

VARIABLE = "PRUNING_SOURCES"  # the environment variable that passes the digests to the jobs

PACKAGE, SCRIPTS = "pipeline_lib", "workflow_scripts"

# When each file was last changed, as this process first saw it. Unlike the time of its content,
# nobody can set it back, so that an edit is noticed that was reverted before the job ended.
_changed: dict[str, int] = {}


def recorded(root: str | Path) -> str:
    """Return the digests of the scripts of all jobs and of the library, for `VARIABLE`."""
    files = [path for part in (PACKAGE, SCRIPTS) for path in Path(root, part).rglob("*.py")]
    return json.dumps({str(path.relative_to(root)): _digest(path) for path in sorted(files)})


def check() -> None:
    """Raise PipelineError if this process's script, or a module that it imported, was edited.

    Outside a workflow nothing is checked.
    """
    known: dict[str, str] = json.loads(os.environ.get(VARIABLE, "{}"))
    if not known:
        return
    root = Path(__file__).parents[2]
    for name in known:
        _changed.setdefault(name, _last_change(root / name))
    for path in _running():
        name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        if _digest(path) != known.get(name) or _last_change(path) != _changed[name]:
            raise PipelineError(
                f"{path} was edited while the workflow was running, so nothing was written;"
                " repeat the command"
            )


def _running() -> list[Path]:
    """Return the files of this process's script and of the library as far as it is imported."""
    files = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}
    return [
        Path(path)
        for name, path in files.items()
        if path
        and (
            name.split(".")[0] == PACKAGE
            or (name == "__main__" and Path(path).parent.name == SCRIPTS)
        )
    ]


def _last_change(path: Path) -> int:
    try:
        return path.stat().st_ctime_ns
    except OSError:
        return 0


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return "missing"
