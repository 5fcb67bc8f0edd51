"""Compilation of the kernels: by Numba, for the CPU that they run on, cached on disk.

By default Numba looks for changes in the file of the function that is called, but not in the files
of the functions and constants compiled into it, so an old version of an edited kernel could keep
running. Here the cache is a folder named after everything that compiled code depends on: the
engines' sources, Python, Numba, LLVM and the CPU. A machine of a different kind uses a different
folder.

For each function, Numba keeps an index of the numbered files that hold the code for each set of
argument types. Two jobs that compile at the same time can choose the same number. One job's index
may then refer to the other's code, which later jobs would run with arguments of the wrong types.
Each function's index and files are therefore read and written under a lock.
"""

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
from numba.core import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.codegen import get_host_cpu_features
from numba.core.runtime.nrt import rtsys

F = TypeVar("F", bound=Callable[..., object])

# Sums may be reordered, which is what lets them use vector instructions. Nothing may assume
# that numbers are finite: a NaN must come out as a NaN.
FLAGS = {"contract", "reassoc", "nsz", "arcp"}

HERE = Path(__file__).parent

# LLVM prefers 256-bit vectors even where a CPU has those of 512 bits, which are faster here.
FEATURES: str = get_host_cpu_features()  # type: ignore[no-untyped-call]
if "+avx512f" in FEATURES and config.CPU_FEATURES is None:  # type: ignore[attr-defined]
    config.CPU_FEATURES = f"{FEATURES},-prefer-256-bit"  # type: ignore[attr-defined]


def compiled(function: F) -> F:
    """Return the function, which is compiled, or read from the cache, at its first call."""
    # Code from the cache calls its own copy of another kernel. A process that has compiled both
    # calls the other's own code, whose sums may be in another order. Inlined, they are the same.
    inlined = numba.njit(fastmath=FLAGS, error_model="numpy", forceinline=True)
    dispatcher: Any = inlined(function)
    dispatcher._cache = Cache(function)  # type: ignore[no-untyped-call]
    return cast(F, dispatcher)


class Locator(_CacheLocator):
    """Tells Numba where a function's code is, independently of the checkout.

    Numba's default depends on the path and the time of the source, so a copy of the project would
    compile everything again.
    """

    def __init__(self, line: int) -> None:
        self.line = line

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Self:
        """Return the place of this function."""
        return cls(py_func.__code__.co_firstlineno)

    def get_cache_path(self) -> str:
        """Return the folder, which is the same for all functions."""
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        """Return an identifier of the source from which the code must have been compiled."""
        return digest()

    def get_disambiguator(self) -> str:
        """Return a text that distinguishes functions with the same name."""
        return str(self.line)


class Code(CompileResultCacheImpl):
    """The code that Numba saves for a function, in our folder."""

    _locator_classes = [Locator]  # type: ignore[list-item]  # noqa: RUF012


class Cache(FunctionCache):
    """Numba's cache of one function, used by one job at a time."""

    _impl_class = Code

    def load_overload(self, sig: object, target_context: object) -> Any:
        """Return the code for these argument types, or None if none can be read."""
        try:
            with _lock(exclusive=False):
                # Numba would first register everything that it can compile, which takes longer than
                # all else here. Compiled code needs only Numba's memory management.
                rtsys.initialize(target_context)
                return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except OSError:
            return None
        except Exception:  # a damaged file can raise anything
            with suppress(OSError), _lock(exclusive=True):
                self.flush()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: object, data: object) -> None:
        """Save compiled code; if there is no room for it, the next job compiles it again."""
        with suppress(OSError), _lock(exclusive=True):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


@contextmanager
def _lock(*, exclusive: bool) -> Iterator[None]:
    with (cache_folder() / "kernels.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield


@cache
def digest() -> str:
    """Return a digest of everything that compiled code depends on, except argument types."""
    # Constants are compiled in, and some of them are in modules that the engines share.
    sources = [path.read_bytes() for path in sorted(HERE.parent.rglob("*.py"))]
    versions = f"{sys.version} {numba.__version__} {llvmlite.__version__}"
    cpu = llvmlite.binding.get_host_cpu_name()
    parts = [*sources, *map(str.encode, (versions, cpu, FEATURES))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@cache
def cache_folder() -> Path:
    """Return the folder for compiled kernels.

    It is inside `NUMBA_CACHE_DIR` if that is set, else beside the source, or in the user's cache if
    the source folder cannot be written, and otherwise temporary. A folder in which other users may
    write is skipped, because reading compiled code means running it.
    """
    for base in _bases():
        folder = base / f"kernels-{digest()}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = folder.lstat()
            ours = status.st_uid == os.geteuid() and not status.st_mode & 0o022
            if ours and os.access(folder, os.W_OK):
                with (folder / "kernels.lock").open("a") as file:
                    # Some network file systems have no locks.
                    fcntl.flock(file, fcntl.LOCK_SH)
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp())


def _bases() -> Iterator[Path]:
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen)
    yield HERE / "__pycache__"
    with suppress(RuntimeError):  # users have no home folder in some containers
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        yield home / "pruning-resilience"
