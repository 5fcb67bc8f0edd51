"""Source files as definitions: what a module defines, and which names a piece of it uses."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Source:
    """A module's statements; each defines names at its top level, imports, or does neither."""

    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    others: list[ast.stmt] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)  # local name: its full name


def read_source(path: Path) -> Source:
    """Return a module's statements, as `read_statements` does.

    Raises ValueError for an import by `*` or by a relative path at the top level.
    """
    source = Source()
    for statement in read_statements(path):
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


def read_statements(path: Path) -> list[ast.stmt]:
    """Return a file's statements without the parts that cannot change a result.

    Docstrings, comments, annotations, and code for type checkers are left out. Annotations in the
    body of a class stay, because dataclasses and pydantic read them.
    """
    tree: ast.Module = _Cleaner().visit(ast.parse(path.read_text(encoding="utf-8")))
    return tree.body


def used(statements: Iterable[ast.stmt]) -> tuple[set[tuple[str, ...]], dict[str, str]]:
    """Return the names that statements use, and the imports inside them.

    A name includes the attributes that are read from it: `m.f(x.y)` uses (m, f) and (x, y). Names
    in annotations do not count. Raises ValueError like `read_source`.
    """
    names: set[tuple[str, ...]] = set()
    imports: dict[str, str] = {}
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            names.add((node.id, *attributes))
        elif isinstance(node, ast.AnnAssign):
            waiting += [node.target, *([node.value] if node.value else [])]
        elif isinstance(node, ast.Global):
            names.update((name,) for name in node.names)
        else:
            imports.update(_imported(node))
            waiting += ast.iter_child_nodes(node)
    return names, imports


class _Cleaner(ast.NodeTransformer):
    def __init__(self) -> None:
        self.in_class: set[ast.AST] = set()  # statements at the top level of a class's body

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if getattr(node, "body", None) == [] and not isinstance(node, ast.Module):
            node.body = [ast.Pass()]  # type: ignore[attr-defined]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        return node.orelse if getattr(node.test, "id", None) == "TYPE_CHECKING" else node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.in_class.update(node.body)
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        if node in self.in_class:
            return node
        return node.value and ast.copy_location(ast.Assign([node.target], node.value), node)


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if not isinstance(statement, ast.Assign | ast.AugAssign):
        return []
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [
        node.id
        for target in targets
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _imported(node: ast.AST) -> dict[str, str]:
    """Return the names that an import binds, with their full names; none if it is no import."""
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
