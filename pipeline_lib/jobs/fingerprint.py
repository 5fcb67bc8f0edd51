"""A digest of the definitions that a job can reach, so that a change to one of them reruns it.

Snakemake watches the text of a script, but not what the script imports. The digest follows the
names that a script uses, from one function, class or constant of the library to the next, and
covers only those. Definitions that only validation or reports read (the bounds of an option, a
label, a heading) are therefore not part of a job's fingerprint, even if they are in the same file
as the code that the job runs. Comments, docstrings, formatting and the annotations of functions
are left out too, because they cannot change a result.

Names are followed by their spelling: a local variable with the same name as a definition in its
module counts as that definition. A module that is used as a value counts as a whole. A module whose
name is built at run time must be given as an entry.
"""

import ast
import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.jobs.definitions import Source, read_source, read_statements, used

PACKAGE = "pipeline_lib"

# Libraries whose versions numbers and pictures can depend on, each with the name under which it is
# installed. pyarrow, safetensors, pydantic and Jinja2 are left out on purpose: they store, check
# and print what they are given, so that a new version of them changes no number.
LIBRARIES = {
    **{each: each for each in ("numpy", "numba", "llvmlite", "torch", "scipy", "pandas")},
    "sklearn": "scikit-learn",
    "matplotlib": "matplotlib",
    "vl_convert": "vl-convert-python",
}
# What works behind another library and is not imported by name: Numba compiles kernels by llvmlite,
# and they multiply matrices by SciPy's BLAS.
BEHIND = {"numba": {"llvmlite", "scipy"}}


def fingerprint(*entries: str | Path, root: str | Path) -> str:
    """Return a digest of all code that can be reached from `entries`.

    An entry is the path of a script, all of whose statements count; or "pipeline_lib.x.y", a
    module with all of its definitions; or "pipeline_lib.x.y:name", one definition at the top
    level of a module. `root` is the folder that holds the library. A process reads each file once.

    Statements that define nothing count with every definition of their module and of the modules
    below it. The version of each of `LIBRARIES` counts if the reached code uses it.

    Raises ValueError for an import by `*` or by a relative path, because neither can be followed,
    and for a module that does not exist; KeyError for a definition, FileNotFoundError for a script.
    """
    library = Path(root)
    found: dict[str, str] = {}
    waiting = [str(entry) for entry in entries]
    while waiting:
        label = waiting.pop()
        if Path(label).name not in found:
            piece = _piece(label, library)
            found[Path(label).name] = piece.text
            waiting += piece.needs
    texts = [f"{label}\n{text}\n" for label, text in sorted(found.items()) if text]
    return hashlib.sha256("".join(texts).encode()).hexdigest()[:16]


def forget_sources() -> None:
    """Free the parsed sources, which take as much memory as a thousand jobs."""
    _source.cache_clear()


class _Piece(NamedTuple):
    """A part of the code: its text, and the labels of the other parts that it needs.

    A label is "module:name" for a definition, "module:" for the statements of a module that
    define nothing, "module" for a whole module, the path of a script, and the plain name for one
    of `LIBRARIES`.
    """

    text: str
    needs: set[str]


@cache
def _piece(label: str, root: Path) -> _Piece:
    if label in LIBRARIES:
        # The build is left out (the "cpu" of 2.13.0+cpu).
        return _Piece(version(LIBRARIES[label]).partition("+")[0], BEHIND.get(label, set()))
    if label.endswith(".py"):
        return _followed("", Source(), read_statements(Path(label)), root)
    module, colon, name = label.partition(":")
    source = _source(module, root)
    if not colon:
        return _whole(module, source, root)
    piece = _followed(module, source, source.definitions[name] if name else source.others, root)
    package = module.rpartition(".")[0]
    above = f"{module}:" if name else f"{package}:" if package else ""
    return _Piece(piece.text, piece.needs | {above} - {""})


def _whole(module: str, source: Source, root: Path) -> _Piece:
    """Return a module's definitions, and those that it imports, which are its attributes too."""
    needs = {f"{module}:", *(f"{module}:{name}" for name in source.definitions)}
    imports: set[str] = set()
    for name, full in source.imports.items():
        if full.split(".")[0] == PACKAGE and _file(full, root) is None:
            imports.add(f"{name} = {full}")
            _follow(full.split("."), root, needs, imports)
    return _Piece("\n".join(sorted(imports)), needs)


def _followed(module: str, source: Source, statements: list[ast.stmt], root: Path) -> _Piece:
    """Return the text of a module's statements, and the labels of what they refer to."""
    names, inside = used(statements)
    known = source.imports | inside
    needs: set[str] = set()
    imports: set[str] = set()
    for first, *attributes in names:
        if first in source.definitions:
            needs.add(f"{module}:{first}")
        if first in known:
            # The same text means something else if its names are imported from somewhere else.
            imports.add(f"{first} = {known[first]}")
            _follow([*known[first].split("."), *attributes], root, needs, imports)
    return _Piece("\n".join([*sorted(imports), *map(ast.unparse, statements)]).strip(), needs)


def _follow(chain: list[str], root: Path, needs: set[str], imports: set[str]) -> None:
    """Add the label of the definition that a name refers to, and the imports that lead to it.

    `chain` is the name's full name in parts, with the attributes that are read from it.
    """
    module, *rest = chain
    if module in LIBRARIES:
        needs.add(module)
    if module != PACKAGE:
        return
    for at, part in enumerate(rest, start=2):
        source, below = _source(module, root), f"{module}.{part}"
        if part in source.definitions:
            needs.add(f"{module}:{part}")
            return
        full = source.imports.get(part, below)
        # A module whose function of the same name its package imports is followed as a module.
        if not f"{full}.".startswith(f"{below}."):
            needs.add(f"{module}:")
            imports.add(f"{below} = {full}")
            _follow([*full.split("."), *chain[at:]], root, needs, imports)
            return
        if _file(below, root) is None:
            break
        module = below
    needs.add(module)


@cache
def _source(module: str, root: Path) -> Source:
    path = _file(module, root)
    if path is None:
        raise ValueError(f"there is no module {module} in {root}")
    return read_source(path)


@cache
def _file(module: str, root: Path) -> Path | None:
    """Return the file of a module or package; None if there is none."""
    place = root.joinpath(*module.split("."))
    files = (place / "__init__.py", place.with_suffix(".py"))
    return next((path for path in files if path.is_file()), None)
