"""Atomic writing: a file appears complete or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from pipeline_lib.errors import PipelineError

REMEDY = "delete it and run the workflow again to rebuild it"


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary path to write, which becomes `path` on success and is removed on failure.

    Remains of the same file from a process that was killed are removed too. Raises PipelineError if
    the file cannot be written, for lack of room or permission.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{escape(path.name)}.*.part"):
            left.unlink(missing_ok=True)
        yield temporary
        _to_disk(temporary)
        os.replace(temporary, path)
        # Otherwise a power failure could lose the name but keep Snakemake's record of the job.
        _to_disk(path.parent)
    except OSError as error:
        raise PipelineError(f"{path}: could not be written ({reason(error)})") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _to_disk(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def reason(error: OSError) -> str:
    """Return why a file could not be read or written."""
    # pyarrow's errors have no strerror; their message ends with it.
    return os.strerror(error.errno) if error.errno else str(error).splitlines()[0]


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file atomically."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
