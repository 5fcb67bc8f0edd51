"""Does a study that is killed again and again end with the same bytes, and run no job twice?

    python -m tests.trust.kills --kills 30 --stops 6

runs a tiny study undisturbed, then runs it again and kills it with SIGKILL at random moments: in
turn the workflow's process alone, one of its jobs, and all of its processes at once. After each
kill the same command goes on. When the study is complete its files are compared with those of the
undisturbed run, and the next one is begun until there were enough kills. Then the same with
Ctrl-C, an interrupt to the workflow alone, and the signal of the command `kill`.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.projects import TINY, Project

KILLS = dict.fromkeys(("workflow", "job", "group"), signal.SIGKILL)
STOPS = {"Ctrl-C": signal.SIGINT, "interrupt": signal.SIGINT, "terminate": signal.SIGTERM}
OF_ALL = ("group", "Ctrl-C")  # go to all processes, the others to one
GOES_ON = "repeat the command to continue"
APART = {"logs", "benchmarks"}  # tell of time
STUDY = TINY | {"engine": "plain"}  # no compiler, whose first use would take most of the time


@dataclass
class Counts:
    """What happened, and what should not have."""

    kills: Counter[str] = field(default_factory=Counter)
    finished_before: int = 0  # jobs' outputs that Snakemake had recorded, summed over the resumes
    running: int = 0  # jobs that a kill found running
    studies: int = 0
    compared: int = 0  # files of results
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kills = ", ".join(f"{kind} {count}" for kind, count in self.kills.items())
        return (
            f"signals: {self.kills.total()} ({kills}); {self.running} jobs were running\n"
            f"resumed runs found {self.finished_before} recorded outputs, and made none again\n"
            f"studies completed: {self.studies}; files compared: {self.compared}\n"
            f"wrong: {len(self.wrong)}" + "".join(f"\n  {line}" for line in self.wrong)
        )


class Run:
    """A running workflow, in a process group of its own."""

    def __init__(self, project: Project, *arguments: str) -> None:
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
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def jobs(self) -> list[int]:
        """The processes of its jobs, dead or orphaned ones left out."""
        return [pid for pid in self.members() if b".snakemake/scripts/" in _command(pid)]

    def members(self) -> list[int]:
        """All processes of its group, but those that have ended."""
        return [pid for pid in _processes() if _group(pid) == self.process.pid]

    def wait_for_jobs(self, patience: float = 300) -> bool:
        """Wait until it runs a job; False if it ends without."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            if self.jobs():
                return True
            time.sleep(0.02)
        raise TimeoutError(self.output)

    def wait_for_the_end(self, patience: float = 20) -> list[int]:
        """Wait until none of its processes is left; return those that are left all the same."""
        end = time.monotonic() + patience
        while (left := self.members()) and time.monotonic() < end:
            time.sleep(0.05)
        return left


def recorded(folder: Path) -> dict[str, tuple[int, int]]:
    """The outputs that Snakemake has on record as finished: time and inode of each."""
    marks = folder / ".snakemake"
    incomplete = {path.name for path in marks.glob("incomplete/*")}
    found = {}
    for record in marks.glob("metadata/*"):
        try:
            json.loads(record.read_bytes())
        except ValueError:
            continue  # killed while it wrote the record, so the job had not finished
        name = base64.urlsafe_b64decode(record.name).decode()
        path = folder / name
        if record.name not in incomplete and path.exists():
            status = path.stat()
            found[name] = (status.st_mtime_ns, status.st_ino)
    return found


def results(folder: Path) -> dict[str, bytes]:
    """Every result of a study, but for what tells of time."""
    files = [path for path in (folder / "results").rglob("*") if path.is_file()]
    return {
        name: path.read_bytes()
        for path in files
        if not APART & set((name := str(path.relative_to(folder))).split("/"))
        and path.name != "report.html"
    }


def kill_and_resume(
    project: Project,
    targets: list[str],
    undisturbed: dict[str, bytes],
    *,
    kills: int,
    within: float,
    kinds: Mapping[str, signal.Signals] = KILLS,
    seed: int = 0,
) -> Counts:
    """Kill and resume a project's study `kills` times, and return what came of it.

    A kill comes at random `within` so many seconds of the first job of a run.
    """
    counts, chance = Counts(), random.Random(seed)
    known: dict[str, tuple[int, int]] = {}
    while True:
        enough = counts.kills.total() >= kills
        run = Run(project, *targets)
        started = run.wait_for_jobs()
        counts.finished_before += len(known)
        if started and not enough:
            time.sleep(chance.uniform(0, within))
            kind = list(kinds)[counts.kills.total() % len(kinds)]
            _kill(run, kind, kinds[kind], chance, counts)
        code = run.process.wait()
        if left := run.wait_for_the_end():
            counts.wrong.append(f"{len(left)} processes outlived their workflow")
            os.killpg(run.process.pid, signal.SIGKILL)
        if code > 0 and GOES_ON not in run.output:
            counts.wrong.append(f"a run ended without a word on how to go on: {run.output[-500:]}")
        if "another workflow" in run.output:
            counts.wrong.append("the same command was refused after a kill")
            return counts
        now = recorded(project.folder)
        for name in known.keys() - {name for name in known if now.get(name) == known[name]}:
            counts.wrong.append(f"{name} was made again")
        known = now
        if code != 0:
            if enough:
                counts.wrong.append(f"the last run failed: {run.output[-2000:]}")
                return counts
            continue
        counts.studies += 1
        counts.wrong += [f"{path} was left" for path in project.folder.rglob("*.part")]
        found = results(project.folder)
        counts.compared += len(found)
        counts.wrong += [
            f"{name} differs from the undisturbed run"
            for name in sorted(found.keys() | undisturbed.keys())
            if found.get(name) != undisturbed.get(name)
        ]
        if enough or counts.wrong:
            return counts
        shutil.rmtree(project.folder / "results")
        shutil.rmtree(project.folder / ".snakemake")
        known = {}


def _kill(run: Run, kind: str, sent: signal.Signals, chance: random.Random, counts: Counts) -> None:
    jobs = run.jobs()
    if run.process.poll() is not None or (kind == "job" and not jobs):
        return  # too late
    target = chance.choice(jobs) if kind == "job" else run.process.pid
    with suppress(ProcessLookupError):
        (os.killpg if kind in OF_ALL else os.kill)(target, sent)
        counts.kills[kind] += 1
        counts.running += len(jobs)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _group(pid: int) -> int | None:
    try:
        state, _, group = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else int(group)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--stops", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Project(Path(folder, "undisturbed"))
        undisturbed.study = STUDY
        print("running the study undisturbed", flush=True)
        began = time.monotonic()
        undisturbed.snakemake("-j", "2")
        # The time of some four of its forty-two jobs, two at once: a kill finds one starting,
        # working, writing, or just gone.
        within = (time.monotonic() - began) / 10
        expected = results(undisturbed.folder)
        for kinds, number in ((KILLS, arguments.kills), (STOPS, arguments.stops)):
            print(f"{number} times {', '.join(kinds)}, each within {within:.1f} s", flush=True)
            project = Project(Path(folder, next(iter(kinds))))
            project.study = STUDY
            how = {"kills": number, "within": within, "kinds": kinds, "seed": arguments.seed}
            counts = kill_and_resume(project, [], expected, **how)
            print(counts, flush=True)
            wrong += len(counts.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
