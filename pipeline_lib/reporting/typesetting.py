"""A table as text: CSV for programs, Markdown and LaTeX for readers."""

import csv as csv_files
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field, fields
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline_lib.files.whole import write_text

MINUS, EN_DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
NOTHING = "\N{EM DASH}"  # a cell for which there is no number

# Characters that pandas does not escape and that LaTeX's default fonts print wrongly or not at all.
_SIGNS = str.maketrans(
    {
        **{MINUS: "$-$", "±": r"$\pm$", EN_DASH: "--", NOTHING: "---"},
        **{"σ": r"$\sigma$", "χ": r"$\chi$", "²": "$^2$", "\N{NO-BREAK SPACE}": "~"},
        **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"},
        '"': r"\textquotedbl{}",
    }
)


@dataclass(frozen=True)
class Column:
    """The head of a column; neighbouring columns with the same `group` share a head above theirs.

    A `stub` names rows and is set flush left, every other column flush right.
    """

    head: str
    group: str = ""
    stub: bool = False


@dataclass(frozen=True)
class Table:
    """A table as data and as it is printed.

    `blocks` are groups of rows as printed, each row one text per column. A table without rows has
    the sentence `empty` as its caption. `data` are the rows of its CSV, the first of which names
    the columns. `number` is that of the paper's table, if there is one.
    """

    name: str
    title: str
    caption: str
    columns: Sequence[Column]
    blocks: Sequence[Sequence[Sequence[str]]]
    data: Sequence[Sequence[object]] = field(default=(), repr=False)
    empty: str = ""
    number: str = ""

    @property
    def full_title(self) -> str:
        """The title, preceded by the table's number in the paper if there is one."""
        return f"Table {self.number}. {self.title}" if self.number else self.title

    @property
    def rows(self) -> list[Sequence[str]]:
        """All rows, in order."""
        return [row for block in self.blocks for row in block]

    @property
    def shown_caption(self) -> str:
        """The caption, or the sentence that replaces it if there are no rows."""
        return self.caption if self.rows else self.empty


def columns(stubs: Iterable[str], heads: Iterable[str]) -> list[Column]:
    """Return columns that name rows, and then columns of numbers."""
    return [*(Column(text, stub=True) for text in stubs), *map(Column, heads)]


def rows_of(kind: type, rows: Iterable[Any]) -> list[Sequence[object]]:
    """Return dataclasses of this type as the data of a table."""
    return [[each.name for each in fields(kind)], *map(astuple, rows)]


def in_blocks(lines: Iterable[Sequence[str]], named: int = 1) -> list[list[Sequence[str]]]:
    """Group neighbouring lines whose first `named` texts agree; only the first line has these."""
    blocks = []
    for _, group in groupby(lines, key=lambda line: list(line[:named])):
        first, *others = group
        blocks.append([first, *([*[""] * named, *line[named:]] for line in others)])
    return blocks


def csv(table: Table) -> str:
    """Return the data as CSV with all digits; a missing number is an empty cell."""
    text = io.StringIO()
    writer = csv_files.writer(text, lineterminator="\n")
    writer.writerows([_inert(cell) for cell in row] for row in table.data)
    return text.getvalue()


def markdown(table: Table) -> str:
    """Return the title, the caption and the table in GitHub's Markdown."""
    title, caption = escaped_markdown(table.full_title), escaped_markdown(table.shown_caption)
    opening = f"**{title}.** {caption}\n"
    return f"{opening}\n{grid(table)}" if table.rows else opening


def grid(table: Table) -> str:
    """Return a Markdown table without title or caption, padded so that its source is readable."""
    # Markdown has one line of heads, so the first column of a group takes the group's name.
    heads = []
    for first, *others in grouped(table.columns):
        heads += [first.group or first.head, *(column.head for column in others)]
    padded = []
    for column, *texts in zip(table.columns, heads, *table.rows, strict=True):
        head, *cells = map(escaped_markdown, texts)
        width = max(3, *map(len, (head, *cells)))
        cells = [head, "-" * (width - 1) + ("-" if column.stub else ":"), *cells]
        padded.append([f"{cell:{'<' if column.stub else '>'}{width}}" for cell in cells])
    return "".join(f"| {' | '.join(line)} |\n" for line in zip(*padded, strict=True))


def latex(table: Table) -> str:
    r"""Return a LaTeX `table` with caption and label, for `\usepackage{booktabs}`."""
    title, text = (
        _signs(re.sub(r"([&%#_$])", r"\\\1", each)) for each in (table.title, table.shown_caption)
    )
    caption = rf"\textbf{{{title}.}} {text}"
    label = f"tab:{table.name.replace('_', '-')}"
    if not table.rows:
        return (
            f"\\begin{{table}}[tbp]\n\\caption{{{caption}}}\n\\label{{{label}}}\n\\end{{table}}\n"
        )
    import pandas as pd  # takes a second, and only LaTeX needs it

    groups, heads = zip(*((column.group, column.head) for column in table.columns), strict=True)
    names = pd.MultiIndex.from_arrays([groups, heads]) if any(groups) else pd.Index(heads)
    style = pd.DataFrame(table.rows, columns=names).style.hide(axis="index")
    style = style.format(_signs, escape="latex")
    style = style.format_index(_signs, escape="latex", axis="columns")
    kinds = "".join("l" if column.stub else "r" for column in table.columns)
    told: Any = {"column_format": f"@{{}}{kinds}@{{}}", "caption": caption, "label": label}
    told |= {"position": "tbp", "position_float": "centering", "multicol_align": "c"}
    body: str = style.to_latex(**told, hrules=True)
    # A little less room between columns keeps the widest tables within a page's width.
    narrow = "\\small\n\\setlength{\\tabcolsep}{4.5pt}\n\\begin{tabular}"
    head = "% needs \\usepackage{booktabs}\n"
    return head + body.replace(r"\begin{tabular}", narrow, 1)


FORMATS = {"csv": csv, "md": markdown, "tex": latex}


def write_tables(tables: Iterable[Table], paths: Iterable[str | Path]) -> None:
    """Write tables to files, each named by its table and its form."""
    by_name = {table.name: table for table in tables}
    for path in map(Path, paths):
        write_text(path, FORMATS[path.suffix[1:]](by_name[path.stem]))


def grouped(columns: Sequence[Column]) -> list[list[Column]]:
    """Group neighbouring columns that share a head; every other column is a group of one."""
    keys = groupby(columns, key=lambda column: column.group or id(column))
    return [list(group) for _, group in keys]


def escaped_markdown(text: str) -> str:
    """Return Markdown that is rendered as this text."""
    # A `<` is special only where it could begin a tag or a link.
    return re.sub(r"([\\`*_\[\]|]|<(?=[A-Za-z/!?]))", r"\\\1", text)


def _inert(cell: object) -> object:
    # A spreadsheet would evaluate a user's label that begins like a formula.
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def _signs(text: object) -> str:
    return str(text).translate(_SIGNS)
