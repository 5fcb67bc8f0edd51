"""The page of the report: it is self-contained, complete, and escapes text from the study."""

import base64
import hashlib
import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipeline_lib.analysis.published import read_published
from pipeline_lib.analysis.reproduction import compare
from pipeline_lib.names import SPARSITY, SUMMARY
from pipeline_lib.numbers import FigureSpec
from pipeline_lib.reporting import methods, origin
from pipeline_lib.reporting.comparison_report import verdict
from pipeline_lib.reporting.page import as_yaml, embedded, page
from pipeline_lib.reporting.statistics_tables import statistics_tables
from pipeline_lib.reporting.tables import build
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import ROOT
from tests.handmade import measured, results, values_of

TEMPLATE = ROOT / "pipeline_lib/reporting/report.html.j2"
VOID = {"meta", "img", "br", "link", "hr"}


class Parsed(HTMLParser):
    """A page's elements, which must nest, with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        self.text += data


COURSES = {
    "ketamine": [[97.0, 97.0], [96.0, 97.5]],
    "ssri": [[70.0, 90.0], [85.0, 91.0]],
    "neurosteroid": [[97.0, 60.0], [97.5, 96.0]],
}


def content(paper, courses=COURSES, **changes):
    """All that a page of a small study shows; `changes` replace parts of it."""
    study = slices.report(validate(paper))
    values = measured(courses, drops={name: [1.0, 2.0][: len(of)] for name, of in courses.items()})
    published = changes.pop("published", read_published(ROOT / "reference/published.csv"))
    found = replace(results(values, study["labels"]), measures=study["measures"])
    comparison = None
    if published is not None:
        comparison = compare(found.cells, values, published, [], found.numbers, 0.05, 1.0)
    parts = {
        "study": study,
        "results": found,
        "tables": build(found, values, published),
        "statistics": statistics_tables(found),
        "comparison": comparison,
        "figures": [],
        "origin": origin.Origin({"torch": "1"}, "abc", origin.citations(ROOT / "CITATION.cff")),
    }
    return parts | changes


@pytest.fixture
def figures(tmp_path):
    specs = {"one": FigureSpec("one", "One", ""), "two": FigureSpec("two", "Two", "What <two> is.")}
    for name in specs:
        (tmp_path / f"{name}.svg").write_text(f'<svg viewBox="0 0 9 9"><title>{name}</title></svg>')
    return embedded(sorted(tmp_path.glob("*.svg")), specs)


def test_a_page_needs_no_other_file_and_runs_no_script(paper, figures):
    parsed = Parsed(page(TEMPLATE, **content(paper, figures=figures)))
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in parsed.elements}
    found = [pair for _, attributes in parsed.elements for pair in attributes]
    for name, value in found:
        assert not name.startswith("on")
        assert name != "style"
        if name == "href":
            assert value.startswith(("#", "https://doi.org/10.5281/"))
        if name == "src":
            assert value.startswith("data:image/")
    ids = [value for name, value in found if name == "id"]
    assert len(set(ids)) == len(ids)
    assert {value[1:] for name, value in found if name == "href" and value[0] == "#"} <= {*ids}
    css = (TEMPLATE.parent / "report.css").read_text("utf-8")
    assert not re.search(r"url\(|@import", css)


def test_only_the_script_of_the_live_figure_may_run(paper):
    script = "const page = 1;"
    text = html.unescape(page(TEMPLATE, **content(paper, script=script)))
    allowed = re.search(r"script-src 'sha256-([^']+)'", text)[1]
    assert base64.b64decode(allowed) == hashlib.sha256(script.encode()).digest()
    assert f"<script>{script}</script>" in text
    assert "script-src 'none'" in html.unescape(page(TEMPLATE, **content(paper)))


def test_every_figure_and_every_table_is_shown(paper, figures):
    shown = content(paper, figures=figures)
    text = page(TEMPLATE, **shown)
    for figure in figures:
        assert figure.source in text
    words = Parsed(text).text
    for table in (*shown["tables"], *shown["statistics"]):
        assert table.name == SUMMARY or table.full_title in words
        assert all(cell in words for row in table.rows for cell in row)
    assert verdict(shown["comparison"]) in words


def test_a_study_without_published_numbers_does_not_mention_any(paper):
    words = Parsed(page(TEMPLATE, **content(paper, published=None))).text
    assert not re.search(r"\b(Reproduction|nan|None)\b", words)
    assert "ublished" not in words.replace("published: reference/published.csv", "")


def test_the_protocol_is_shown_as_yaml_and_each_kind_of_step_is_explained(paper):
    paper["treatments"]["ssri"]["course"].append({"withdraw": {}})
    paper["treatments"]["ssri"]["stress"] = {"acute": {"prune": 0.6}}
    shown = content(paper)
    words = Parsed(page(TEMPLATE, **shown)).text
    assert shown["study"]["settings"]["evaluate"] == paper["evaluate"]
    assert as_yaml(shown["study"]["settings"]) in words
    for name, steps in shown["study"]["treatments"].items():
        assert steps["course"] == paper["treatments"][name]["course"]
        assert as_yaml(steps) in words
    assert "These tests differ for SSRI-like (see “stress” under The treatments)" in words
    assert list(shown["study"]["steps"]) == ["regrow", "train", "withdraw", "modulate"]


def limitations(paper):
    """What the report says of a study whose networks keep half or 5 % of the weights."""
    study = slices.report(validate(paper))
    values = measured({name: [[90.0, 90.0]] * 3 for name in study["labels"]})
    values = [v for v in values if v.number != SPARSITY or v.treatment != "ketamine"]
    values += values_of(SPARSITY, {"ketamine": [47.5] * 3})
    found = replace(results(values, study["labels"]), threshold=study["threshold"])
    return " ".join(methods.limitations(study, found)).replace("\N{NO-BREAK SPACE}", " ")


def test_what_is_not_matched_between_treatments_is_said(paper):
    said = limitations(paper)
    assert "they leave 5.0 to 52.5 % of the connections" in said
    assert "their learning rates differ up to 50-fold" in said
    assert "their courses take different numbers of epochs" in said
    within = {"repeat": {"times": 2, "steps": [{"train": {"epochs": 10, "lr": 0.001}}]}}
    paper["treatments"]["ketamine"]["maintenance"] = [within]
    assert "their learning rates differ up to 100-fold" in limitations(paper)
