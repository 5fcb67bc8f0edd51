"""What happens on a full disk, and in a results folder that cannot be written?

    python -m tests.trust.disk

mounts small file systems in memory, which takes root, and fills them or makes them read-only:
under what the library writes, under the results of a running workflow, and under all of it. Each
time one sentence must name the file or folder and the cause, nothing half-written may be left, and
the same command must go on once there is room.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from matplotlib.figure import Figure

from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.errors import PipelineError
from pipeline_lib.figures import pages
from pipeline_lib.files.networks import origin, write_network
from pipeline_lib.files.rows import write_rows
from pipeline_lib.files.whole import write_text
from tests.projects import Project
from tests.trust.damage import a_network, measurements
from tests.trust.running import STUDY

FULL, READ_ONLY = "No space left on device", "Read-only file system"
GOES_ON = "repeat the command to continue"
STUDIED = STUDY | {"seeds": 1, "network": {"hidden": [64, 64]}}  # a network of 24 kB
PRUNED, TREATED = (f"results/seeds/0/{name}.safetensors" for name in ("pruned", "ssri/network"))


class CannotMountError(Exception):
    """Mounting takes root, and a machine that allows it."""


@contextmanager
def mounted(folder, size):
    """Give a folder that is a small file system of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--recursive", str(folder)], check=True)


def remount(folder, options):
    """Change a mounted folder's options: its size, or ro."""
    _mount("-o", f"remount,{options}", str(folder))


def fill(folder):
    """Fill a file system to the last byte; return the file that fills it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def library_writes(folder):
    """Return what is wrong with writing each kind of file where there is no room."""
    wrong = []
    with mounted(folder / "small", "16k") as small:
        for cause in (FULL, READ_ONLY):
            if cause == READ_ONLY:
                remount(small, "ro")
            else:
                fill(small)
            before = sorted(small.rglob("*"))
            for name, write in _writers().items():
                path = small / name
                try:
                    write(path)
                    said = "nothing"
                except PipelineError as error:
                    said = str(error)
                if said != f"{path}: could not be written ({cause})":
                    wrong.append(f"{name}, {cause}: said {said}")
            if sorted(small.rglob("*")) != before:
                wrong.append(f"{cause}: left {sorted(small.rglob('*'))}")
    return wrong


def workflow_writes(folder):
    """Return what is wrong with a workflow without room, told case by case."""
    wrong: list[str] = []

    def fails(case, project, target, *sentences):
        done = _run(project, target)
        found = [
            f"not said: {sentence}\n{done.stderr[-1500:]}"
            for sentence in sentences
            if sentence not in done.stdout + done.stderr
        ]
        if done.returncode == 0:
            found.append("the workflow said that all was well")
        left = [*project.folder.rglob("*.part"), *project.folder.rglob(".room*")]
        told(case, found + [f"left {path}" for path in left])

    def succeeds(case, project, target):
        done = _run(project, target)
        told(case, [done.stderr[-1500:]] if done.returncode else [])

    def told(case, found):
        wrong.extend(f"{case}: {line}" for line in found)
        print(f"  {case}: {'wrong' if found else 'as it should be'}", flush=True)

    with mounted(folder / "disk", "40m") as disk:
        project = Project(disk / "project")
        project.study = STUDIED
        results = project.folder / "results"
        with mounted(results, "56k"):
            fails("results full", project, PRUNED, _not_written(PRUNED, FULL), GOES_ON)
            remount(results, "size=2m")
            succeeds("results with room again", project, PRUNED)
            remount(results, "ro")
            fails("results read-only", project, TREATED, _not_written("results", READ_ONLY))
            remount(results, "rw")
            succeeds("results writable again", project, TREATED)
        filler = fill(disk)
        fails("no room at all", project, PRUNED, _not_written(".snakemake", FULL))
        filler.unlink()
        remount(disk, "ro")
        fails("all read-only", project, PRUNED, _not_written(".snakemake", READ_ONLY))
        remount(disk, "rw")
        succeeds("room again", project, TREATED)
    return wrong


def _writers():
    rows = measurements(0, "ssri")
    return {
        "network.safetensors": lambda path: write_network(path, a_network(), origin(0, "healthy")),
        "rows.parquet": lambda path: write_rows(path, rows, Measurement),
        "report.html": lambda path: write_text(path, "word"),
        "figure.svg": lambda path: pages.save(Figure, [path]),
        "figure.png": lambda path: pages.save(Figure, [path]),
    }


def _not_written(name, cause):
    return f"{name}: could not be written ({cause})"


def _run(project, target):
    command = [sys.executable, "-m", "snakemake", "-j", "2", target, "--configfile", "tiny.yaml"]
    if not (project.folder / "tiny.yaml").exists():
        project.command()
    return subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)


def _mount(*arguments):
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or str(error)
        raise CannotMountError(f"a file system cannot be mounted here: {reason.strip()}") from None


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            wrong = library_writes(Path(folder)) + workflow_writes(Path(folder))
        except CannotMountError as error:
            print(f"skipped: {error}")
            return 0
    print(f"wrong: {len(wrong)}" + "".join(f"\n  {line}" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
