"""Pages of the docs show the results of studies and say which files they are from."""

import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import nbformat

from pipeline_lib.files.networks import origin, write_network
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import initial_state
from tests.conftest import ROOT

spec = importlib.util.spec_from_file_location("fill", ROOT / "docs/fill.py")
fill = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fill)

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]


def test_the_pages_show_the_kept_values_the_present_studies_and_existing_pictures():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert any(fill.PART.search(page.read_text("utf-8")) for page in PAGES)
    for page in PAGES:
        parts = fill.PART.findall(page.read_text("utf-8"))
        assert not parts or str(page.relative_to(ROOT)) in makefile
        for _, path, _, body, _ in parts:
            assert body.strip()
            if path.endswith("values.parquet"):
                name = Path(path).parent.name.replace("results", fill.PAPER)
                assert body == fill.main_results(name), page.name
            if path.startswith("studies/"):
                assert fill.EDITORS.sub("", (ROOT / path).read_text("utf-8")).strip() in body
            for link in re.findall(r"!\[[^\]]+\]\((\S+)\)", body):
                assert (page.parent / link).stat().st_size < 400_000


def test_every_link_within_the_project_leads_to_a_file():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), f"{page}: {link}"


def test_the_docs_are_a_site_that_loads_nothing_from_elsewhere(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-d", str(tmp_path)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    pages = {page.name: page.read_text("utf-8") for page in tmp_path.glob("*.html")}
    written = {page.with_suffix(".html").name for page in ROOT.glob("docs/*.md")}
    assert set(pages) > written
    loaded = r"""<(?:script|img|link rel="stylesheet"|iframe)[^>]*(?:src|href)="https?:"""
    assert [name for name, text in pages.items() if re.search(loaded, text)] == []
    assert "pipeline_lib.model.pruning.prune" in pages["reference.html"]


def test_the_code_on_the_python_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pruned = prune(initial_network([2, 32, 32, 16, 4], "torch", initial_state(3)), 0.8)
    for place, state in (("pruned", "untreated"), ("ssri/network", "ssri")):
        made = origin(3, state) | {"study": {"course": []}}
        write_network(f"results/seeds/3/{place}.safetensors", pruned, made)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.S):
        exec(compile(block, "docs/python.md", "exec"), names)
    assert names["treated"].sparsity < pruned.sparsity
    assert [row.cycle for row in names["rows"]] == [0, 1, 2, 3]


def test_the_notebook_runs_and_prints_what_is_stored_in_it(monkeypatch):
    monkeypatch.chdir(ROOT / "docs")
    matplotlib.use("template")  # draws nothing
    notebook = nbformat.read("notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    names = {}
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(cell.source, "docs/notebook.ipynb", "exec"), names)
        stored = "".join(output.get("text", "") for output in cell.outputs)
        if "loss" in stored:  # which depends on the processor
            assert printed.getvalue().count("loss by epoch") == 2
        else:
            assert printed.getvalue() == stored
