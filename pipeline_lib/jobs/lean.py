"""What other libraries load for a job that does not need it: a third of a short job's time."""

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType


def start_lean() -> None:
    """Do without pydantic, and keep PyArrow from pandas, and Numba from yaml and `scipy.linalg`."""
    _options_without_pydantic()
    _arrow_without_pandas()
    # Numba would read settings from a file in the working directory. Jobs that need yaml have it.
    sys.modules.setdefault("yaml", None)  # type: ignore[arg-type]
    with suppress(ImportError):  # a SciPy of another layout: Numba then imports all of it
        _blas_alone()


def _options_without_pydantic() -> None:
    # Options were checked when the study was read. A job gets their values and checks nothing, but
    # the file of a measure or step also declares its options.
    if "pydantic" in sys.modules:
        return
    stand_in = ModuleType("pydantic")
    stand_in.BaseModel = type("BaseModel", (), {})  # type: ignore[attr-defined]
    stand_in.__getattr__ = _declaration  # type: ignore[method-assign]
    sys.modules["pydantic"] = stand_in


def _declaration(name: str) -> Callable[..., object]:
    if name.startswith("__"):
        raise AttributeError(name)
    return _declared


def _declared(*arguments: object, **options: object) -> Callable[..., object]:
    return _declared


def _arrow_without_pandas() -> None:
    # At its first conversion PyArrow looks once for pandas, whose types it would recognise. It does
    # without a pandas that is too old.
    if "pandas" in sys.modules:
        return
    import pyarrow

    too_old = ModuleType("pandas")
    too_old.__version__ = "0"  # type: ignore[attr-defined]
    sys.modules["pandas"] = too_old
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyarrow.array([])
    finally:
        del sys.modules["pandas"]


def _blas_alone() -> None:
    # Numba multiplies matrices by the BLAS in this module, which needs nothing of its package.
    package = "scipy.linalg"
    scipy = importlib.util.find_spec("scipy")
    if package in sys.modules or scipy is None or scipy.origin is None:
        return
    stand_in = ModuleType(package)
    stand_in.__path__ = [str(Path(scipy.origin).parent / "linalg")]
    sys.modules[package] = stand_in
    try:
        importlib.import_module(f"{package}.cython_blas")
    finally:
        del sys.modules[package]
