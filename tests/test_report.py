"""The page of the report: it is self-contained, complete, and escapes text from the study."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import yaml

from pipeline_lib.analysis.published import read_published
from pipeline_lib.analysis.reproduction import compare
from pipeline_lib.names import SUMMARY
from pipeline_lib.numbers import FigureSpec
from pipeline_lib.reporting import origin
from pipeline_lib.reporting.comparison_report import report
from pipeline_lib.reporting.page import Content, as_yaml, embedded, numbered_rows, page, prose
from pipeline_lib.reporting.statistics_tables import statistics_tables
from pipeline_lib.reporting.tables import build
from pipeline_lib.reporting.verdict import verdict
from pipeline_lib.study import slices
from pipeline_lib.study.config import STUDY
from tests.conftest import ROOT
from tests.handmade import measured, results

TEMPLATE = ROOT / "pipeline_lib/reporting/report.html.j2"
VOID = {"meta", "img", "br", "link", "hr"}


def test_a_folder_that_is_not_a_checkout_has_no_commit(tmp_path):
    assert origin.commit(tmp_path) is None


def test_the_commit_is_that_of_the_project_whatever_gits_environment_says(tmp_path, monkeypatch):
    git = shutil.which("git")
    if git is None:
        pytest.skip("no git here")
    for name in ("ours", "theirs"):
        author = ("-c", "user.name=n", "-c", "user.email=n@n", "-c", "commit.gpgsign=false")
        for command in (["init", "-q"], [*author, "commit", "-q", "--allow-empty", "-m", name]):
            place = tmp_path / name
            place.mkdir(exist_ok=True)
            subprocess.run([git, "-C", str(place), *command], check=True)
    ours, theirs = (origin.commit(tmp_path / name) for name in ("ours", "theirs"))
    assert ours != theirs
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "theirs" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "theirs"))
    assert origin.commit(tmp_path / "ours") == ours


def test_the_paper_is_cited_before_the_software():
    paper, software = origin.citations(ROOT / "CITATION.cff")
    assert paper.doi == "10.5281/zenodo.18295517"
    assert software.authors
    assert not software.doi


def test_only_the_numbered_table_of_the_discrepancies_is_shown():
    text = "# A\n\n| # | x |\n|---|---|\n| 1 | a |\n| 2 | b |\n\n| y |\n|---|\n| 3 |\n"
    assert numbered_rows(f"| z |\n|---|\n| 9 |\n\n{text}") == [["#", "x"], ["1", "a"], ["2", "b"]]
    assert numbered_rows("no table") == []
    head, *rows = numbered_rows((ROOT / "docs/discrepancies.md").read_text("utf-8"))
    assert [row[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    assert {len(row) for row in rows} == {len(head)}


# The page


class Parsed(HTMLParser):
    """A page's tags, which must nest, its headings in order, its links and its attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.headings, self.attributes, self.text = [], [], [], []
        self.tags = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes {self.open[-1]}"
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


COURSES = {
    "ketamine": [[97.0, 97.0], [96.0, 97.5]],
    "ssri": [[70.0, 90.0], [85.0, 91.0]],
    "neurosteroid": [[97.0, 60.0], [97.5, 96.0]],
}


def content(paper, courses=COURSES, **changes):
    """All that a page of a small study shows; `changes` replace parts of it."""
    study = slices.report(STUDY.model_validate(paper))
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
        "discrepancies": [] if published is None else [["#", "`what`"], ["1", "*that*"]],
        "figures": [],
        "origin": origin.Origin({"torch": "1"}, "abc", origin.citations(ROOT / "CITATION.cff")),
    }
    return Content(**(parts | changes))


@pytest.fixture
def figures(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.svg").write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>{name}</title></svg>'
        )
        (tmp_path / f"{name}.png").write_bytes(b"\x89PNG")
    specs = {"one": FigureSpec("one", "One", ""), "two": FigureSpec("two", "Two", "What <two> is.")}
    return embedded(sorted(tmp_path.glob("*.[sp][vn]g")), specs)


def test_a_page_needs_no_other_file_and_runs_no_script(paper, figures):
    parsed = Parsed(page(TEMPLATE, content(paper, figures=figures)))
    assert not {"script", "link", "iframe", "object"} & set(parsed.tags)
    for tag, name, value in parsed.attributes:
        assert not name.startswith("on")
        assert name != "style"
        if name == "href":
            assert tag == "a"
            assert value.startswith(("#", "https://doi.org/10.5281/"))
        if name == "src":
            assert value.startswith("data:image/")
    css = (TEMPLATE.parent / "report.css").read_text("utf-8")
    assert "url(" not in css
    assert "@import" not in css


def test_only_the_script_of_the_live_figure_may_run(paper):
    script = "const page = 1;"
    text = html.unescape(page(TEMPLATE, content(paper, script=script)))
    allowed = re.search(r"script-src 'sha256-([^']+)'", text)[1]
    assert base64.b64decode(allowed) == hashlib.sha256(script.encode()).digest()
    assert f"<script>{script}</script>" in text
    without = html.unescape(page(TEMPLATE, content(paper)))
    assert "script-src 'none'" in without
    assert "seeds" not in re.findall('id="(.*?)"', without)


def test_links_within_the_page_have_targets(paper, figures):
    parsed = Parsed(page(TEMPLATE, content(paper, figures=figures)))
    ids = [value for _, name, value in parsed.attributes if name == "id"]
    links = [
        value[1:] for _, name, value in parsed.attributes if name == "href" and value[0] == "#"
    ]
    assert len(set(ids)) == len(ids)
    assert set(links) <= set(ids)
    assert {"model", "findings", "sure", "glossary"} <= set(links)


def test_headings_descend_one_level_at_a_time(paper, figures):
    levels = Parsed(page(TEMPLATE, content(paper, figures=figures))).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_text_from_the_study_is_escaped(paper, figures):
    evil = '<script>alert("&")</script>'
    paper["treatments"]["ssri"]["label"] = evil
    study = content(paper, figures=figures)
    text = page(TEMPLATE, content(paper, study=study.study | {"results": "<b>x</b>"}))
    assert "<script" not in text
    assert "<b>" not in text
    assert evil in "".join(Parsed(text).text)


def test_captions_are_escaped_and_images_have_alternative_text(paper, figures):
    parsed = Parsed(page(TEMPLATE, content(paper, figures=figures)))
    alts = [value for tag, name, value in parsed.attributes if (tag, name) == ("img", "alt")]
    assert alts == ["One", "Two: What <two> is."]


def test_every_figure_and_every_table_is_shown(paper, figures):
    shown = content(paper, figures=figures)
    text = page(TEMPLATE, shown)
    for figure in figures:
        assert figure.source in text
    words = "".join(Parsed(text).text)
    for table in (*shown.tables, *shown.statistics):
        if table.name != SUMMARY:
            assert table.full_title in words
        for row in table.rows:
            for cell in row:
                assert cell in words
    assert verdict(shown.comparison) in words


def test_a_large_svg_is_replaced_by_its_png(tmp_path):
    (tmp_path / "many.svg").write_bytes(b" " * 500_000)
    specs = {"many": FigureSpec("many", "Many", "")}
    assert embedded([tmp_path / "many.svg"], specs)[0].source.startswith("data:image/svg")
    (tmp_path / "many.png").write_bytes(b"\x89PNG")
    found = embedded([tmp_path / "many.svg", tmp_path / "many.png"], specs)
    assert [figure.source.partition(";")[0] for figure in found] == ["data:image/png"]


def test_a_study_without_published_numbers_does_not_mention_any(paper):
    text = page(TEMPLATE, content(paper, published=None))
    words = "".join(Parsed(text).text)
    assert "Reproduction" not in words
    settings = slices.report(STUDY.model_validate(paper))["settings"]
    assert "ublished" not in words.replace(
        f"published: {settings['reproduction']['published']}", ""
    )


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("names", [["ketamine"], ["ketamine", "ssri"]])
def test_a_small_study_has_a_page_too(paper, seeds, names):
    paper["seeds"] = seeds
    paper["treatments"] |= {name: None for name in paper["treatments"] if name not in names}
    courses = {name: [[90.0, 60.0]] * seeds for name in names}
    words = "".join(Parsed(page(TEMPLATE, content(paper, courses, published=None))).text)
    assert not re.search(r"\b(nan|None)\b", words)


def test_the_protocol_is_shown_as_yaml_and_each_kind_of_step_is_explained(paper):
    paper["treatments"]["ssri"]["course"].append({"withdraw": {}})
    shown = content(paper)
    words = "".join(Parsed(page(TEMPLATE, shown)).text)
    settings = shown.study["settings"]
    for name in ("task", "network", "pruning", "evaluate", "acute", "relapse"):
        assert settings[name] == paper[name]
    assert yaml.safe_load(as_yaml(settings)) == settings
    assert as_yaml(settings) in words
    for name, steps in shown.study["treatments"].items():
        for part in ("course", "maintenance"):
            assert steps[part] == paper["treatments"][name][part]
        assert as_yaml(steps) in words
    assert list(shown.study["steps"]) == ["regrow", "train", "withdraw", "modulate"]
    assert "Regrow pruned weights: by default, those with the steepest gradients." in words
    assert "Prune each matrix" not in words


def test_the_comparison_is_shown_table_by_table_under_their_titles(paper):
    shown = content(paper)
    text = report(shown.comparison, shown.study["measures"], shown.study["labels"])
    assert text.startswith(
        f"# Reproduction of the published numbers\n\n**{verdict(shown.comparison)}"
    )
    titles = re.findall("^## (.*)$", text, flags=re.MULTILINE)
    assert titles[:2] == [
        "Table 1. Accuracy after treatment",
        "Table 2. Accuracy under internal noise",
    ]
    assert "Relapse cycle by seed" in titles
    assert len(set(titles)) == len(titles)
    cells = [
        [c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]
    (row,) = (c for c in cells if c[:2] == ["SSRI-like", "Combined stress"])
    assert row[2:4] == ["77.5 ± 7.5", "81.3 ± 8.8"]
    fisher = "consistent (Fisher's exact test, p = 1.000)"
    assert ["Ketamine-like", "Ever below threshold", "0 of 2", "0 of 10", fisher] in cells
    assert report([], shown.study["measures"], {}).count("\n") == 3


def test_the_same_study_gives_the_same_page(paper, figures):
    first, second = (page(TEMPLATE, content(paper, figures=figures)) for _ in range(2))
    assert first == second


def test_only_code_and_emphasis_are_marked_up_in_prose():
    assert prose("a `b` *c* <d>") == "a <code>b</code> <em>c</em> &lt;d&gt;"
