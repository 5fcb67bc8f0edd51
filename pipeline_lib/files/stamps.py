"""What made a file: every file of a study carries a stamp that says it.

A stamp has three digests: `content`, of what the file holds; `made_by`, of the plan of the job that
wrote it (its slice of the study, its code, the versions of libraries that numbers depend on, and
the plans of its inputs); and `made_from`, of the contents of the files that the job read. Plans are
known before anything runs, so a workflow can tell whether a file is the one that it would make.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.whole import REMEDY, write_text

KEY = "stamp"  # under which a file's metadata hold it
STAMPED = (".parquet", ".safetensors")  # files that carry their stamp
UNPLANNED = "no plan"  # of a file that was written outside a workflow

# A footer of Parquet and a header of safetensors hold the stamp as it is written here, the latter
# with its quotation marks escaped.
_STAMP = re.compile(
    rb'\{\\*"content\\*": \\*"(\w+)\\*", \\*"made_by\\*": \\*"([\w ]+)\\*", '
    rb'\\*"made_from\\*": \\*"(\w+)\\*"\}'
)


@dataclass(frozen=True)
class Made:
    """What a job says of the files that it makes: the digest of its plan, and of what it read."""

    by: str = UNPLANNED
    of: str = hashlib.sha256().hexdigest()

    def stamp(self, content: str) -> Stamp:
        """Return the stamp of a file with this content."""
        return Stamp(content, self.by, self.of)


BY_HAND = Made()


@dataclass(frozen=True)
class Stamp:
    """The three digests of a file."""

    content: str
    made_by: str
    made_from: str

    def text(self) -> str:
        """Return the stamp as a file's metadata hold it."""
        return json.dumps(asdict(self), sort_keys=True)


def parsed(text: str) -> Stamp | None:
    """Return the stamp in a file's metadata, None if it is none."""
    found = _STAMP.fullmatch(text.encode())
    return Stamp(*(part.decode() for part in found.groups())) if found else None


def stamp_files(path: str | Path, files: Iterable[str | Path], made: Made) -> None:
    """Write the stamp of a job's texts and pictures, which cannot carry their own.

    It names them by their paths below the results folder, two levels above the stamp.
    """
    files = list(files)
    names = [os.path.relpath(file, Path(path).parent.parent) for file in files]
    write_text(path, f"{made.stamp(contents(files)).text()}\n{json.dumps(names)}\n")


def stamped_files(path: str | Path) -> list[str]:
    """Return the paths of the files that a stamp of `stamp_files` names, none if it is damaged."""
    results = Path(path).parent.parent
    try:
        names = json.loads(Path(path).read_text(encoding="utf-8").splitlines()[1])
        inside = [
            name for name in names if ".." not in Path(name).parts and not os.path.isabs(name)
        ]
    except (OSError, ValueError, IndexError, TypeError):
        return []
    return [str(results / name) for name in inside]


def contents(paths: Iterable[str | Path]) -> str:
    """Return a digest of the contents of several files in order, as their stamps tell them.

    What has no stamp, such as a table of published numbers, is read whole.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{_content(path)}\n".encode())
    return digest.hexdigest()


def _content(path: str | Path) -> str | None:
    if Path(path).suffix in STAMPED:
        stamp = read_stamp(path)
        return stamp.content if stamp else None
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None


def read_stamp(path: str | Path) -> Stamp | None:
    """Return the stamp of a Parquet, safetensors or JSON file, None if it has none.

    This looks at the stamp alone, which takes some microseconds; whether the content is what the
    stamp says is checked whenever the file is read.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if Path(path).suffix == ".parquet":
                file.seek(max(0, size - 8))
                length, end = file.read(4), file.read(4)
                if end != b"PAR1":
                    return None  # the file was cut short
                footer = int.from_bytes(length, "little")
                file.seek(max(0, size - 8 - footer))
                place = file.read(min(size, footer))
            elif Path(path).suffix == ".safetensors":
                place = file.read(min(size, int.from_bytes(file.read(8), "little")))
            else:
                place = file.read()
    except (OSError, OverflowError):
        return None
    found = _STAMP.search(place)
    return Stamp(*(part.decode() for part in found.groups())) if found else None


def check_plan(path: str | Path, stamp: Stamp, planned: str | None) -> None:
    """Raise PipelineError if a file was not made by the plan that it should be; None allows any."""
    if planned is not None and stamp.made_by != planned:
        raise PipelineError(
            f"{path}: it was made by other settings, other code or other versions of libraries"
            f" than this study's; {REMEDY}"
        )
