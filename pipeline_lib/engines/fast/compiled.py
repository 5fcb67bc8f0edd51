"""How the kernels are compiled: by Numba, for the CPU that they run on, cached on disk.

By itself Numba looks for changes in the file of the function that is called, not in the files of
the functions and constants compiled into it, so an edited kernel could go on running as it was.
Here the cache is a folder named after all that compiled code depends on: the engines' sources,
Python, Numba, LLVM and the CPU. A machine of another kind has another folder.

Numba keeps an index for each function, which says in which numbered file the code for which types
of arguments is. Of two jobs that compile at once, each can take the same number, and one job's
index can end beside the other's code, which later jobs would run with arguments of other types.
So each function's index and files are read and written under a lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import llvmlite
import llvmlite.binding
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.codegen import get_host_cpu_features

F = TypeVar("F", bound=Callable[..., object])

# Sums may be reordered, which is what lets them use vector instructions. Nothing may assume
# that numbers are finite: a NaN must come out as a NaN.
FLAGS = {"contract", "reassoc", "nsz", "arcp"}

HERE = Path(__file__).parent


def compiled(function: F) -> F:
    """Return the function compiled at its first call, or read from the cache of an earlier one."""
    dispatcher: Any = numba.njit(fastmath=FLAGS, error_model="numpy")(function)
    dispatcher._cache = Cache(function)  # type: ignore[no-untyped-call]
    return cast(F, dispatcher)


class Place(_CacheLocator):
    """Tells Numba where a function's code lies: by the folder, whichever checkout it is in.

    Numba's own places depend on the path and the time of the source, so that a copy of the
    project would compile everything again.
    """

    def __init__(self, line: int) -> None:
        self.line = line

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Self:
        """Return the place of this function."""
        return cls(py_func.__code__.co_firstlineno)

    def get_cache_path(self) -> str:
        """Return the folder, which is one for all functions."""
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        """Return what the code must have been compiled from."""
        return digest()

    def get_disambiguator(self) -> str:
        """Return what tells two functions of one name apart."""
        return str(self.line)


class Code(CompileResultCacheImpl):
    """What Numba saves of a function, in our place."""

    _locator_classes = [Place]  # type: ignore[list-item]  # noqa: RUF012


class Cache(FunctionCache):
    """Numba's cache of one function, used by one job at a time."""

    _impl_class = Code

    def load_overload(self, sig: object, target_context: object) -> Any:
        """Return the code for these types of arguments; None if there is none that can be read."""
        try:
            with _lock(exclusive=False):
                return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except OSError:
            return None
        except Exception:  # a damaged file can raise anything
            with suppress(OSError), _lock(exclusive=True):
                self.flush()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: object, data: object) -> None:
        """Save compiled code; where there is no room for it, the next job compiles it."""
        with suppress(OSError), _lock(exclusive=True):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


@contextmanager
def _lock(*, exclusive: bool) -> Iterator[None]:
    with (cache_folder() / "kernels.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield


@cache
def digest() -> str:
    """Return a digest of all that compiled code depends on, but for types of arguments."""
    # Constants are compiled in, and the kernels take some from what the engines share.
    sources = [path.read_bytes() for path in sorted(HERE.parent.rglob("*.py"))]
    versions = f"{sys.version} {numba.__version__} {llvmlite.__version__}"
    cpu = llvmlite.binding.get_host_cpu_name()
    features = get_host_cpu_features()  # type: ignore[no-untyped-call]
    parts = [*sources, *map(str.encode, (versions, cpu, features))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@cache
def cache_folder() -> Path:
    """Return the folder for compiled kernels.

    It is below `NUMBA_CACHE_DIR` if that is set; else beside the source, or, where that cannot
    be written, in the user's cache; else it is temporary. A folder in which other users may write
    is passed over, because to read compiled code is to run it.
    """
    for base in _bases():
        folder = base / f"kernels-{digest()}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = folder.lstat()
            ours = status.st_uid == os.geteuid() and not status.st_mode & 0o022
            if ours and os.access(folder, os.W_OK):
                with (folder / "kernels.lock").open("a") as file:
                    # Some network file systems know no locks.
                    fcntl.flock(file, fcntl.LOCK_SH)
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp())


def _bases() -> Iterator[Path]:
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen)
    yield HERE / "__pycache__"
    with suppress(RuntimeError):  # a user without a home, as in some containers
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        yield home / "pruning-resilience"
