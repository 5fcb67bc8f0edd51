"""How the kernels are compiled: by Numba, for the CPU that they run on, cached on disk.

By itself Numba looks for changes in the file of the function that is called, not in the files
of functions compiled into it, so an edited kernel could go on running as it was. Here the cache
folder is named after the text of all kernels, and nothing else is asked.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
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
    settings = numba.config
    before = settings.CACHE_LOCATOR_CLASSES  # type: ignore[attr-defined]
    settings.CACHE_LOCATOR_CLASSES = f"{__name__}.Locator"  # type: ignore[attr-defined]
    try:
        return cast(F, numba.njit(cache=True, fastmath=FLAGS, error_model="numpy")(function))
    finally:
        settings.CACHE_LOCATOR_CLASSES = before  # type: ignore[attr-defined]


class Locator:
    """Tells Numba where a kernel's compiled code is kept; the methods are Numba's."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._line = function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, function: Callable[..., object], path: str) -> Locator:
        """Return the locator of a function."""
        return cls(function)

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(cache_folder())

    def ensure_cache_path(self) -> None:
        """The folder is there."""

    def get_source_stamp(self) -> str:
        """Return the state of the source that cached code must be of."""
        return source_digest()

    def get_disambiguator(self) -> str:
        """Return what tells functions of one name apart."""
        return str(self._line)


@cache
def source_digest() -> str:
    """Return a digest of the text of all kernels."""
    digest = hashlib.sha256()
    for path in sorted(HERE.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path:
    """Return the folder for compiled kernels.

    It is below `NUMBA_CACHE_DIR` if that is set; else beside the source, or, where that cannot
    be written, in the user's cache; else it is temporary.
    """
    for base in _bases():
        folder = base / f"kernels-{source_digest()}"
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
    with suppress(RuntimeError):  # a user without a home, as in some containers
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        yield home / "pruning-resilience"
