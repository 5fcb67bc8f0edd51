"""What a running workflow's process holds, what its jobs held, and which processes are left."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
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


class Watch:
    """Samples of a workflow's own process, while it runs."""

    def __init__(self, pid: int, log: Path) -> None:
        self.process = psutil.Process(pid)
        self.log = log
        self.began = time.monotonic()
        self.samples: list[Sample] = []

    def look(self) -> None:
        """Take one sample."""
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


# Python runs a module of this name when it starts, and jobs look for modules in the project's
# folder first: each notes its own peak at its very end. To look at jobs from outside misses what
# they do between the last look and the end.
PEAKS = "PRUNING_SOAK_PEAKS"
NOTES_ITS_PEAK = f"""
import atexit, os, re, sys

@atexit.register
def note():
    job = getattr(sys.modules["__main__"], "snakemake", None)
    if job is None:
        return
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        peak = re.search(r"VmHWM:\\s*(\\d+) kB", file.read())[1]
    with open(os.environ["{PEAKS}"], "a", encoding="utf-8") as file:
        file.write(f"{{os.path.abspath(job.log[0])}}\\t{{peak}}\\n")
"""


def peaks_of_jobs(notes: str) -> dict[str, list[float]]:
    """Return the jobs' peaks in MB by kind, in the order in which they ended."""
    found = defaultdict(list)
    for line in notes.splitlines():
        path, kilobytes = line.split("\t")
        found[kind_of(path)].append(int(kilobytes) / 1e3)
    return dict(found)


def kind_of(log: str) -> str:
    """Return a log's name without the seed: treat/3_ssri.log becomes treat/ssri.

    Jobs of a kind differ in the seed alone, so their memory should be alike.
    """
    name = log.rpartition("/results/logs/")[2].removesuffix(".log")
    return re.sub(r"/\d+(_|$)", "/", name).rstrip("/")


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
