"""Bring what studies made into the README and the docs: tables, sentences, figures, YAML.

    .venv/bin/python docs/fill.py README.md docs/switch.md

A page says where each part comes from, in comments that readers do not see:

    <!-- results/switch/tables/switch.md -->
    everything here is replaced by the content of the file
    <!-- end -->

`<!-- file.md: Heading -->` takes one section of a Markdown file, without its heading. YAML is shown
as code. For a picture the part holds the link to a copy, which is renewed. The cells of a study
(`results/cells.parquet`) become a table of its main results with their intervals. A copy of the
cells, and of the values by seed behind them, is kept in `docs/values`, so that the table can be
checked without running the study again.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import yaml

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cell, Cells, Statistics
from pipeline_lib.analysis.published import read_published
from pipeline_lib.files.rows import read_rows
from pipeline_lib.names import ON, STATES, SUMMARY, label
from pipeline_lib.numbers import Key, Number
from pipeline_lib.reporting.typesetting import NOTHING, Table, columns, grid
from pipeline_lib.reporting.wording import PUBLISHED, heading, signed

PROJECT = Path(__file__).parent.parent
COPIES = {
    "values.parquet": "docs/values/paper.parquet",
    "cells.parquet": "docs/values/paper_cells.parquet",
}
PART = re.compile(r"(<!-- (\S+?)(?:: (.+?))? -->\n)(.*?)(<!-- end -->)", re.S)
LINK = re.compile(r"!\[[^\]]*\]\((\S+)\)")


def filled(page: Path, project: Path = PROJECT) -> str:
    """Return the page's text with every part renewed, and renew its pictures and values.

    Paths are relative to the project. Raises ValueError if a source or a section is not there.
    """

    def renewed(part: re.Match[str]) -> str:
        opening, path, section, before, end = part.groups()
        source = project / path
        if source.suffix == ".png":
            if not (link := LINK.search(before)):
                raise ValueError(f"{page.name}: {path} has no link to its copy")
            shutil.copyfile(source, page.parent / link[1])
            return part[0]
        if source.suffix == ".parquet":
            for name, copy in COPIES.items():
                shutil.copyfile(source.with_name(name), project / copy)
            text = main_results(source, project).rstrip("\n")
        else:
            text = source.read_text(encoding="utf-8").rstrip("\n")
        if source.suffix == ".yaml":
            text = f"```yaml\n{text}\n```"
        if section:
            text = _section(text, section, f"{page.name}: {path}")
        return f"{opening}{text}\n{end}"

    old = page.read_text(encoding="utf-8")
    for _, path, *_ in PART.findall(old):  # before any copy is renewed
        if not (project / path).exists():
            raise ValueError(f"{page.name}: there is no {path}; run its study first")
    return PART.sub(renewed, old)


def main_results(path: Path, project: Path = PROJECT) -> str:
    """Return the numbers of the summary table with their intervals, published means below them.

    `path` is the file of the cells of the paper's study.
    """
    study = yaml.safe_load((project / "config.yaml").read_text("utf-8"))
    labels = {name: each["label"] for name, each in study["treatments"].items()}
    cells = Cells(read_rows(path, Cell))
    published = {
        row.key: row.statistics
        for row in read_published(project / study["reproduction"]["published"])
        if row.seed is None and (row.statistics.mean, row.statistics.count) != (None, None)
    }
    numbers = [each for each in measures.numbers(study_measures(cells)).values() if in_table(each)]
    keys = [(number, cells.strongest(number.name)) for number in numbers]
    lines = []
    for state in (*STATES, *labels):
        ours = [(number, cells.get(Key(state, number.name, ON, at))) for number, at in keys]
        lines.append([label(state, labels), *(_with_interval(*each) for each in ours)])
        theirs = [(number, published.get(Key(state, number.name, ON, at))) for number, at in keys]
        if any(found for _, found in theirs):
            lines.append([PUBLISHED, *(_published(*each) for each in theirs)])
    heads = [heading(number, at) for number, at in keys]
    return grid(Table("main", "", "", columns([""], heads), [lines]))


def study_measures(cells: Cells) -> list[str]:
    """Return the measures that the cells hold numbers of, in order."""
    names = {key.number for key in cells}
    return [name for name in measures.in_order() if names & set(measures.numbers([name]))]


def in_table(number: Number) -> bool:
    """Tell whether a number stands in the summary table."""
    return SUMMARY in number.tables


def _with_interval(number: Number, cell: Cell | None) -> str:
    if cell is None:
        return NOTHING
    text = signed(cell.mean, number) if cell.count is None else f"{cell.count} of {cell.n}"
    if cell.ci_low is None or cell.ci_high is None:
        return text
    low, high = signed(cell.ci_low, number), signed(cell.ci_high, number)
    return f"{text} ({low} to {high}{' %' if number.share else ''})"


def _published(number: Number, found: Statistics | None) -> str:
    if found is None:
        return NOTHING
    if found.count is not None:
        return f"{found.count} of {found.n}"
    return NOTHING if found.mean is None else signed(found.mean, number)


def _section(text: str, heading: str, where: str) -> str:
    pattern = rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#|\Z)"
    if not (found := re.search(pattern, text, re.S | re.M)):
        raise ValueError(f"{where} has no section {heading!r}")
    return found[2].strip("\n")


def main(pages: list[str], project: Path = PROJECT) -> None:
    """Fill every page whose studies have been run; exit with a message for each other page."""
    problems = []
    for page in map(Path, pages):
        try:
            page.write_text(filled(page, project), encoding="utf-8")
        except ValueError as error:
            problems.append(str(error))
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main(sys.argv[1:])
