"""A job's fingerprint changes only with the definitions that the job can reach."""

import itertools
from textwrap import dedent

import pytest

from pipeline_lib.jobs import fingerprint as module
from pipeline_lib.jobs.fingerprint import fingerprint

LIBRARY = {
    "__init__": "",
    "names": 'HEALTHY = "healthy"\nLABEL = "Healthy"\n',
    "low": """
        SIZE, RATE, *_ = 3, 0.5
        LIMITS = {}
        LIMITS |= {"low": 1}
        def f(x): return x * SIZE
        def unused(): return 5
    """,
    "options": """
        from pydantic import BaseModel, Field
        class Options(BaseModel):
            lr: float = Field(gt=0)
    """,
    "same/__init__": "from pipeline_lib.same.pick import pick",
    "same/pick": "def pick(x): return max(x)",
    "high": """
        from dataclasses import dataclass
        from numpy import float32 as kind
        from pipeline_lib import low
        from pipeline_lib.low import f, unused
        from pipeline_lib.options import Options

        @dataclass
        class Setting:
            size: int = low.SIZE
            def area(self): return self.size ** 2

        def g(setting: Setting, options: Options) -> Options:
            size: int = setting.size
            return f(size)

        def make(): return Setting()
        def by_attribute(): return low.f(1) + low.RATE
        def by_value(name): return getattr(low, name)
        def limits(x=low.LIMITS): return lambda: x
        def imported(): return kind(1) + f(1) - unused()
        def picks():
            from pipeline_lib.same import pick
            return pick([1, 2])
        def inside():
            from pipeline_lib.low import f as h
            import pipeline_lib.names
            return h(pipeline_lib.names.HEALTHY)
    """,
}


@pytest.fixture
def digest(tmp_path):
    """The digest of entries of a library, in which some text may be changed: each time anew."""
    folders = map(str, itertools.count())

    def of(*entries, change=None, files=None, script=None):
        root = tmp_path / next(folders)
        texts = {name: dedent(text) for name, text in (LIBRARY | (files or {})).items()}
        if change:
            name, old, new = change
            assert old in texts[name]
            texts[name] = texts[name].replace(old, new)
        for name, text in texts.items():
            path = root / "pipeline_lib" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        job = [] if script is None else [root / "job.py"]
        for path in job:
            path.write_text(script)
        return fingerprint(*job, *(f"pipeline_lib.{entry}" for entry in entries), root=root)

    return of


# What changes: the entry, and in which module what becomes what.
REACHED = {
    "a function of another module": ("high:g", "low", "x * SIZE", "SIZE * x"),
    "a constant that it uses": ("high:g", "low", "= 3, 0.5", "= 4, 0.5"),
    "a method of a class": ("high:make", "high", "self.size ** 2", "self.size ** 3"),
    "an annotation of a class": ("high:make", "high", "size: int = low", "size: float = low"),
    "the default of a field": ("high:make", "low", "= 3, 0.5", "= 4, 0.5"),
    "a decorator": ("high:make", "high", "@dataclass", "@dataclass(frozen=True)"),
    "an attribute of a module": ("high:by_attribute", "low", "3, 0.5", "3, 0.6"),
    "a module as a value": ("high:by_value", "low", "return 5", "return 6"),
    "an augmented default in a closure": ("high:limits", "low", '"low": 1', '"low": 2'),
    "what another library gives": ("high:imported", "high", "float32", "float64"),
    "where names are from": ("high:imported", "high", "f, unused", "unused as f, f as unused"),
    "an import inside a function": ("high:inside", "low", "x * SIZE", "SIZE * x"),
    "a module's namesake": ("high:picks", "same/pick", "max", "min"),
    "a plain import inside": ("high:inside", "names", '"healthy"', '"well"'),
}


@pytest.mark.parametrize(("entry", "module", "old", "new"), REACHED.values(), ids=REACHED)
def test_reached_code_counts(digest, entry, module, old, new):
    assert digest(entry, change=(module, old, new)) != digest(entry)


NOT_REACHED = {
    "another function": ("high:g", "low", "return 5", "return 6"),
    "another constant": ("high:inside", "names", '"Healthy"', '"Well"'),
    "a comment": ("high:g", "low", "def f(x)", "# why\ndef f(x)"),
    "a docstring": ("high:make", "high", "class Setting:", 'class Setting:\n    "One."'),
    "format": ("high:g", "low", "x * SIZE", "(x)  *  SIZE"),
    "an annotation of a parameter": ("high:g", "high", "options: Options", "options: dict"),
    "an annotation of a result": ("high:g", "high", " -> Options", ""),
    "the bound of an option": ("high:g", "options", "gt=0", "ge=0"),
    "what attributes do not name": ("high:by_attribute", "low", "return 5", "return 6"),
}


@pytest.mark.parametrize(("entry", "module", "old", "new"), NOT_REACHED.values(), ids=NOT_REACHED)
def test_code_that_is_not_reached_or_changes_no_result_does_not_count(
    digest, entry, module, old, new
):
    assert digest(entry, change=(module, old, new)) == digest(entry)


def test_statements_that_define_nothing_count_with_every_definition_of_their_module(digest):
    files = {
        "pack/__init__": "print(1)\n",
        "pack/m": "from pipeline_lib import low\nif low.f(2):\n    print(2)\ndef f(): return 1\n",
        "pack/other": "print(3)\n",
    }
    before = digest("pack.m:f", files=files)
    for name in ("pack/__init__", "pack/m"):
        assert digest("pack.m:f", files=files, change=(name, "print(", "print(0, ")) != before
    assert digest("pack.m:f", files=files, change=("pack/other", "print(3)", "")) == before
    assert digest("pack.m:f", files=files, change=("low", "x * SIZE", "SIZE * x")) != before


def test_a_script_counts_as_a_whole_with_what_it_reaches(digest):
    script = '"""A job."""\nfrom pipeline_lib.high import g\n\nprint(g(1, 2))\n'
    before = digest(script=script)
    assert digest(script=script.replace("A job", "One job")) == before
    assert digest(script=script.replace("1, 2", "1, 3")) != before
    assert digest(script=script, change=("low", "x * SIZE", "SIZE * x")) != before
    assert digest(script=script, change=("low", "return 5", "return 6")) == before


def test_versions_of_libraries_count_if_reached_code_uses_them(digest, monkeypatch):
    versions = dict.fromkeys(module.LIBRARIES.values(), "1.0") | {"torch": "2.13.0+cpu"}
    monkeypatch.setattr(module, "version", versions.__getitem__)
    text = """
        import numba
        import numpy as np
        from torch import Tensor, nn

        def uses(x: Tensor):
            import matplotlib.pyplot as plt
            from sklearn.linear_model import RidgeCV
            return RidgeCV().fit(np.mean(x))

        def compiles(): return numba.njit

        def other(): return nn
    """

    def counts(entry):
        before = digest(entry, files={"m": text})
        found = set()
        for library, old in versions.copy().items():
            versions[library] = "9.9"
            if digest(entry, files={"m": text}) != before:
                found.add(library)
            versions[library] = old
        return found

    assert counts("m:uses") == {"numpy", "scikit-learn"}
    assert counts("m:compiles") == {"numba", "llvmlite", "scipy"}  # whose BLAS Numba calls
    assert counts("m:other") == {"torch"}


@pytest.mark.parametrize("text", ["from pipeline_lib.low import *", "from . import low"])
def test_imports_that_cannot_be_followed_are_refused(digest, text):
    for source in (f"{text}\ndef f(): return 1\n", f"def f():\n    {text}\n"):
        with pytest.raises(ValueError, match="must give the full name"):
            digest("m:f", files={"m": source})
