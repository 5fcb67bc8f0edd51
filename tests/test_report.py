"""The page of the report: it needs nothing but itself, and shows and escapes all it is given."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

import pytest

from pipeline_lib.analysis.published import read_published
from pipeline_lib.analysis.reproduction import COLUMNS, compare, verdict
from pipeline_lib.analysis.statistics import cells
from pipeline_lib.analysis.stored import read_result
from pipeline_lib.errors import PipelineError
from pipeline_lib.reporting import origin
from pipeline_lib.reporting.page import Content, embedded, markdown_rows, page, prose
from pipeline_lib.reporting.tables import build
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import ROOT
from tests.handmade import THRESHOLD, measured, results

TEMPLATE = ROOT / "pipeline_lib/reporting/report.html.j2"
VOID = {"meta", "img", "br", "link", "hr"}


def test_the_time_is_the_last_in_the_logs_of_gathering(tmp_path):
    (tmp_path / "gather").mkdir()
    for name, hour in (("acute", 9), ("relapse", 11)):
        text = f"2026-01-02 08:00:00 gather\n2026-01-02 {hour:02}:00:00 done in 1.0 s\n"
        (tmp_path / "gather" / f"{name}.log").write_text(text, encoding="utf-8")
    assert origin.gathered_at(tmp_path) == "2026-01-02 11:00:00"
    assert origin.gathered_at(tmp_path / "nowhere") is None


def test_a_folder_that_is_no_checkout_has_no_commit(tmp_path):
    assert origin.commit(tmp_path) is None


def test_the_paper_is_cited_before_the_software():
    paper, software = origin.citations(ROOT / "CITATION.cff")
    assert paper.doi == "10.5281/zenodo.18295517"
    assert software.authors
    assert not software.doi


def test_results_are_read_back_as_they_were_written(tmp_path):
    values = measured({name: [[81.0, 90.0], [85.0, 70.0]] for name in ("nan", "null")})
    published = cells(values, THRESHOLD)
    comparison = compare(cells(values, THRESHOLD), published, 0.05, 0.02)
    comparison.to_csv(tmp_path / "comparison.csv", index=False)
    read = read_result(tmp_path / "comparison.csv", COLUMNS)
    assert verdict(read) == verdict(comparison)
    assert read["treatment"].tolist() == comparison["treatment"].tolist()
    assert read["cycle"].equals(comparison["cycle"].astype("Int64"))
    content = (tmp_path / "comparison.csv").read_text(encoding="utf-8")
    first_line = content.index("\n") + 1
    for cut in (first_line + 3, len(content) - 1, len(content) - 9):
        (tmp_path / "comparison.csv").write_text(content[:cut], encoding="utf-8")
        with pytest.raises(PipelineError, match=r"a line is cut off.* rebuild it"):
            read_result(tmp_path / "comparison.csv", COLUMNS)
    (tmp_path / "comparison.csv").write_text("x\n1\n", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"its columns are not .* rebuild it"):
        read_result(tmp_path / "comparison.csv", COLUMNS)


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


def content(paper, **changes):
    """All that a page of a small study shows; `changes` replace parts of it."""
    study = validate(paper)
    labels = {name: treatment.label for name, treatment in study.treatments.items()}
    courses = {
        "ketamine": [[97.0, 97.0], [96.0, 97.5]],
        "ssri": [[70.0, 90.0], [85.0, 91.0]],
        "neurosteroid": [[97.0, 60.0], [97.5, 96.0]],
    }
    values = measured(courses, drops={name: [1.0, 2.0] for name in courses})
    published = read_published(ROOT / "reference/published.csv")
    parts = {
        "study": slices.report(study),
        "results": results(values, labels),
        "tables": build(cells(values, THRESHOLD), published, labels),
        "comparison": compare(cells(values, THRESHOLD), published, 0.05, 0.02),
        "discrepancies": markdown_rows((ROOT / "docs/discrepancies.md").read_text("utf-8")),
        "figures": [],
        "origin": origin.Origin(
            {"torch": "1"}, "2026-01-02 03:04:05", "abc", origin.citations(ROOT / "CITATION.cff")
        ),
    }
    return Content(**(parts | changes))


@pytest.fixture
def figures(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.svg").write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>{name}</title></svg>'
        )
        (tmp_path / f"{name}.png").write_bytes(b"\x89PNG")
    (tmp_path / "two.rst").write_text("What <two>\nshows.\n")
    return embedded(sorted(tmp_path.glob("*.[sp][vn]g")), [tmp_path / "two.rst"])


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


def test_links_within_the_page_lead_somewhere(paper, figures):
    parsed = Parsed(page(TEMPLATE, content(paper, figures=figures)))
    ids = [value for _, name, value in parsed.attributes if name == "id"]
    links = [
        value[1:] for _, name, value in parsed.attributes if name == "href" and value[0] == "#"
    ]
    assert len(set(ids)) == len(ids)
    assert set(links) <= set(ids)
    assert "figures" in links


def test_headings_go_down_one_level_at_a_time(paper, figures):
    levels = Parsed(page(TEMPLATE, content(paper, figures=figures))).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_what_comes_from_the_study_is_escaped(paper, figures):
    evil = '<script>alert("&")</script>'
    paper["treatments"]["ssri"]["label"] = evil
    study = content(paper, figures=figures)
    text = page(TEMPLATE, content(paper, study=study.study | {"results": "<b>x</b>"}))
    assert "<script" not in text
    assert "<b>" not in text
    assert evil in "".join(Parsed(text).text)


def test_a_caption_is_escaped_and_an_image_has_words(paper, figures):
    parsed = Parsed(page(TEMPLATE, content(paper, figures=figures)))
    alts = [value for tag, name, value in parsed.attributes if (tag, name) == ("img", "alt")]
    assert alts == ["One", "Two: What <two> shows."]


def test_every_figure_and_every_table_is_shown(paper, figures):
    shown = content(paper, figures=figures)
    text = page(TEMPLATE, shown)
    for figure in figures:
        assert figure.source in text
    words = "".join(Parsed(text).text)
    for table in shown.tables:
        if table.name != "summary":
            assert table.full_title in words
        for row in table.rows:
            for cell in row:
                assert cell in words
    assert verdict(shown.comparison) in words


def test_a_large_drawing_gives_way_to_its_picture(tmp_path):
    (tmp_path / "many.svg").write_bytes(b" " * 500_000)
    assert embedded([tmp_path / "many.svg"], [])[0].source.startswith("data:image/svg")
    (tmp_path / "many.png").write_bytes(b"\x89PNG")
    found = embedded([tmp_path / "many.svg", tmp_path / "many.png"], [])
    assert [figure.source.partition(";")[0] for figure in found] == ["data:image/png"]


def test_a_study_without_published_numbers_speaks_of_none(paper):
    text = page(TEMPLATE, content(paper, comparison=None, discrepancies=[], tables=[]))
    words = "".join(Parsed(text).text)
    assert "Reproduction" not in words
    assert "ublished" not in words


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("names", [["ketamine"], ["ketamine", "ssri"]])
def test_a_small_study_has_a_page_too(paper, seeds, names):
    paper["seeds"] = seeds
    paper["treatments"] = {name: paper["treatments"][name] for name in names}
    values = measured({name: [[90.0, 60.0]] * seeds for name in names})
    labels = {name: name.title() for name in names}
    tables = build(cells(values, THRESHOLD), None, labels)
    parts = {"results": results(values, labels), "tables": tables}
    text = page(TEMPLATE, content(paper, comparison=None, discrepancies=[], **parts))
    assert not re.search(r"\bnan\b", "".join(Parsed(text).text))


def test_the_same_study_gives_the_same_page(paper, figures):
    first, second = (page(TEMPLATE, content(paper, figures=figures)) for _ in range(2))
    assert first == second


def test_only_code_and_emphasis_are_set_in_prose():
    assert prose("a `b` *c* <d>") == "a <code>b</code> <em>c</em> &lt;d&gt;"
