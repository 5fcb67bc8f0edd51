"""A user's points: a CSV file with a column for each feature, and the column `label`.

Validation and jobs read it alike, so this module imports no numerical library.
"""

from __future__ import annotations

import csv
import hashlib
import io
from array import array
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline_lib.errors import PipelineError

LABEL = "label"
LARGEST = 1e30  # of a feature's values, up or down
FEWEST = 2  # points of each class: one to learn from, one to be tested on
MISSING = {"NA", "N/A", "NaN", "nan", "NULL"}  # how R, pandas and databases write a missing label


@dataclass(frozen=True)
class PointsFile:
    """The content of a file of points, and a digest of it.

    `values` has the features of one point after the other, `features` of each, and `labels` the
    class of each point as a place in `classes`.
    """

    digest: str
    features: int
    classes: tuple[str, ...]
    values: array[float]
    labels: array[int]

    @property
    def largest_class(self) -> float:
        """The share of the points that are of the commonest class."""
        return max(Counter(self.labels).values()) / len(self.labels)


@cache
def read_points(path: str) -> PointsFile:
    """Read a file of points; a process reads each file once.

    Classes are in the order of their numbers if all labels are whole numbers, and of the alphabet
    if not. Raises PipelineError, with the line at fault, if the file is not one of points.
    """
    try:
        content = Path(path).read_bytes()
        text = content.decode("utf-8-sig")  # Excel begins a file with a mark
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such file") from None
    except OSError as error:
        raise PipelineError(f"{path}: it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise PipelineError(f"{path}: it must be a text file in UTF-8") from None
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    values, names = array("d"), list[str]()
    spelled = dict[float, str]()  # the first spelling of each label that is a number
    try:
        head = [name.strip() for name in next(lines, [])]
        _check_head(path, head)
        for row in filter(None, lines):
            where = f"{path}: line {lines.line_num}"
            if len(row) != len(head):
                raise PipelineError(
                    f"{where} has {len(row)} entries; it must have {len(head)}, as the first line"
                    " has"
                )
            entries = dict(zip(head, map(str.strip, row), strict=True))
            names.append(entries.pop(LABEL))
            if not names[-1]:
                raise PipelineError(f"{where} has no {LABEL}")
            if names[-1] in MISSING:
                raise PipelineError(
                    f"{where} has {names[-1]!r} as its {LABEL}; a {LABEL} must not be missing"
                )
            with suppress(ValueError):
                first = spelled.setdefault(float(names[-1]), names[-1])
                if names[-1] != first:
                    raise PipelineError(
                        f"{where} has {names[-1][:30]!r} as its {LABEL}, and an earlier line has"
                        f" {first[:30]!r}; equal numbers must be spelled alike"
                    )
            values.extend(_number(where, *each) for each in entries.items())
    except csv.Error as error:
        raise PipelineError(f"{path}: line {lines.line_num} is not CSV ({error})") from None
    classes = _classes(path, names)
    places = {name: place for place, name in enumerate(classes)}
    labels = array("q", (places[name] for name in names))
    digest = hashlib.sha256(content).hexdigest()[:32]
    return PointsFile(digest, len(head) - 1, classes, values, labels)


def _check_head(path: str, head: list[str]) -> None:
    shown = ", ".join(head)[:60] or "nothing"
    if head.count(LABEL) != 1 or len(head) < 2:
        raise PipelineError(
            f"{path}: line 1 has {shown}; it must name the columns, separated by commas, one of"
            f" them {LABEL} and every other a feature"
        )
    if not all(head):
        raise PipelineError(
            f"{path}: line 1 has no name for column {head.index('') + 1}; every column must have"
            " one (pandas writes its index without a name, unless index=False)"
        )
    if twice := [name for name in head if head.count(name) > 1]:
        raise PipelineError(f"{path}: line 1 has {twice[0]!r} twice; columns must differ")


def _number(where: str, column: str, entry: str) -> float:
    with suppress(ValueError):
        if -LARGEST <= float(entry) <= LARGEST:
            return float(entry)
    has = f"has {entry[:30]!r} as its {column}" if entry else f"has no {column}"
    raise PipelineError(f"{where} {has}; it must be a number from -{LARGEST:g} to {LARGEST:g}")


def _classes(path: str, names: list[str]) -> tuple[str, ...]:
    count = Counter(names)
    if len(count) < 2:
        raise PipelineError(
            f"{path}: its points must be of at least 2 classes; they are of {len(count)}"
        )
    rare = [name for name in count if count[name] < FEWEST]
    if rare:
        raise PipelineError(
            f"{path}: a single point has the label {rare[0][:30]!r}; each class must have at least"
            f" {FEWEST} points"
        )
    whole = all(name.removeprefix("-").isdecimal() for name in count)
    return tuple(sorted(count, key=lambda name: (int(name) if whole else 0, name)))
