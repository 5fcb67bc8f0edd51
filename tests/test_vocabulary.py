"""Each name of a number, a table or a figure is spelled once: in `names` or in its measure's file.

Other code reads it from there, so that a new measure is one file and a renamed number one line.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_lib import measures, names
from pipeline_lib.measures import Measure
from tests.conftest import ROOT

FILES = sorted(
    path
    for folder in ("pipeline_lib", "workflow_scripts", "rules")
    for pattern in ("*.py", "*.smk")
    for path in (ROOT / folder).rglob(pattern)
    if path != Path(names.__file__)
)

# Names that are other words too, and the places where they are those.
WORDS = {
    # Where the noise is, in the published numbers; keys of errors and of drawings.
    "input": ["pipeline_lib/figures/interactive.py", "pipeline_lib/study/validation.py"],
    # Tables of the published numbers of the series.
    **dict.fromkeys(
        ("improvement", "summary", "switch", "biased", "switched"), ("pipeline_lib/replay",)
    ),
    # One of these, and an option of a scar's severity.
    "activity": ["pipeline_lib/replay", "pipeline_lib/steps/scar.py"],
    # A column of rows, which is a fraction; and the noun, in a sentence.
    "accuracy": [
        *("pipeline_lib/engines/accuracy.py", "pipeline_lib/files", "pipeline_lib/measures"),
        "pipeline_lib/reporting/results.py",
    ],
    # A column of rows, and an option of pruning.
    "sparsity": [
        *("pipeline_lib/engines/accuracy.py", "pipeline_lib/files", "pipeline_lib/replay"),
        "workflow_scripts/prune.py",
    ],
    # Data sets of the task.
    "clean": ["pipeline_lib/model", "pipeline_lib/study/slices.py"],
    "standard": ["pipeline_lib/model", "pipeline_lib/replay"],
    # An option of evaluation.
    "combined": ["pipeline_lib/study/slices.py", "pipeline_lib/replay"],
    # A kind of figure.
    "trajectories": ["pipeline_lib/numbers.py", "pipeline_lib/figures"],
}


def spelled_by(measure: Measure) -> set[str]:
    """The names that a measure's own file may spell."""
    specs = (*measure.NUMBERS, *measure.TABLES, *measure.FIGURES)
    shown = {name for number in measure.NUMBERS for name in (*number.tables, *number.figures)}
    return {spec.name for spec in specs} | shown


OWN = {
    Path(measures.load(name).__file__): spelled_by(measures.load(name))
    for name in measures.in_order()
}
VOCABULARY = set().union(*OWN.values())


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string in Python, and in f-strings, but for docstrings."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.lineno, node.value


def literals_of_rules(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string in a Snakefile, which is no Python, token by token."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING:
            for _, text in literals(f"x = {token.string}"):
                yield token.start[0], text


def misspelled(path: Path, source: str) -> list[str]:
    """The places of a file where it spells a name that it should read from elsewhere."""
    place = path.relative_to(ROOT).as_posix()
    read = literals if path.suffix == ".py" else literals_of_rules
    return [
        f"{place}:{line} spells {text!r}"
        for line, text in read(source)
        # A part of an f-string such as f"internal_{level}" spells the name as well.
        if (name := text.strip("_")) in VOCABULARY
        and name not in OWN.get(path, ())
        and not any(place.startswith(other) for other in WORDS.get(name, ()))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_name_of_a_number_a_table_or_a_figure_is_spelled_elsewhere(path):
    assert misspelled(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("pipeline_lib/x.py", 'def f():\n    """acute_drop"""\n    return 1', 0),
        ("pipeline_lib/x.py", 'f("acute_drop", f"internal_{level}")', 2),
        ("rules/x.smk", 'rule x:\n    output:\n        "table_1",\n', 1),
        ("rules/x.smk", "rule x:\n    input: f'{folder}/table_1.csv'\n", 0),
        ("pipeline_lib/measures/acute.py", 'f("acute_drop", "table_1")', 1),
    ],
)
def test_a_spelled_name_is_found(name, source, found):
    assert len(misspelled(ROOT / name, source)) == found
