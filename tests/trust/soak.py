"""Does a run of many jobs grow, or leave files or processes behind?

    python -m tests.trust.soak [--seeds 20]

runs a tiny study of so many seeds, two jobs at once, and looks at the workflow's process every
second. Ends with 1 if anything grew or was left.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.projects import Project
from tests.trust.running import STUDY, Run

# Snakemake keeps a few kilobytes of bookkeeping of each job, and memory comes and goes by pages.
MOST_KB_PER_JOB = 10.0
SLACK_MB = 5.0
MORE_DESCRIPTORS = 4  # pipes to a job that is just being started or ended
# Snakemake's log of each run and what each output was made from; the study; and the file on which
# the workflow holds its lock.
KEPT = re.compile(
    r"\.snakemake/(log|metadata)/.+$|results/(\.owner|study\.yaml)$|(.*/)?__pycache__/.+\.(pyc|kernel)$"
)


@dataclass(frozen=True)
class Sample:
    """The workflow's own process at one moment: jobs done so far, MB of memory, descriptors."""

    done: int
    memory: float
    descriptors: int


def look(run):
    """Return a sample of a running workflow, or None if it has just ended."""
    process = Path(f"/proc/{run.process.pid}")
    with suppress(OSError):
        memory = re.search(r"VmRSS:\s*(\d+) kB", (process / "status").read_text())
        done = re.findall(r"^(\d+) of \d+ steps \(", run.output, flags=re.MULTILINE)
        if memory:  # which a process that has ended no longer has
            descriptors = len(os.listdir(process / "fd"))
            return Sample(int(done[-1]) if done else 0, int(memory[1]) / 1e3, descriptors)
    return None


def growth(samples):
    """Return what was larger in the second half of a run than in the first, beyond the bounds."""
    # Until some jobs are done, the process is still growing to what it is.
    steady = [s for s in samples if s.done >= max(1, samples[-1].done / 10)]
    if len(steady) < 2:
        return []
    first, second = steady[: len(steady) // 2], steady[len(steady) // 2 :]
    found = []
    grown = max(s.memory for s in second) - max(s.memory for s in first)
    if grown > SLACK_MB + MOST_KB_PER_JOB / 1e3 * (second[-1].done - first[0].done):
        found.append(f"memory grew by {grown:.1f} MB")
    more = max(s.descriptors for s in second) - max(s.descriptors for s in first)
    if more > MORE_DESCRIPTORS:
        found.append(f"{more} more descriptors were open")
    return found


def files(folder):
    """Return the paths below a folder of everything that is no folder, hidden or not."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def declared(summary):
    """Return the outputs and logs in the output of `snakemake --summary`."""
    found: set[str] = set()
    lines = summary[summary.index("output_file\t") :]
    for row in csv.DictReader(io.StringIO(lines), delimiter="\t"):
        logs = (row["log-file(s)"] or "-").split(",")
        if logs != ["-"]:
            found |= set(logs)
        found.add(row["output_file"])
    return found


def undeclared(found, expected):
    """Return the files of a project's folder that nothing accounts for."""
    return sorted(name for name in found if name not in expected and not KEPT.match(name))


def soak(folder, seeds, targets):
    """Run a study; return the samples, and what grew or was left."""
    (temporary := folder / "temporary").mkdir()
    project = Project(folder / "project", env=os.environ | {"TMPDIR": str(temporary)})
    project.study = STUDY | {"seeds": seeds}
    before = files(project.folder)
    run, samples = Run(project, *targets), []
    try:
        while run.process.poll() is None:
            samples += [sample] if (sample := look(run)) else []
            time.sleep(1)
    finally:
        run.process.terminate()
    left = run.wait_for_the_end()
    expected = before | declared(project.snakemake("--summary", *targets))
    expected |= {"tiny.yaml", run.log.name}
    return samples, [
        *([f"the workflow failed: {run.output[-3000:]}"] if run.process.returncode else []),
        *growth(samples),
        *(f"process {pid} was left" for pid in left),
        *(f"{name} was left" for name in undeclared(files(project.folder), expected)),
        *(f"{name} was left in TMPDIR" for name in sorted(files(temporary))),
    ]


def main():
    """Run the soak, print what was seen, return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    with tempfile.TemporaryDirectory() as folder:
        samples, wrong = soak(Path(folder), parser.parse_args().seeds, [])
    for name in ("memory", "descriptors"):
        values = [getattr(sample, name) for sample in samples if sample.done]
        print(f"{name}: {values[0]:.0f} at first, {max(values):.0f} at most, {values[-1]:.0f} last")
    print(f"{samples[-1].done} jobs; wrong: {len(wrong)}", *wrong, sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
