"""Steps and measures are found by name: each is one file in its folder."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType


@cache
def names(package: str) -> tuple[str, ...]:
    """Return the names of the items in a package of `pipeline_lib`, in alphabetical order."""
    folder = importlib.import_module(f"pipeline_lib.{package}").__path__
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folder)))


def load(package: str, name: str) -> ModuleType:
    """Return an item's module. Raises ValueError if the package has none of this name."""
    if name not in names(package):
        raise ValueError(f"there is no {name} in {package}; there are {', '.join(names(package))}")
    return importlib.import_module(f"pipeline_lib.{package}.{name}")
