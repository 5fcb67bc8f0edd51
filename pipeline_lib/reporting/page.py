"""The report of a study: one HTML page that opens offline and can be sent to a colleague."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline_lib.analysis.reproduction import Compared
from pipeline_lib.files.stamps import read_bytes
from pipeline_lib.names import LEADING_FIGURES, SUMMARY
from pipeline_lib.numbers import FigureSpec
from pipeline_lib.reporting import comparison_report, methods
from pipeline_lib.reporting.comparison_report import verdict
from pipeline_lib.reporting.findings import findings
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.typesetting import grouped
from pipeline_lib.reporting.wording import PUBLISHED, share

# An SVG of more bytes than this is replaced by the PNG. With a line for each of hundreds of seeds,
# the SVGs would make the page too large to send by mail.
LARGEST_DRAWING = 400_000

FEW = 3  # differences told on each question among the findings; the others are folded
YAML_WIDTH = 34  # characters per line of the settings, so that they fit on a phone


class Figure(NamedTuple):
    """A figure as the page holds it: the content of its file, as base64."""

    spec: FigureSpec
    source: str


def page(
    template: str | Path,
    *,
    study: Mapping[str, Any],
    results: Results,
    comparison: Sequence[Compared] | None,
    script: str = "",
    **shown: Any,
) -> str:
    """Return the page that a Jinja template makes of a study; `study` is `slices.report`.

    Everything that comes from the study is escaped. The page loads no other file, and its policy
    lets no script run but `script`. This draws the figure that readers can handle, in place of the
    figures among the findings. The template also takes its `tables` of measurements and
    `statistics` of tests, its `figures` and its `origin`.
    """
    told = (comparison or [], study["measures"])
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return rendered(
        template,
        study=study,
        comparison=comparison,
        **shown,
        script=Markup(script),  # noqa: S704 - made by `figures`
        allowed=f"'sha256-{digest}'" if script else "'none'",
        model=methods.model(study, results),
        leading=LEADING_FIGURES,
        findings=findings(results),
        few=FEW,
        reading=methods.reading(results),
        limitations=methods.limitations(study, results),
        summary=SUMMARY,
        verdict="" if comparison is None else verdict(comparison),
        explanation=comparison_report.explanation(*told) if comparison else "",
        reproduction=comparison_report.tables(*told, study["labels"]),
    )


def rendered(template: str | Path, **content: Any) -> str:
    """Return the page that a Jinja template makes of this content, all of it escaped."""
    path = Path(template)
    environment = Environment(
        loader=FunctionLoader(lambda name: read_bytes(path.parent / name).decode()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = {"emphasised": emphasised, "grouped": grouped, "share": share, "yaml": as_yaml}
    environment.filters |= filters
    return environment.get_template(path.name).render(content, published=PUBLISHED)


def embedded(paths: Iterable[str | Path], specs: Mapping[str, FigureSpec]) -> list[Figure]:
    """Return the figures of these SVGs, in their order; the PNGs beside them replace large ones.

    `specs` has the title and the caption of each figure, by the stem of its files.
    """
    figures = []
    for path in (path for path in map(Path, paths) if path.suffix == ".svg"):
        small = path.stat().st_size <= LARGEST_DRAWING
        data = read_bytes(path if small else path.with_suffix(".png"))
        kind = "svg+xml" if small else "png"
        source = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
        figures.append(Figure(specs[path.stem], source))
    return figures


def as_yaml(content: Any) -> str:
    """Return settings as YAML."""
    options: Any = {"allow_unicode": True, "sort_keys": False, "default_flow_style": None}
    return str(yaml.safe_dump(content, **options, width=YAML_WIDTH))


def emphasised(text: str) -> Markup:
    """Return a text of this project with *emphasis* as HTML and the rest escaped."""
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", str(escape(text))))  # noqa: S704 - escaped
