"""A table as text: CSV for programs, Markdown and LaTeX for readers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

MINUS, EN_DASH, EM_DASH, PLUS_MINUS = "\N{MINUS SIGN}", "\N{EN DASH}", "\N{EM DASH}", "±"
NOTHING = EM_DASH  # a cell for which there is no number

LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{special: f"\\{special}" for special in "&%$#_"},
    MINUS: "$-$",
    PLUS_MINUS: r"$\pm$",
    "σ": r"$\sigma$",
    "≤": r"$\leq$",
    EN_DASH: "--",
    EM_DASH: "---",
}


@dataclass(frozen=True)
class Column:
    """The head of a column; columns side by side with the same `group` share a head above it.

    A `stub` names rows and is set flush left; all else is set flush right.
    """

    head: str
    group: str = ""
    stub: bool = False


@dataclass(frozen=True)
class Table:
    """What a table says (`data`, tidy, full precision) and how it is read (`columns`, `rows`).

    `blocks` are groups of rows, each row one text per column; a table without rows has
    `empty`, a sentence, for a caption. `number` is that of the paper's table, if there is one.
    """

    name: str
    title: str
    caption: str
    columns: Sequence[Column]
    blocks: Sequence[Sequence[Sequence[str]]]
    data: pd.DataFrame = field(repr=False)
    empty: str = ""
    number: str = ""

    @property
    def full_title(self) -> str:
        """The title, behind its number in the paper if there is one."""
        return f"Table {self.number}. {self.title}" if self.number else self.title

    @property
    def rows(self) -> list[Sequence[str]]:
        """All rows, in order."""
        return [row for block in self.blocks for row in block]


def csv(table: Table) -> str:
    """Return the data, one number of ours a line, every digit that it has."""
    return table.data.to_csv(index=False, lineterminator="\n")


def markdown(table: Table) -> str:
    """Return the title, the caption and the table in GitHub's Markdown."""
    caption = table.caption if table.rows else table.empty
    opening = f"**{escaped_markdown(table.full_title)}.** {escaped_markdown(caption)}\n"
    if not table.rows:
        return opening
    stubs = [column.stub for column in table.columns]
    return f"{opening}\n{grid(_single_heads(table.columns), table.rows, stubs)}"


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]], stubs: Sequence[bool]) -> str:
    """Return a bare Markdown table, its columns padded so that its source reads well too."""
    texts = [[escaped_markdown(text) for text in row] for row in (heads, *rows)]
    widths = [max(3, *map(len, column)) for column in zip(*texts, strict=True)]
    rule = [
        "-" * width if stub else "-" * (width - 1) + ":"
        for width, stub in zip(widths, stubs, strict=True)
    ]
    padded = [
        [
            text.ljust(width) if stub else text.rjust(width)
            for text, width, stub in zip(row, widths, stubs, strict=True)
        ]
        for row in texts
    ]
    lines = [padded[0], rule, *padded[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def latex(table: Table) -> str:
    r"""Return a LaTeX `table`, complete with caption and label, for `\usepackage{booktabs}`."""
    caption = table.caption if table.rows else table.empty
    lines = [
        r"% needs \usepackage{booktabs}",
        *([f"% the paper's Table {table.number}"] if table.number else []),
        r"\begin{table}[tbp]",
        r"\centering",
        rf"\caption{{\textbf{{{_latex(table.title)}.}} {_latex(caption)}}}",
        rf"\label{{tab:{table.name.replace('_', '-')}}}",
    ]
    if table.rows:
        # A little less room between columns keeps the widest tables within a page's width.
        lines += [r"\small", r"\setlength{\tabcolsep}{4.5pt}", *_tabular(table)]
    return "\n".join([*lines, r"\end{table}", ""])


def _tabular(table: Table) -> list[str]:
    kinds = "".join("l" if column.stub else "r" for column in table.columns)
    lines = [rf"\begin{{tabular}}{{@{{}}{kinds}@{{}}}}", r"\toprule", *_latex_heads(table.columns)]
    lines.append(r"\midrule")
    for index, block in enumerate(table.blocks):
        if index and max(map(len, table.blocks)) > 1:
            lines.append(r"\addlinespace")
        lines += [_latex_line(row) for row in block]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _latex_heads(columns: Sequence[Column]) -> list[str]:
    if not any(column.group for column in columns):
        return [_latex_line([column.head for column in columns])]
    above, rules, start = [], [], 1
    for group in grouped(columns):
        stop = start + len(group) - 1
        if group[0].group:
            above.append(rf"\multicolumn{{{len(group)}}}{{c}}{{{_latex(group[0].group)}}}")
            rules.append(rf"\cmidrule(lr){{{start}-{stop}}}")
        else:
            above.append("")
        start = stop + 1
    return [
        " & ".join(above) + r" \\",
        "".join(rules),
        _latex_line([column.head for column in columns]),
    ]


def _latex_line(texts: Sequence[str]) -> str:
    return " & ".join(_latex(text) for text in texts) + r" \\"


def _single_heads(columns: Sequence[Column]) -> list[str]:
    # Markdown has one line of heads: a group gives its name to the first of its columns.
    return [
        column.group if column.group and place == 0 else column.head
        for group in grouped(columns)
        for place, column in enumerate(group)
    ]


def grouped(columns: Sequence[Column]) -> list[list[Column]]:
    """Return neighbouring columns under one head together, every other column by itself."""
    # Two neighbours may have the same label: a head that comes again begins a new group.
    groups: list[list[Column]] = []
    for column in columns:
        last = groups[-1] if groups else []
        same = last and column.group and column.group == last[0].group
        if same and column.head != last[0].head:
            last.append(column)
        else:
            groups.append([column])
    return groups


def escaped_markdown(text: str) -> str:
    """Return Markdown that reads as this text."""
    # A `<` is special only where it could begin a tag or a link.
    return re.sub(r"([\\`*_\[\]|]|<(?=[A-Za-z/!?]))", r"\\\1", text)


def _latex(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in text)
