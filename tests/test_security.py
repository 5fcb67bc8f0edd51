"""Studies and reference files are only data: nothing in them runs or becomes markup."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.study.validation import validate
from tests.conftest import ROOT
from tests.projects import Project, snakemake
from tests.strategies import base
from tests.test_report import Parsed


def test_rules_run_scripts_and_their_one_command_quotes_every_argument():
    files = [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    assert not re.search(r"^ *(run|notebook|wrapper):|shell\(", text, re.M)
    commands = re.findall(r"^ *shell:\s+(.*)", text, re.M)
    assert {re.sub(r'"\w+"', "script", each) for each in commands} == {"command(script)"}
    [words] = re.findall(r"^def command\(.*?return \((.*?)\n    \)", text, re.M | re.S)
    # Only the number of a seed and the name of a script need no quotes.
    arguments = set(re.findall(r"\{(.*?)\}", words)) - {"wildcards.seed", "script", "python"}
    assert arguments == {"quote(ROOT)", "params.job:q", "log:q", "input:q", "output:q"}
    assert "python = quote(sys.executable)" in text


# Labels are free text, in every table, every figure and the report

PLAIN = ["One", "Two"]
HOSTILE = [
    r"""\input{/etc} $x^2$ 50% & a_b #1 ~ {{7*7}} `touch pwned` "'""",
    "<script>alert(1)</script>|<img src=x> $(touch pwned) {seed}",
]


def pages(finished: Project, folder: Path, words: list[str]) -> Path:
    """Write the pages of a finished study, with two labels and a source of published numbers."""
    project = Project(folder)
    shutil.copytree(finished.folder / "results", folder / "results")
    for treatment, label in zip(("ketamine", "ssri"), words, strict=True):
        project.study["treatments"][treatment]["label"] = label
    published = pd.read_csv(ROOT / "reference/published.csv", dtype=str)
    published.assign(source=words[1]).to_csv(folder / "theirs.csv", index=False)
    project.study["reproduction"] = {"published": "theirs.csv"}
    project.snakemake("-j", "2")
    return folder / "results"


def elements(path: Path) -> list[tuple[str, ...]]:
    """The elements of a page with the names of their attributes."""
    parsed = Parsed(path.read_text(encoding="utf-8"))
    return [(tag, *(name for name, _ in attributes)) for tag, attributes in parsed.elements]


def test_hostile_labels_stay_text_in_the_report_the_tables_and_the_figures(finished, tmp_path):
    plain = pages(finished, tmp_path / "plain", PLAIN)
    hostile = pages(finished, tmp_path / "hostile", HOSTILE)
    report = hostile / "report.html"
    assert elements(report) == elements(plain / "report.html")
    text = Parsed(report.read_text(encoding="utf-8")).text
    assert all(word in text for word in HOSTILE)
    for path in hostile.glob("tables/*.tex"):
        # The χ² of a heading is ours, and so is the space before a percent sign.
        text = path.read_text(encoding="utf-8").replace("$^2$", "").replace(r"~\%", "")
        assert r"\input" not in text, path
        assert len(re.findall(r"(?<!\\)\{", text)) == len(re.findall(r"(?<!\\)\}", text)), path
        assert not re.search(r"^[^%].*(?<!\\)[%#~^]", text, re.M), path
    for path in hostile.glob("tables/*.md"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<!\\)<[a-z/]|(?<!\\)`", text), path
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows}) <= 1, path
    for path in hostile.glob("figures/*.svg"):
        found = elements(path)
        assert not {"script", "img", "a", "foreignobject"} & {tag for tag, *_ in found}, path
        assert not any(name.startswith("on") for _, *names in found for name in names), path
    assert {path.suffix for path in hostile.glob("*/*")} >= {".tex", ".md", ".svg"}
    assert not list(tmp_path.rglob("pwned"))


SSRI = base()["treatments"]["ssri"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("results", name) for name in ("$(touch pwned)", "{wildcards.seed}", "-rf", "r\nx")],
        *[("treatments", {name: SSRI}) for name in ("../x", "a b", "-rf", "{seed}")],
        ("treatments", {"x": SSRI | {"colour": "red; url(x)"}}),
        ("treatments", {"x": SSRI | {"label": "\u202eevil"}}),
        ("seeds", ["1; touch pwned"]),
        ("engine", "os"),
    ],
)
def test_names_in_paths_are_plain_or_refused(key, value):
    with pytest.raises(PipelineError):
        validate(base() | {key: value})


def test_a_bad_file_ends_snakemake_with_one_sentence(tmp_path):
    Project(tmp_path)
    (tmp_path / "study.yaml").write_text("seeds: 2\nseeds: 3\n", encoding="utf-8")
    said = snakemake(tmp_path, "-n", "--configfile", "study.yaml", fails=True)
    assert "study.yaml: not valid YAML (line 2: the key 'seeds' comes twice)" in said
