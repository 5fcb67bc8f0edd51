"""Source files as definitions: what a module defines, and which names a piece of it uses."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """A module's statements; each defines names at its top level, imports, or does neither."""

    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    others: list[ast.stmt] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)  # local name: its full name


@dataclass(frozen=True)
class Cleaned:
    """Statements without what changes no result.

    A name in use comes with the attributes that are read from it: `m.f(x.y)` uses (m, f) and
    (x, y). `imports` are those inside the statements.
    """

    text: str
    names: set[tuple[str, ...]]
    imports: dict[str, str]


def read_source(path: Path) -> Source:
    """Return a module's statements; what stands under `if TYPE_CHECKING:` is left out.

    Raises ValueError for an import by `*` or by a relative path at the top level.
    """
    source = Source()
    for statement in _run(ast.parse(path.read_text(encoding="utf-8")).body):
        names = _defined(statement)
        for name in names:
            source.definitions.setdefault(name, []).append(statement)
        if isinstance(statement, ast.Import | ast.ImportFrom):
            source.imports.update(_imported(statement))
        elif not names:
            source.others.append(statement)
            for node in ast.walk(statement):
                source.imports.update(_imported(node))
    return source


def read_script(path: Path) -> Source:
    """Return a script, whose statements all count."""
    return Source(others=list(_run(ast.parse(path.read_text(encoding="utf-8")).body)))


def cleaned(statements: list[ast.stmt]) -> Cleaned:
    """Return statements without docstrings, comments, type checkers' branches and annotations.

    The annotations in a class's body stay in the text, because dataclasses and pydantic read
    them, but the names in them are not in use. The statements are changed in place.

    Raises ValueError for an import by `*` or by a relative path.
    """
    names: set[tuple[str, ...]] = set()
    imports: dict[str, str] = {}
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Attribute | ast.Name):
            attributes: list[str] = []
            inner: ast.expr = node
            while isinstance(inner, ast.Attribute):
                attributes.insert(0, inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name):
                names.add((inner.id, *attributes))
            else:
                waiting.append(inner)
        elif isinstance(node, ast.AnnAssign):
            waiting += [node.target, *([node.value] if node.value else [])]
        elif isinstance(node, ast.Global):
            names.update((name,) for name in node.names)
        elif not isinstance(node, ast.Constant | ast.expr_context | ast.operator):
            _strip(node)
            imports.update(_imported(node))
            waiting += ast.iter_child_nodes(node)
    plain = [part for statement in statements for part in _without_annotation(statement)]
    return Cleaned("\n".join(map(ast.unparse, plain)), names, imports)


def _run(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements without docstrings and without what only a type checker reads."""
    for statement in statements:
        if isinstance(statement, ast.If) and _is_for_type_checkers(statement.test):
            yield from _run(statement.orelse)
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            yield statement


def _is_for_type_checkers(test: ast.expr) -> bool:
    if isinstance(test, ast.Attribute):  # typing.TYPE_CHECKING
        return test.attr == "TYPE_CHECKING"
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    else:
        return []
    return [
        node.id
        for target in targets
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _imported(node: ast.AST) -> dict[str, str]:
    """Return the names that an import binds, with their full names; none for another node."""
    if isinstance(node, ast.Import):
        bound = {alias.asname or alias.name.split(".")[0]: alias for alias in node.names}
        return {name: alias.name if alias.asname else name for name, alias in bound.items()}
    if not isinstance(node, ast.ImportFrom):
        return {}
    if node.level or node.names[0].name == "*":
        raise ValueError(
            f"{ast.unparse(node)!r} must give the full name of the module and each name that is"
            " taken from it, so that a job's code can be followed"
        )
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}


def _strip(node: ast.AST) -> None:
    """Take out of a node's own fields what does not count."""
    if isinstance(node, ast.arg):
        node.annotation = None
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node.returns = None
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            kept = list(_run(block))
            if not isinstance(node, ast.ClassDef):
                kept = [part for statement in kept for part in _without_annotation(statement)]
            setattr(node, name, kept or ([ast.Pass()] if name == "body" else []))


def _without_annotation(statement: ast.stmt) -> list[ast.stmt]:
    if not isinstance(statement, ast.AnnAssign):
        return [statement]
    if statement.value is None:
        return []
    return [ast.copy_location(ast.Assign([statement.target], statement.value), statement)]
