"""Stamps, which say what made each file of a study.

A stamp has three digests. `content` is of what the file holds. `made_by` is of the plan of the job
that wrote it: its slice of the study, its code, the versions of the libraries that its numbers
depend on, and the plans of its inputs. `made_from` is of the contents of the files that the job
read, with networks apart from other files, because a study need not keep its networks. Plans are
known before anything runs, so a workflow can tell whether a file is up to date.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.whole import REMEDY, write_text

KEY = "stamp"  # the key of the stamp in a file's metadata
NETWORK = ".safetensors"
STAMPED = (".parquet", NETWORK)  # files that carry their stamp
UNPLANNED = "no plan"  # for files that were written outside a workflow

# The footer of a Parquet file and the header of a safetensors file hold the stamp as it is written
# here, the latter with escaped quotation marks.
_STAMP = re.compile(
    rb'\{\\*"content\\*": \\*"(\w+)\\*", \\*"made_by\\*": \\*"([\w ]+)\\*", '
    rb'\\*"made_from\\*": \\*"(\w+)\\*"\}'
)

_TENSOR_END = re.compile(rb'"data_offsets":\[\d+,(\d+)\]')  # in the header of a safetensors file


# The digests of the contents that this process has read, by path.
_read: dict[str, str] = {}


@dataclass(frozen=True)
class Made:
    """The digests that a job gives its files: of its plan, and of the files that it read."""

    by: str = UNPLANNED
    of: str = field(default_factory=lambda: origin_of([]))

    def stamp(self, content: str) -> "Stamp":
        """Return the stamp of a file with this content."""
        return Stamp(content, self.by, self.of)


@dataclass(frozen=True)
class Stamp:
    """The three digests of a file."""

    content: str
    made_by: str
    made_from: str

    def fits(self, made_from: str, *, networks: bool) -> bool:
        """Tell whether a file is made of these contents, `networks` among them or left out."""
        return self.made_from == made_from or (
            not networks and self.made_from.split("_")[0] == made_from.split("_")[0]
        )

    def text(self) -> str:
        """Return the stamp in the form in which metadata hold it."""
        return json.dumps(asdict(self), sort_keys=True)


def parsed(text: str) -> Stamp | None:
    """Return the stamp in a text of metadata, or None if it is not a stamp."""
    found = _STAMP.fullmatch(text.encode())
    return Stamp(*(part.decode() for part in found.groups())) if found else None


def stamp_files(path: str | Path, files: Iterable[str | Path], made: Made) -> None:
    """Write the stamp of a job's texts and pictures, which cannot carry one.

    It names them by their paths relative to the results folder, two levels above the stamp.
    """
    files = list(files)
    write_text(path, _text(path, files, made.stamp(contents(files))))


def is_stamp_of(path: str | Path, files: Iterable[str | Path]) -> bool:
    """Tell whether this is a stamp that `stamp_files` wrote, of these files as they are now."""
    files, stamp = list(files), read_stamp(path)
    if stamp is None or stamp.content != contents(files):
        return False
    return Path(path).read_bytes() == _text(path, files, stamp).encode()


def _text(path: str | Path, files: Iterable[str | Path], stamp: Stamp) -> str:
    names = [os.path.relpath(file, Path(path).parent.parent) for file in files]
    return f"{stamp.text()}\n{json.dumps(names)}\n"


def stamped_files(path: str | Path) -> list[str]:
    """Return the paths that a stamp of `stamp_files` names; none if the stamp is damaged."""
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
    """Return a digest of the contents of several files in order, taken from their stamps.

    A file without a stamp, such as a table of published numbers, is read as a whole.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{_content(path)}\n".encode())
    return digest.hexdigest()


def origin_of(paths: Iterable[str | Path], *, read: bool = False) -> str:
    """Return the `made_from` of what is made of these files, in order.

    With `read`, it is of what this process read, even if another file has taken its place.
    """
    known = _read if read else {}
    parts: tuple[list[str | None], list[str | None]] = ([], [])
    for path in map(str, paths):
        parts[path.endswith(NETWORK)].append(known.get(path) or _content(path))
    return "_".join(hashlib.sha256(repr(part).encode()).hexdigest()[:32] for part in parts)


def note(path: str | Path, content: str) -> None:
    """Keep in mind the digest of the content that this process has read from a file."""
    _read[str(path)] = content


def read_bytes(path: str | Path) -> bytes:
    """Read a file that has no stamp, and keep in mind what was read."""
    content = Path(path).read_bytes()
    note(path, hashlib.sha256(content).hexdigest())
    return content


def _content(path: str | Path) -> str | None:
    if Path(path).suffix in STAMPED:
        stamp = read_stamp(path)
        return stamp.content if stamp else None
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None


BY_HAND = Made()


def read_stamp(path: str | Path) -> Stamp | None:
    """Return the stamp of a Parquet, safetensors or JSON file, or None if it has none.

    This reads only the stamp, which takes microseconds. Whether the content matches the stamp is
    checked when the file is read.
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
            elif Path(path).suffix == NETWORK:
                header = int.from_bytes(file.read(8), "little")
                place = file.read(min(size, header))
                ends = map(int, _TENSOR_END.findall(place))
                if size != 8 + header + max(ends, default=0):
                    return None  # the file was cut short
            else:
                place = file.read()
    except (OSError, OverflowError):
        return None
    found = _STAMP.search(place)
    return Stamp(*(part.decode() for part in found.groups())) if found else None


def check_plan(path: str | Path, stamp: Stamp, planned: str | None) -> None:
    """Raise PipelineError if a file was made by a plan other than `planned`; None allows any."""
    if planned is not None and stamp.made_by != planned:
        raise PipelineError(
            f"{path}: it was made with settings, code or library versions that differ from this"
            f" study's; {REMEDY}"
        )
