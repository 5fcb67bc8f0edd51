"""What the processes of a running workflow hold: memory, file descriptors, sockets."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

GONE = (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError, ProcessLookupError)


@dataclass
class Sample:
    """The workflow's own process at one moment; memory in MB."""

    seconds: float
    done: int
    rss: float
    pss: float
    descriptors: int
    sockets: int
    threads: int


@dataclass
class Job:
    """A job by its script, or by its log once that is open, and its processes' peaks in MB."""

    script: str
    log: str | None = None
    memory: dict[int, float] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What it shares with the same job of other seeds: their memory should be alike."""
        return self.log or f"{self.script}.py"

    @property
    def most(self) -> float:
        """The sum of its processes' own peaks."""
        return sum(self.memory.values())


class Watch:
    """Samples of a workflow's process and of its jobs, while it runs."""

    def __init__(self, pid: int, log: Path) -> None:
        self.process = psutil.Process(pid)
        self.log = log
        self.began = time.monotonic()
        self.samples: list[Sample] = []
        self.jobs: dict[tuple[int, float], Job] = {}

    def look(self) -> None:
        """Take one sample of the jobs."""
        with suppress(*GONE):
            for child in self.process.children():
                # Numbers of processes are used again, so the time of birth belongs to them.
                name = (child.pid, child.create_time())
                if name not in self.jobs and (script := script_of(child.cmdline())):
                    self.jobs[name] = Job(script)
                if name in self.jobs:
                    self._look_at(child, self.jobs[name])

    def look_at_workflow(self) -> None:
        """Take one sample of the workflow's own process."""
        with suppress(*GONE):
            memory = self.process.memory_full_info()
            sample = Sample(
                seconds=time.monotonic() - self.began,
                done=finished_jobs(self.log.read_text(encoding="utf-8")),
                rss=memory.rss / 1e6,
                pss=memory.pss / 1e6,
                descriptors=self.process.num_fds(),
                sockets=len(self.process.net_connections(kind="all")),
                threads=self.process.num_threads(),
            )
            if memory.rss:  # of a process that has ended there is nothing
                self.samples.append(sample)

    def _look_at(self, first: psutil.Process, job: Job) -> None:
        for process in (first, *first.children(recursive=True)):
            with suppress(*GONE):
                job.log = job.log or next(
                    filter(None, (kind_of(file.path) for file in process.open_files())), None
                )
                # The kernel's own high-water mark: a peak between two looks is not missed.
                if mark := re.search(
                    r"^VmHWM:\s*(\d+) kB", Path(f"/proc/{process.pid}/status").read_text(), re.M
                ):
                    job.memory[process.pid] = int(mark[1]) / 1e3


def script_of(command: list[str]) -> str | None:
    """Return the name of the script in a job's command line, None if it is no job's."""
    found = re.search(r"\.snakemake/scripts/tmp\w+\.(\w+)\.py", " ".join(command))
    return found[1] if found else None


def kind_of(path: str) -> str | None:
    """Return a log's name without the seed, None if it is no log: treat/3_ssri.log, treat/ssri."""
    found = re.search(r"/results/logs/(.+)\.log$", path)
    return re.sub(r"/\d+(_|$)", "/", found[1]).rstrip("/") if found else None


def finished_jobs(log: str) -> int:
    """Return how many jobs Snakemake's output says are done."""
    found = re.findall(r"^(\d+) of \d+ steps \(", log, flags=re.M)
    return int(found[-1]) if found else 0


def marked(name: str, value: str) -> Iterator[psutil.Process]:
    """Yield the running processes that have an environment variable of this value.

    Children inherit it, whatever session or process group they are in, and whoever is their parent.
    """
    for process in psutil.process_iter():
        with suppress(*GONE):
            if process.environ().get(name) == value and process.status() != psutil.STATUS_ZOMBIE:
                yield process
