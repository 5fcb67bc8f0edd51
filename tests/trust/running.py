"""A workflow of its own processes, that a test can watch and stop."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from tests.projects import TINY

GOES_ON = "repeat the command to continue"
APART = {"logs"}  # tell of time
STUDY = TINY | {"engine": "plain"}  # no compiler, whose first use would take most of the time


class Run:
    """A running workflow, in a process group of its own."""

    def __init__(self, project, *arguments):
        self.folder, self.log = project.folder, project.folder / "run.txt"
        command = project.command("-j", "2", *arguments)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # As a terminal starts it, also where this process was started to ignore Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                **project.surroundings,
            )

    @property
    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def jobs(self):
        """The processes of its jobs, dead or orphaned ones left out."""
        return [pid for pid in self.members() if _is_job(_command(pid).split(b"\0"))]

    def members(self):
        """All processes of its group, but those that have ended."""
        return [pid for pid in _processes() if _group(pid) == self.process.pid]

    def wait_for_jobs(self, patience=300):
        """Wait until it runs a job; False if it ends without."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            if self.jobs():
                return True
            time.sleep(0.02)
        raise TimeoutError(self.output)

    def wait_for_the_end(self, patience=20):
        """Wait until none of its processes is left; return those that are left all the same."""
        end = time.monotonic() + patience
        while (left := self.members()) and time.monotonic() < end:
            time.sleep(0.05)
        return left


def results(folder):
    """Every result of a study, but for what tells of time."""
    files = [path for path in (folder / "results").rglob("*") if path.is_file()]
    return {
        name: path.read_bytes()
        for path in files
        if not APART & set((name := str(path.relative_to(folder))).split("/"))
        and path.name != "report.html"
    }


def _processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _is_job(command):
    """Tell whether a command runs a script itself, and not a shell that does."""
    scripts = (b".snakemake/scripts/", b"/workflow_scripts/")
    runs_one = any(each in argument for argument in command[1:3] for each in scripts)
    return runs_one and "python" in Path(command[0].decode()).name


def _group(pid):
    try:
        state, _, group = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else int(group)
