"""The cache of compiled kernels: which code is loaded, and where it is kept."""

import ast
import os
import subprocess
import sys

import pytest

from pipeline_lib.engines.fast import compiled
from tests.conftest import ROOT

CALL_A_KERNEL = """
import sys
import numpy as np
from pipeline_lib.engines.fast.activation import tanh
for kind in sys.argv[1:]:
    assert abs(tanh(np.dtype(kind).type(1)) - np.tanh(1)) < 1e-6
print(sum(tanh.stats.cache_hits.values()))
"""
# Each process waits with its code until all have theirs, and takes its time with the index.
SAVE_AT_ONCE = """
import os, time
from pathlib import Path
from numba.core.caching import IndexDataCacheFile
from pipeline_lib.engines.fast.compiled import Cache

gate = Path(os.environ["GATE"])
load_index, save = IndexDataCacheFile._load_index, Cache.save_overload

def slow(self):
    index = load_index(self)
    time.sleep(0.2)
    return index

def gated(self, *data):
    (gate / str(os.getpid())).touch()
    while len(list(gate.iterdir())) < 4:
        time.sleep(0.01)
    IndexDataCacheFile._load_index = slow
    save(self, *data)

Cache.save_overload = gated
"""


@pytest.fixture
def start(tmp_path):
    """Start a process that calls a kernel on these types; its output is the hits in the cache."""

    def start(*kinds, before="", **environment):
        return subprocess.Popen(
            [sys.executable, "-c", before + CALL_A_KERNEL, *kinds],
            cwd=ROOT,
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")} | environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def hits(start):
    """Call a kernel in a process of its own; return how many of its types it found compiled."""
    return lambda *kinds, **how: int(start(*kinds, **how).communicate()[0])


@pytest.fixture
def look(monkeypatch):
    """Have the folder of the kernels of other sources looked for, as a new process would."""

    def forget():
        compiled.digest.cache_clear()
        compiled.cache_folder.cache_clear()

    def look(folder):
        monkeypatch.setattr(compiled, "HERE", folder)
        forget()
        return compiled.cache_folder()

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    yield look
    monkeypatch.undo()
    forget()


def test_an_edited_kernel_or_constant_is_compiled_again(tmp_path, look):
    kernels, shared = tmp_path / "fast/kernels.py", tmp_path / "training.py"
    kernels.parent.mkdir()
    folders = []
    for texts in (("a = 1", "b = 1"), ("a = 2", "b = 1"), ("a = 2", "b = 2")):
        for path, text in zip((kernels, shared), texts, strict=True):
            path.write_text(text)
        folders.append(look(kernels.parent))
        assert look(kernels.parent) == folders[-1]
    assert folders[0].parent == tmp_path / "fast/__pycache__"
    assert len(set(folders)) == 3


def test_kernels_use_nothing_from_outside_the_engines():
    # What they take is compiled in, and the digest covers no other files.
    for path in compiled.HERE.glob("*.py"):
        tree = ast.parse(path.read_text())
        taken = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        if "pipeline_lib.engines.fast.compiled" in taken:
            library = {name for name in taken if name.startswith("pipeline_lib")}
            assert all(name.startswith("pipeline_lib.engines") for name in library), path


@pytest.mark.parametrize(
    "another",
    [
        (compiled.llvmlite.binding, "get_host_cpu_name", lambda: "another"),
        (compiled, "FEATURES", "+another"),
        (compiled.numba, "__version__", "0.0"),
        (compiled.sys, "version", "3.0"),
    ],
    ids=["cpu", "features", "numba", "python"],
)
def test_a_different_cpu_or_version_uses_a_different_folder(tmp_path, monkeypatch, look, another):
    before = look(tmp_path)
    monkeypatch.setattr(*another)
    assert look(tmp_path) != before


def test_each_kind_of_argument_and_of_cpu_loads_its_own_code(hits):
    assert hits("f4") == 0
    assert hits("f4", "f8") == 1
    old = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": ""}
    assert hits("f4", **old) == 0
    assert [hits("f4", "f8"), hits("f4", **old)] == [2, 1]


def test_a_process_that_compiles_kernels_computes_as_one_that_reads_them():
    # Whichever copy of another kernel a process has, a kernel calls none.
    assert compiled.compiled(lambda x: x).targetoptions["forceinline"]


def test_jobs_that_compile_at_once_lose_nothing_and_mix_up_nothing(tmp_path, start, hits):
    kinds = ["f4", "f8", "i4", "i8"]
    (tmp_path / "gate").mkdir()
    gate = {"GATE": str(tmp_path / "gate")}
    processes = [start(kind, before=SAVE_AT_ONCE, **gate) for kind in kinds]
    assert [process.communicate()[0] for process in processes] == ["0\n"] * len(kinds)
    assert hits(*kinds) == len(kinds)


@pytest.mark.parametrize(("kind", "left"), [("nbi", 0), ("nbc", 100)])
def test_a_damaged_file_is_compiled_again(tmp_path, hits, kind, left):
    assert hits("f4") == 0
    [path] = tmp_path.rglob(f"*tanh*.{kind}")
    path.write_bytes(path.read_bytes()[:left])
    assert [hits("f4"), hits("f4")] == [0, 1]


def test_compiled_kernels_go_where_they_can_be_written(tmp_path, monkeypatch, look):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert look(blocked).parent == tmp_path / "cache" / "pruning-resilience"
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert look(blocked).is_dir()


def test_a_folder_that_others_own_or_may_write_to_is_skipped(tmp_path, monkeypatch, look):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "chosen"))
    chosen = look(tmp_path)
    assert (chosen.parent, chosen.stat().st_mode & 0o777) == (tmp_path / "chosen", 0o700)
    for mode in (0o720, 0o702):
        chosen.chmod(mode)
        assert look(tmp_path).parent == tmp_path / "__pycache__"
    chosen.chmod(0o755)
    assert look(tmp_path) == chosen
    own = chosen.lstat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    assert look(tmp_path).parent not in (tmp_path / "chosen", tmp_path / "__pycache__")
