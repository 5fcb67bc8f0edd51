"""The report of a study: one HTML page that opens offline and can be sent to a colleague."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline_lib.analysis.reproduction import verdict
from pipeline_lib.reporting import comparison_report
from pipeline_lib.reporting.combinations import combination_table
from pipeline_lib.reporting.findings import findings, reading
from pipeline_lib.reporting.gist import gist
from pipeline_lib.reporting.methods import facts, recoveries, seeds_in_words
from pipeline_lib.reporting.origin import Origin
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.statistics_tables import log_rank_table, paired_table, relapse_table
from pipeline_lib.reporting.typesetting import Table, grouped
from pipeline_lib.reporting.wording import PUBLISHED

# A drawing of more bytes than this gives way to its picture in pixels, if there is one: with
# hundreds of seeds a line for each makes a page that no mail takes.
LARGEST_DRAWING = 400_000

MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True)
class Figure:
    """A figure as the page holds it: its file's content within the page itself, base64."""

    name: str
    title: str
    caption: str
    source: str


@dataclass(frozen=True)
class Content:
    """All that the page shows; `study` is `slices.report`."""

    study: Mapping[str, Any]
    results: Results
    tables: Sequence[Table]
    comparison: pd.DataFrame | None
    discrepancies: Sequence[Sequence[str]]
    figures: Sequence[Figure]
    origin: Origin


def page(template: str | Path, content: Content) -> str:
    """Return the page that a Jinja template makes of a study.

    Whatever comes from the study is escaped; the page holds no script and asks for no other file.
    """
    path = Path(template)
    environment = Environment(
        loader=FileSystemLoader(path.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"prose": prose, "grouped": grouped}
    study, results, comparison = content.study, content.results, content.comparison
    by_name = {table.name: table for table in content.tables}
    return environment.get_template(path.name).render(
        study=study,
        seeds=seeds_in_words(study["seeds"]),
        facts=facts(study["protocol"], threshold=study["threshold"], switch=study["switch"]),
        recoveries=recoveries(study["protocol"], study["labels"]),
        reading=reading(results),
        gist=gist(results),
        findings=findings(results),
        summary=by_name.pop("summary", None),
        tables=list(by_name.values()),
        figures=content.figures,
        statistics=[
            *([combination_table(results)] if results.combines else []),
            relapse_table(results),
            log_rank_table(results),
            paired_table(results),
        ],
        **_reproduction(comparison, study["labels"]),
        discrepancies=content.discrepancies,
        origin=content.origin,
        published=PUBLISHED,
    )


def _reproduction(comparison: pd.DataFrame | None, labels: Mapping[str, str]) -> dict[str, Any]:
    if comparison is None:
        return {"verdict": "", "explanation": "", "comparison": []}
    empty = comparison.empty
    return {
        "verdict": verdict(comparison),
        "explanation": "" if empty else comparison_report.explanation(comparison),
        "comparison": [] if empty else comparison_report.tables(comparison, labels),
    }


def embedded(paths: Iterable[str | Path], captions: Iterable[str | Path]) -> list[Figure]:
    """Return the figures of these files, one for each stem, in their order.

    Of an SVG and a PNG of one stem the SVG is taken, unless it is larger than `LARGEST_DRAWING`.
    A caption is a text file of the figure's stem; a figure may do without one.
    """
    texts = {Path(path).stem: Path(path).read_text(encoding="utf-8") for path in captions}
    files: dict[str, dict[str, Path]] = {}
    for path in map(Path, paths):
        files.setdefault(path.stem, {})[path.suffix] = path
    figures = []
    for stem, forms in files.items():
        drawing, pixels = forms.get(".svg"), forms.get(".png")
        if drawing is None or (pixels and drawing.stat().st_size > LARGEST_DRAWING):
            drawing = pixels
        assert drawing is not None, f"{stem}: neither SVG nor PNG"
        data = base64.b64encode(drawing.read_bytes()).decode("ascii")
        title = stem.replace("_", " ").capitalize()
        caption = " ".join(texts.get(stem, "").split())
        source = f"data:{MEDIA_TYPES[drawing.suffix]};base64,{data}"
        figures.append(Figure(stem, title, caption, source))
    return figures


def markdown_rows(text: str) -> list[list[str]]:
    """Return the cells of the rows of a Markdown text's tables, heads included, rules left out."""
    lines = [line.strip() for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if not re.fullmatch(r"[-: ]+", "".join(row))]


def prose(text: str) -> Markup:
    """Return text of the project's own with `code` and *emphasis* set; all else is escaped."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", marked))  # noqa: S704 - escaped above
