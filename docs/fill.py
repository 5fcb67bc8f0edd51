"""Bring what studies made into the README and the docs: tables, sentences, figures, YAML.

    .venv/bin/python docs/fill.py README.md docs/switch.md

A page says where each part comes from, in comments that readers do not see:

    <!-- results/switch/tables/switch.md -->
    everything here is replaced by the content of the file
    <!-- end -->

`<!-- file.md: Heading -->` takes one section of a Markdown file, without its heading. YAML is shown
as code. For a picture the part holds the link to a copy, which is renewed. The values of a study
by seed (`results/values.parquet`) become a table of its main results with their intervals, and a
copy is kept in `docs/values`, so that the table can be checked without running the study again.
"""

import re
import shutil
import sys
from pathlib import Path

from snakemake.utils import update_config

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cell, Cells, Statistics, study_cells
from pipeline_lib.analysis.published import read_published
from pipeline_lib.files.rows import read_scenarios
from pipeline_lib.measures import Value
from pipeline_lib.names import ON, STATES, SUMMARY, label
from pipeline_lib.numbers import Key, Number, value_text
from pipeline_lib.reporting.typesetting import NOTHING, Table, columns, grid
from pipeline_lib.reporting.wording import PUBLISHED, signed
from pipeline_lib.study import axes, overlays

PROJECT = Path(__file__).parent.parent
VALUES, PAPER = Path("docs/values"), "paper"
PART = re.compile(r"(<!-- (\S+?)(?:: (.+?))? -->\n)(.*?)(<!-- end -->)", re.S)
EDITORS = re.compile(r"\A# yaml-language-server: .*\n")  # a line that only editors read
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
            name = PAPER if source.parent == project / "results" else source.parent.name
            shutil.copyfile(source, project / VALUES / f"{name}.parquet")
            text = main_results(name, project).rstrip("\n")
        else:
            text = source.read_text(encoding="utf-8").rstrip("\n")
        if source.suffix == ".yaml":
            text = f"```yaml\n{EDITORS.sub('', text)}\n```"
        if section:
            text = _section(text, section, f"{page.name}: {path}")
        return f"{opening}{text}\n{end}"

    old = page.read_text(encoding="utf-8")
    for _, path, *_ in PART.findall(old):  # before any copy is renewed
        if not (project / path).exists():
            raise ValueError(f"{page.name}: there is no {path}; run its study first")
    return PART.sub(renewed, old)


def main_results(name: str, project: Path = PROJECT) -> str:
    """Return the numbers of the summary table with their intervals, published means below them.

    They are computed from the kept values of the study of this name. A study with axes has a row
    for each of their values, and only for treatments that they change.
    """
    base = overlays.read(project / "config.yaml")
    if (overlay := project / f"studies/{name}.yaml").exists():
        update_config(base, overlays.read(overlay))
    theirs_at = base["reproduction"]["published"]
    published = {
        row.key: row.statistics
        for row in (read_published(project / theirs_at) if theirs_at else ())
        if row.seed is None and (row.statistics.mean, row.statistics.count) != (None, None)
    }
    places = axes.scenarios(base)
    scenarios, study = [each.values for each in places], places[0].study
    labels = {who: each.label for who, each in study.treatments.items()}
    found = read_scenarios(project / VALUES / f"{name}.parquet", Value, scenarios)
    there = {value.number for value in found[0]}
    names = [each for each in measures.in_order() if there & set(measures.numbers([each]))]
    of_measures = measures.numbers(names)
    varied = [Cells(study_cells(values, of_measures)) for values in found]
    numbers = [n for n in of_measures.values() if SUMMARY in n.tables and n.name in there]
    keys = [(number, varied[0].strongest(number.name)) for number in numbers]
    lines = []
    for state in (who for who in (*STATES, *labels) if who in varied[0].treatments):
        rows = [
            [
                _with_interval(number, cells.get(Key(state, number.name, ON, at)))
                for number, at in keys
            ]
            for cells in varied
        ]
        if not scenarios[0]:
            lines.append([label(state, labels), *rows[0]])
            theirs = [
                (number, published.get(Key(state, number.name, ON, at))) for number, at in keys
            ]
            if any(found for _, found in theirs):
                lines.append([PUBLISHED, *(_published(*each) for each in theirs)])
        elif any(row != rows[0] for row in rows):
            for place, row in zip(scenarios, rows, strict=True):
                lines.append([label(state, labels), *map(value_text, place.values()), *row])
    heads = [number.at_level(at) for number, at in keys]
    stub = (
        ["Treatment", *(axis.rpartition(".")[2] for axis in scenarios[0])] if scenarios[0] else [""]
    )
    return grid(Table("main", "", "", columns(stub, heads), [lines]))


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
