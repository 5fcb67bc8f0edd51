"""A job's fingerprint changes with the code that it can reach, and with nothing else."""

import pytest

from pipeline_lib.jobs.fingerprint import _imports, _text, fingerprint
from tests.conftest import ROOT

LIBRARY = {
    "__init__.py": "",
    "low.py": "def f():\n    return 1\n",
    "high.py": "from pipeline_lib.low import f\n\ndef g():\n    return f()\n",
    "other.py": "def h():\n    return 3\n",
    "typed.py": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from pipeline_lib.other import h\n"
        "from pipeline_lib.low import f\n"
    ),
}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pipeline_lib").mkdir()
    for name, text in LIBRARY.items():
        (tmp_path / "pipeline_lib" / name).write_text(text)
    (tmp_path / "job.py").write_text("from pipeline_lib import high\n")
    return tmp_path


def of(project, *modules, script="job.py"):
    _imports.cache_clear()
    _text.cache_clear()
    return fingerprint(project / script, *modules, root=project)


def edit(project, name, text):
    (project / "pipeline_lib" / name).write_text(text)


def test_what_is_reached_through_other_modules_counts(project):
    before = of(project)
    edit(project, "low.py", "def f():\n    return 2\n")
    assert of(project) != before


@pytest.mark.parametrize(
    "text",
    [
        "# why\ndef f():\n    return 1  # one\n",
        '"""A module."""\n\ndef f():\n    """Return one."""\n    return 1\n',
        "def f(): return (1)\n",
    ],
    ids=["comment", "docstring", "format"],
)
def test_comments_docstrings_and_format_do_not_count(project, text):
    before = of(project)
    edit(project, "low.py", text)
    assert of(project) == before


def test_what_is_not_reached_does_not_count(project):
    before = of(project)
    edit(project, "other.py", "def h():\n    return 4\n")
    assert of(project) == before


def test_imports_for_type_checkers_alone_do_not_count(project):
    (project / "job.py").write_text("from pipeline_lib import typed\n")
    before = of(project)
    edit(project, "other.py", "def h():\n    return 4\n")
    assert of(project) == before
    edit(project, "low.py", "def f():\n    return 2\n")
    assert of(project) != before


def test_a_module_loaded_by_name_counts_when_it_is_named(project):
    before = of(project, "pipeline_lib.other")
    edit(project, "other.py", "def h():\n    return 4\n")
    assert of(project, "pipeline_lib.other") != before


def test_the_healthy_network_and_evaluation_do_not_reach_pruning():
    from pipeline_lib.jobs import fingerprint as module

    def reached(stage):
        seen, waiting = set(), [ROOT / "workflow_scripts" / f"{stage}.py"]
        while waiting:
            for name in module._imports(waiting.pop(), ROOT):
                if name not in seen:
                    seen.add(name)
                    waiting.append(module._file(name, ROOT))
        return seen

    for stage in ("baseline", "evaluate"):
        assert "pipeline_lib.model.network" in reached(stage)
        assert "pipeline_lib.model.pruning" not in reached(stage)
    for stage in ("prune", "treat", "acute", "relapse"):
        assert "pipeline_lib.model.pruning" in reached(stage)
