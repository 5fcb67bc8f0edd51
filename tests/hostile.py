"""Labels and reference files that try to be more than text, and checks that they fail."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

from tests.conftest import ROOT

PLAIN = ["One", "Two", "Three"]
LABELS = [
    r"\input{/etc/passwd} $x^2$ 50% & a_b #1 ~ {wildcards.seed}",
    '<script>alert("1")</script>|<img src=x onerror=y>',
    "`touch pwned` $(touch pwned); ' \" {{7*7}} {% raw %}",
]


class Parsed(HTMLParser):
    """The elements of a page with the names of their attributes, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, *(name for name, _ in attrs)))

    def handle_data(self, data):
        self.text += data


def published(path: Path, word: str) -> Path:
    """Write the published numbers with a word for each source, and for one treatment's name."""
    with (ROOT / "reference/published.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["source"] = word
        if row["treatment"] == "ssri":
            row["treatment"] = word
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def check_page(page: Path, plain: Path) -> None:
    """Assert that a page has the elements and attributes of one with plain labels, and the text."""
    hostile = Parsed(page)
    assert hostile.elements == Parsed(plain).elements
    for label in LABELS:
        assert label in hostile.text, label


def check_tables(folder: Path) -> None:
    """Assert that labels are plain text in the LaTeX and the Markdown tables of a folder."""
    paths = sorted(folder.glob("*.tex"))
    assert paths
    for path in paths:
        # The χ² of a heading is ours.
        text = path.read_text(encoding="utf-8").replace("$^2$", "")
        assert r"\input" not in text, path
        assert len(re.findall(r"(?<!\\)\{", text)) == len(re.findall(r"(?<!\\)\}", text)), path
        assert not re.search(r"^[^%].*(?<!\\)[%#~^]", text, re.M), path
    for path in sorted(folder.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<!\\)<[a-z/]|(?<!\\)`", text), path
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows}) <= 1, path


def check_figures(folder: Path) -> None:
    """Assert that no figure of a folder has an element or a link of a label's."""
    paths = sorted(folder.glob("*.svg"))
    assert paths
    for path in paths:
        tags = Parsed(path).elements
        assert not {"script", "img", "a", "foreignobject"} & {tag for tag, *_ in tags}, path
        assert not any(name.startswith("on") for _, *names in tags for name in names), path
