"""Results depend only on the study, not on the clock, the host, the user, the language, …"""

from __future__ import annotations

import ast
import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import ROOT
from tests.surroundings import LATER, ZONE

REPORT = "report.html"


def test_the_second_surroundings_really_differ(elsewhere):
    """Without this the test below might compare a study with itself."""
    log = elsewhere.folder / "results/logs/baseline/0.log"
    said = datetime.strptime(log.read_text(encoding="utf-8")[:19], "%Y-%m-%d %H:%M:%S")
    # Whatever the date, the study was run within the last hours of the clock that it was told.
    ago = datetime.now(UTC) + LATER - said.replace(tzinfo=ZONE)
    assert timedelta(0) <= ago < timedelta(hours=6)
    modes = {path.stat().st_mode & 0o077 for path in elsewhere.folder.glob("results/**/*.csv")}
    assert modes == {0}


def test_no_result_depends_on_place_time_or_user(finished, elsewhere):
    here, there = finished.results(), elsewhere.results()
    assert here.keys() == there.keys()
    kinds = {name.rpartition(".")[2] for name in here if not name.startswith(".")}
    assert {"safetensors", "parquet", "json", "csv", "md", "tex", "svg", "png", "html"} <= kinds
    # The report and the study tell the commit; the stamp covers the report; `.owner` is a process.
    differ = {name for name in here if here[name] != there[name]}
    assert differ == {".owner", REPORT, "stamps/report.json", "study.yaml"}


def test_the_report_differs_only_in_the_commit(finished, elsewhere):
    pages = [project.results()[REPORT].decode() for project in (finished, elsewhere)]
    if shutil.which("git"):
        pages[1], found = re.subn(r"Made with commit <code>.*?</code>\. ", "", pages[1])
        assert found == 1
    assert "Made with commit" not in "".join(pages)
    assert [line.strip() for line in pages[0].split("\n") if line.strip()] == [
        line.strip() for line in pages[1].split("\n") if line.strip()
    ]


@pytest.mark.parametrize("word", ["elsewhere", "nobody", "another name"])
def test_no_result_names_the_host_the_user_or_the_folder(elsewhere, word):
    named = [name for name, data in elsewhere.results().items() if word.encode() in data]
    assert named == []


ASKS_WHERE_AND_WHEN = {"datetime", "getpass", "locale", "platform", "pwd", "socket", "uuid"}
MAY = {
    "log.py": {"time"},  # logs and what they say of time are no results
    "lifeline.py": {"time"},  # how long a job may take to end
}


def test_no_module_asks_for_the_time_the_host_or_the_user():
    found = {}
    for path in [*ROOT.glob("pipeline_lib/**/*.py"), *ROOT.glob("workflow_scripts/*.py")]:
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
        if asks := names & (ASKS_WHERE_AND_WHEN | {"time"}):
            found[path.name] = asks
    assert found == MAY
