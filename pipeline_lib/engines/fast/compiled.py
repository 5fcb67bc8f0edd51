"""How the kernels are compiled: by Numba, for the CPU that they run on, cached on disk.

By itself Numba looks for changes in the file of the function that is called, not in the files
of functions compiled into it, so an edited kernel could go on running as it was. Here the cache
folder is named after the text of all kernels, and nothing else is asked.

Numba also keeps an index of each function's compiled forms, one for each kind of CPU and of
arguments, and numbers their files. Two jobs that compile at once both write number one, and
machines of two kinds that share the folder can then run each other's instructions. Here a
form's file is named after all that it depends on, so that there is no index to get wrong.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import uuid4

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.serialize import dumps

F = TypeVar("F", bound=Callable[..., object])

# Sums may be reordered, which is what lets them use vector instructions. Nothing may assume
# that numbers are finite: a NaN must come out as a NaN.
FLAGS = {"contract", "reassoc", "nsz", "arcp"}

HERE = Path(__file__).parent


def compiled(function: F) -> F:
    """Return the function compiled at its first call, or read from the cache of an earlier one."""
    dispatcher: Any = numba.njit(fastmath=FLAGS, error_model="numpy")(function)
    dispatcher._cache = Cache(function)
    return cast(F, dispatcher)


class Store:
    """The compiled forms of one function: a file each, named after what it depends on.

    A key is Numba's: types of arguments; platform, CPU and its features; the function's code.
    The methods are Numba's too.
    """

    def __init__(self, folder: Path, function: str) -> None:
        self._folder = folder
        self._function = function

    def load(self, key: object) -> Any:
        """Return what was saved under this key; None if nothing was, or it is not to be read."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        digest, data = content[:32], content[32:]
        return pickle.loads(data) if hashlib.sha256(data).digest() == digest else None  # noqa: S301

    def save(self, key: object, data: object) -> None:
        """Save compiled code, whole or not at all: where there is no room, the next compiles it."""
        content = dumps(data)  # type: ignore[no-untyped-call]
        path = self._path(key)
        temporary = path.with_name(f"{path.name}.{uuid4().hex[:16]}.part")
        try:
            temporary.write_bytes(hashlib.sha256(content).digest() + content)
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()

    def flush(self) -> None:
        """Nothing is kept in memory."""

    def _path(self, key: object) -> Path:
        # Types of arguments print in full, and Python and Numba say what their own files mean.
        text = f"{platform.python_version()} {numba.__version__} {key!r}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        return self._folder / f"{self._function}.{digest}.kernel"


class Locator:
    """Tells Numba where compiled code is kept; the methods are Numba's."""

    @classmethod
    def from_function(cls, function: Callable[..., object], path: str) -> Locator:
        """Return the locator of any function."""
        return cls()

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(cache_folder())

    def ensure_cache_path(self) -> None:
        """The folder is there."""

    def get_source_stamp(self) -> str:
        """Return the state of the source that cached code must be of."""
        return source_digest()

    def get_disambiguator(self) -> str:
        """Return what tells functions of one name apart, beside their module."""
        return ""


class _Impl(CompileResultCacheImpl):
    _locator_classes = [Locator]  # type: ignore[list-item]  # noqa: RUF012


class Cache(FunctionCache):
    """Numba's cache of a function, with a store of our own."""

    _impl_class = _Impl

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        name = f"{function.__module__}.{function.__name__}"
        self._cache_file = Store(cache_folder(), name)  # type: ignore[assignment]


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
