"""How the kernels are compiled: by Numba, for the CPU that they run on, cached on disk.

Numba's cache looks at the file of the function that is called, not at the files of functions
compiled into it, so an edited kernel could go on running as it was. Each state of this package
therefore has a cache folder of its own.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

# Sums may be reordered, which is what lets them use vector instructions. Nothing may assume
# that numbers are finite: a NaN must come out as a NaN.
FLAGS = {"contract", "reassoc", "nsz", "arcp"}

HERE = Path(__file__).parent


def compiled(function: F) -> F:
    """Return the function compiled at its first call, or read from the cache of an earlier one."""
    return cast(F, numba.njit(cache=True, fastmath=FLAGS, error_model="numpy")(function))


def cache_folder() -> Path:
    """Return a folder for compiled kernels, named after the source text of all of them.

    It is below `NUMBA_CACHE_DIR` if that is set; else beside the source, or, where that cannot
    be written, in the user's cache; else it is temporary.
    """
    digest = hashlib.sha256()
    for path in sorted(HERE.glob("*.py")):
        digest.update(path.read_bytes())
    for base in _bases():
        folder = base / f"kernels-{digest.hexdigest()[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp())


def _bases() -> Iterator[Path]:
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen)
    yield HERE / "__pycache__"
    yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pruning-resilience"


numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]
