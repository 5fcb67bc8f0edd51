"""A workflow of its own processes, that a test can watch and stop."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil

GOES_ON = "repeat the command to continue"


class Run:
    """A running workflow, in a process group of its own."""

    def __init__(self, project, *arguments):
        self.folder, self.log = project.folder, project.folder / "run.txt"
        command = [sys.executable, "-m", "snakemake", "-j", "2", *arguments]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--configfile", project.file_of()],
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

    def members(self):
        """The numbers of all processes of its group that have not ended."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                group, status = os.getpgid(process.pid), process.status()
                if group == self.process.pid and status != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
        return found

    def wait_for_the_end(self, patience=20):
        """Wait until none of its processes is left; return those that are left all the same."""
        end = time.monotonic() + patience
        while (left := self.members()) and time.monotonic() < end:
            time.sleep(0.05)
        return left
