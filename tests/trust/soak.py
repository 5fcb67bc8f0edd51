"""Does a long run grow, or leave anything behind? Memory, descriptors, files, processes.

    python -m tests.trust.soak                  # 100 tiny seeds, two jobs at once, ten minutes
    python -m tests.trust.soak --seeds 5 --seconds 0

A copy of the project runs a tiny study, with a folder of its own in place of /tmp and /dev/shm.
Ends with 1 if anything grew or was left. docs/reliability.md explains the bounds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from tests.projects import Project
from tests.trust.leftovers import declared, files, undeclared
from tests.trust.processes import NOTES_ITS_PEAK, PEAKS, Sample, Watch, marked, peaks_of_jobs

MARK = "PRUNING_SOAK"  # in the environment of all that the soak starts
LOOK = 2.0  # seconds between two looks at the workflow's process

# Snakemake keeps of each job that it ran a few kilobytes of bookkeeping. Besides, memory comes and
# goes by pages, and PSS with what other processes share, whatever the number of jobs.
MOST_KB_PER_JOB = 10.0
SLACK_MB = 5.0
WARM_UP = 0.1  # share of the jobs after which its growth is measured
# A job is a process of its own, so those of a kind should be alike. MB over the whole run, beyond
# what their scatter explains.
MOST_MB_OF_A_KIND = 5.0
STANDARD_ERRORS = 4.0
MORE_DESCRIPTORS = 4  # pipes to a job that is just being started or ended


@dataclass
class Finding:
    """One line of the table."""

    what: str
    found: str
    bound: str
    good: bool


def slope(x: list[float], y: list[float]) -> tuple[float, float]:
    """Return the slope of the straight line of least squares, and its standard error.

    Both are 0 of fewer than three points.
    """
    if len(x) < 3 or np.ptp(x) == 0:
        return 0.0, 0.0
    line = stats.linregress(x, y)
    return float(line.slope), float(line.stderr)


def growth(samples: list[Sample]) -> list[Finding]:
    """Return what became of the workflow's process."""
    last = samples[-1].done
    # Before a first job is done the process is still growing to what it is.
    steady = [s for s in samples if s.done >= max(1, WARM_UP * last)] or samples[-1:]
    done = [float(s.done) for s in steady]
    found = []
    for name in ("rss", "pss"):
        values = [getattr(s, name) for s in steady]
        rate, _ = slope(done, values)
        grown, allowed = rate * last, SLACK_MB + MOST_KB_PER_JOB / 1e3 * last
        found.append(
            Finding(
                f"workflow, {name.upper()}",
                f"{values[0]:.0f} to {values[-1]:.0f} MB over {last} jobs, {1e3 * rate:.1f} kB a "
                f"job, {grown:+.1f} MB in all",
                f"{allowed:.1f} MB",
                grown <= allowed,
            )
        )
    half = len(steady) // 2
    for name in ("descriptors", "sockets", "threads"):
        values = [getattr(s, name) for s in steady]
        before, after = max(values[: half or 1]), max(values[half:])
        found.append(
            Finding(
                f"workflow, {name}",
                f"at most {before} in the first half, {after} in the second",
                f"{MORE_DESCRIPTORS} more",
                after <= before + MORE_DESCRIPTORS,
            )
        )
    return found


def growth_of_jobs(peaks: dict[str, list[float]]) -> list[Finding]:
    """Return what became of each kind's jobs, in the order in which they began."""
    found = []
    for kind, values in sorted(peaks.items()):
        if len(values) < 3:
            continue
        rate, error = slope([float(i) for i in range(len(values))], values)
        drift, doubt = rate * len(values), STANDARD_ERRORS * error * len(values)
        found.append(
            Finding(
                f"jobs {kind}",
                f"{len(values)} jobs, median {np.median(values):.0f} MB, from {min(values):.0f} "
                f"to {max(values):.0f}, drift {drift:+.2f} MB",
                f"{MOST_MB_OF_A_KIND:.0f} MB, and {doubt:.2f} for scatter",
                drift <= MOST_MB_OF_A_KIND + doubt,
            )
        )
    return found


def nothing(what: str, found: list[str]) -> Finding:
    """Return the line of something that should not be there."""
    shown = ", ".join(found[:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "")
    return Finding(what, shown or "none", "none", not found)


class Ground:
    """Where the soak runs: a project, and folders that its processes see as /tmp and /dev/shm."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.private = {name: folder / name.strip("/").replace("/", "_") for name in HIDDEN}
        self.temporary, self.home = folder / "temporary", folder / "home"
        for path in (*self.private.values(), self.temporary, self.home, folder / "project"):
            path.mkdir()
        self.project = Project(folder / "project")
        self.log, self.peaks = folder / "snakemake.log", folder / "peaks.tsv"
        (folder / "project/sitecustomize.py").write_text(NOTES_ITS_PEAK, encoding="utf-8")
        self.mark = uuid.uuid4().hex
        self.isolated = subprocess.run(self._wrapped(["true"]), check=False).returncode == 0

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a command there, with its output to the log."""
        environment = os.environ | {
            MARK: self.mark,
            PEAKS: str(self.peaks),
            "TMPDIR": str(self.temporary),
            "HOME": str(self.home),
        }
        with self.log.open("wb") as log:
            return subprocess.Popen(
                self._wrapped(command) if self.isolated else command,
                cwd=self.project.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def left_in_temporary_folders(self) -> list[str]:
        """Return the files that are still in any temporary folder."""
        folders = [self.temporary, *self.private.values()]
        return sorted(f"{folder.name}/{name}" for folder in folders for name in files(folder))

    def _wrapped(self, command: list[str]) -> list[str]:
        mounts = " && ".join(_mounts(self.private))
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        unshare = shutil.which("unshare") or "unshare"
        return [unshare, "--mount", *user, "sh", "-c", f'{mounts} && exec "$@"', "sh", *command]


HIDDEN = ("/tmp", "/dev/shm")


def _mounts(private: dict[str, Path]) -> Iterator[str]:
    for at, to in private.items():
        # An environment that lies there itself is put back.
        if Path(sys.prefix).is_relative_to(at):
            inside = to / Path(sys.prefix).relative_to(at)
            yield f"mkdir -p '{inside}' && mount --bind '{sys.prefix}' '{inside}'"
        yield f"mount --rbind '{to}' '{at}'"


def watched(ground: Ground, command: list[str]) -> tuple[Watch, int]:
    """Run the workflow to its end; return what was seen, and its exit code."""
    started = ground.start(command)
    watch = Watch(started.pid, ground.log)
    try:
        while started.poll() is None:
            watch.look()
            time.sleep(LOOK)
    finally:
        if started.poll() is None:  # interrupted: the run has a session of its own to end
            os.killpg(started.pid, signal.SIGTERM)
            started.wait()
    return watch, started.returncode


def soak(ground: Ground, arguments: argparse.Namespace) -> list[Finding]:
    """Run rounds of seeds until the time is over; return all findings."""
    before = files(ground.project.folder)
    began, seeds, code, findings = time.monotonic(), 0, 0, []
    while seeds == 0 or (code == 0 and time.monotonic() - began < arguments.seconds):
        seeds += arguments.seeds
        study = ground.project.study | {"seeds": seeds}
        targets = [target.format(last=seeds - 1) for target in arguments.targets]
        command = ground.project.command("-j", str(arguments.jobs), *targets, study=study)
        watch, code = watched(ground, command)
        peaks = peaks_of_jobs(ground.peaks.read_text("utf-8")) if ground.peaks.exists() else {}
        ground.peaks.unlink(missing_ok=True)
        jobs = sum(map(len, peaks.values()))
        log = ground.log.read_text(encoding="utf-8")
        seconds = time.monotonic() - watch.began
        if code:
            print(log[-3000:], file=sys.stderr)
        findings += [
            Finding(f"{seeds} seeds, exit code", f"{code} after {seconds:.0f} s", "0", code == 0),
            Finding("jobs measured", str(jobs), "at least 1", jobs > 0),
            *growth(watch.samples),
            *growth_of_jobs(peaks),
        ]
    left = [f"{p.pid} {' '.join(p.cmdline())[:80]}" for p in marked(MARK, ground.mark)]
    summary = ground.project.snakemake("--summary", *targets, study=study)
    expected = before | declared(summary) | {"tiny.yaml"}
    project = undeclared(files(ground.project.folder), expected)
    return [
        *findings,
        nothing("processes left", left),
        nothing("files left in the project", project),
        nothing(
            f"files left in {', '.join(_temporary(ground))}", ground.left_in_temporary_folders()
        ),
        nothing("files left in the home folder", _at_home(ground)),
    ]


def _temporary(ground: Ground) -> list[str]:
    return ["TMPDIR", *(HIDDEN if ground.isolated else ())]


def _at_home(ground: Ground) -> list[str]:
    # Snakemake and Matplotlib keep caches there, each in its own folder, and no more of them.
    known = {".cache/snakemake", ".cache/matplotlib", ".config/matplotlib"}
    return sorted(n for n in files(ground.home) if "/".join(Path(n).parts[:2]) not in known)


def main(arguments: list[str] | None = None) -> int:
    """Run the soak, print the table, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=100, help="seeds of a round (100)")
    parser.add_argument("--jobs", type=int, default=2, help="jobs at once (2)")
    parser.add_argument("--seconds", type=float, default=600, help="begin rounds so long (600)")
    parser.add_argument("targets", nargs="*", help="files to make (all); {last}: the last seed")
    chosen = parser.parse_args(arguments)
    # Not below /tmp, which the soak's processes see another folder for.
    folder = Path(tempfile.mkdtemp(prefix="soak-", dir="/var/tmp"))
    try:
        findings = soak(Ground(folder), chosen)
    finally:
        shutil.rmtree(folder)
    for finding in findings:
        verdict = "good" if finding.good else "BAD "
        print(f"{verdict}  {finding.what}: {finding.found} (bound: {finding.bound})")
    return 0 if all(finding.good for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
