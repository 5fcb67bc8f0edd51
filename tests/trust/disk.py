"""What happens on a full disk, and in a results folder that cannot be written?

    python -m tests.trust.disk

mounts small file systems in memory, which takes root, and fills them or makes them read-only:
under what the library writes, under the results of a running workflow, and under all of it. The
cause must be named, in one sentence with the file or folder unless it is Snakemake's own file;
nothing half-written may be left, and the same command must go on once there is room.
"""

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
from tests.projects import ONE_SEED, Project
from tests.trust.damage import a_network, measurements
from tests.trust.running import GOES_ON

FULL, READ_ONLY = "No space left on device", "Read-only file system"
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


def _mount(*arguments):
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or str(error)
        raise CannotMountError(f"a file system cannot be mounted here: {reason.strip()}") from None


def fill(folder):
    """Fill a file system to the last byte; return the file that fills it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def library_writes(folder):
    """Return what is wrong with writing each kind of file where there is no room."""
    writers = {
        "network.safetensors": lambda path: write_network(path, a_network(), origin(0, "healthy")),
        "rows.parquet": lambda path: write_rows(path, measurements(0, "ssri"), Measurement),
        "report.html": lambda path: write_text(path, "word"),
        "figure.svg": lambda path: pages.save(Figure, [path]),
    }
    wrong = []
    with mounted(folder / "small", "16k") as small:
        filler = fill(small)
        for cause in (FULL, READ_ONLY):
            if cause == READ_ONLY:
                remount(small, "ro")
            for name, write in writers.items():
                path, said = small / name, "nothing"
                try:
                    write(path)
                except PipelineError as error:
                    said = str(error)
                left = sorted(small.iterdir())
                if said != f"{path}: could not be written ({cause})" or left != [filler]:
                    wrong.append(f"{name}, {cause}: said {said}, left {left}")
    return wrong


def workflow_writes(folder):
    """Return what is wrong with a workflow without room, case by case."""
    wrong: list[str] = []

    def case(what, target, *sentences):
        """Run the workflow, which must end in these sentences, or well if there are none."""
        command = [sys.executable, "-m", "snakemake", "-j", "2", target]
        done = subprocess.run(
            [*command, "--configfile", "tiny.yaml"],
            cwd=project.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        output = done.stdout + done.stderr
        left = [*project.folder.rglob("*.part"), *project.folder.rglob(".room*")]
        failed, said = done.returncode != 0, all(each in output for each in sentences)
        if failed != bool(sentences) or not said or left:
            wrong.append(f"{what}: left {left}, said {output[-1500:]}")

    with mounted(folder / "disk", "40m") as disk:
        project = Project(disk / "project")
        # Its networks have 24 kB.
        project.file_of(ONE_SEED | {"network": {"hidden": [64, 64]}})
        with mounted(project.folder / "results", "56k") as results:
            case("results full", PRUNED, f"{PRUNED}: could not be written ({FULL})", GOES_ON)
            remount(results, "size=2m")
            case("results with room again", PRUNED)
            remount(results, "ro")
            case("results read-only", TREATED, f"results: could not be written ({READ_ONLY})")
            remount(results, "rw")
            case("results writable again", TREATED)
        # These end in Snakemake, which cannot write its own files.
        filler = fill(disk)
        case("no room at all", PRUNED, FULL)
        filler.unlink()
        remount(disk, "ro")
        case("all read-only", PRUNED, READ_ONLY)
        remount(disk, "rw")
        case("room again", TREATED)
    return wrong


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            wrong = library_writes(Path(folder)) + workflow_writes(Path(folder))
        except CannotMountError as error:
            print(f"skipped: {error}")
            return 0
    print(*wrong, f"wrong: {len(wrong)}", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
