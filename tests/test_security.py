"""Studies and reference files are only data: nothing in them runs or becomes markup."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.study.validation import validate
from tests import hostile
from tests.conftest import ROOT
from tests.inprocess import Run, run
from tests.projects import Project
from tests.strategies import base

SOURCES = sorted(
    path
    for folder in ("pipeline_lib", "rules", "workflow_scripts", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)

CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.unsafe_load"}
CALLS |= {"yaml.full_load", "pd.read_pickle", "torch.load", "torch.save", "marshal.loads"}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
LOADERS = {"yaml.SafeLoader", "yaml.CSafeLoader", "_Loader"}  # the last is a SafeLoader


def unsafe(tree: ast.AST) -> list[str]:
    """What of a module could run what a file says."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [name for name in names if name.split(".")[0] in MODULES]
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        options = {option.arg: ast.unparse(option.value) for option in node.keywords}
        loader = [ast.unparse(argument) for argument in node.args[1:]] + [options.get("Loader")]
        if (
            name in CALLS
            or (name == "yaml.load" and not LOADERS & set(loader))
            or options.get("shell", "False") != "False"
            or options.get("allow_pickle", "False") != "False"
        ):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_can_run_code_from_a_file(path):
    assert unsafe(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_rules_run_scripts_and_their_commands_quote_every_argument():
    files = [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    assert not re.search(r"^ *(run|notebook|wrapper):", text, re.M)
    assert "shell(" not in text
    commands = re.findall(r"^ *shell:\s+(.*)", text, re.M)
    assert commands
    assert all(re.fullmatch(r'command\("\w+"\)', each) for each in commands)
    command = text[text.index("def command(") :].partition("return (")[2].partition("\n    )")[0]
    assert "python = quote(sys.executable)" in text
    # Only the number of a seed and the name of a script need no quotes.
    arguments = set(re.findall(r"\{+(.*?)\}+", command)) - {"wildcards.seed", "script", "python"}
    assert {"params.job:q", "log:q", "input:q", "output:q"} < arguments
    assert all(each.endswith(":q") or each == "quote(ROOT)" for each in arguments)


# Labels are free text, in every table, every figure and the report


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    """One study with plain labels, and with hostile ones: tables, figures, the report."""

    def labelled(labels):
        study = base()
        for treatment, label in zip(study["treatments"].values(), labels, strict=True):
            treatment["label"] = label
        return study

    measured = tmp_path_factory.mktemp("measured")
    run(validate(labelled(hostile.PLAIN)), measured).statistics()
    folders = {}
    for name, labels in (("plain", hostile.PLAIN), ("hostile", hostile.LABELS)):
        folders[name] = tmp_path_factory.mktemp(name)
        shutil.copytree(measured, folders[name], dirs_exist_ok=True)
        theirs = hostile.published(folders[name] / "published.csv", labels[1])
        Run(validate(labelled(labels)), folders[name]).pages(theirs)
    return folders


def test_hostile_labels_stay_text_in_the_report_the_tables_and_the_figures(pages):
    hostile.check_page(pages["hostile"] / "report.html", pages["plain"] / "report.html")
    hostile.check_tables(pages["hostile"] / "tables")
    hostile.check_figures(pages["hostile"] / "figures")


def test_snakemake_passes_hostile_labels_on_literally(tmp_path):
    project = Project(tmp_path)
    for treatment, label in zip(("ketamine", "ssri"), hostile.LABELS[::2], strict=True):
        project.study["treatments"][treatment]["label"] = label
    assert "draw the figure accuracy" in project.planned()
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


# The study's file, on real Snakemake


def test_a_bad_file_ends_snakemake_with_one_sentence(tmp_path):
    Project(tmp_path)
    (tmp_path / "study.yaml").write_text("seeds: 2\nseeds: 3\n", encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", "study.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    output = done.stdout + done.stderr
    assert "study.yaml: not valid YAML (line 2: the key 'seeds' comes twice)" in output
    assert "Traceback" not in output


def test_make_run_reports_a_missing_file_before_snakemake_starts(tmp_path):
    Project(tmp_path)
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    command = ["make", "run", "VENV=.", "READY=requirements.lock", "ARGS=--configfile nowhere.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "nowhere.yaml: there is no such file" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
