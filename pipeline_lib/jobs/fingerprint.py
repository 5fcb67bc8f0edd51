"""A digest of the code that a job can reach, so that a change of it reruns the job.

Snakemake tracks a script's text but not what the script imports. Comments, docstrings and
formatting do not count here: they change no result.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "pipeline_lib"


def fingerprint(script: str | Path, *modules: str, root: str | Path) -> str:
    """Return a digest of the library modules that a script can reach.

    `root` is the folder that holds the library; `modules` names those that the script loads
    by name at run time, as it does its engine.
    """
    root = Path(root)
    reached: dict[str, str] = {}
    waiting = [*modules, *_imports(Path(script), root)]
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        path = _file(module, root)
        reached[module] = _text(path)
        waiting += _imports(path, root)
    digest = hashlib.sha256()
    for module in sorted(reached):
        digest.update(f"{module}\n{reached[module]}\n".encode())
    return digest.hexdigest()[:16]


@cache
def _text(path: Path) -> str:
    """Return a module's code without comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


@cache
def _imports(path: Path, root: Path) -> frozenset[str]:
    """Return the library's modules that a file imports, wherever in it the import stands.

    What stands under `if TYPE_CHECKING:` is never run, so it is left out.
    """
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.update((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
        else:
            waiting += ast.iter_child_nodes(node)
    return frozenset(
        part
        for name in found
        if name.split(".")[0] == PACKAGE and _exists(name, root)
        for part in _with_packages(name)
    )


def _with_packages(module: str) -> list[str]:
    # Importing a module runs the packages that it lies in.
    parts = module.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


def _exists(module: str, root: Path) -> bool:
    return _candidate(module, root).exists() or _package(module, root).exists()


def _file(module: str, root: Path) -> Path:
    package = _package(module, root)
    return package if package.exists() else _candidate(module, root)


def _candidate(module: str, root: Path) -> Path:
    return root.joinpath(*module.split(".")).with_suffix(".py")


def _package(module: str, root: Path) -> Path:
    return root.joinpath(*module.split("."), "__init__.py")
