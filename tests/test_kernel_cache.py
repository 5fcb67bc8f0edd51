"""The cache of compiled kernels: whose code is loaded, where it lies."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline_lib.engines.fast import compiled
from pipeline_lib.engines.fast.noise import fill_normal
from tests.conftest import ROOT


@pytest.fixture
def kernels_of(monkeypatch):
    """Have the compiled kernels of another folder looked for, as a new process would."""

    def look(folder):
        monkeypatch.setattr(compiled, "HERE", folder)
        forget()

    def forget():
        compiled.source_digest.cache_clear()
        compiled.cache_folder.cache_clear()

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    yield look
    monkeypatch.undo()
    forget()


def test_an_edited_kernel_is_compiled_anew(tmp_path, kernels_of):
    source = tmp_path / "kernels.py"
    source.write_text("a = 1\n")
    kernels_of(tmp_path)
    before = compiled.cache_folder()
    assert before.parent == tmp_path / "__pycache__"
    kernels_of(tmp_path)
    assert compiled.cache_folder() == before
    source.write_text("a = 2\n")
    kernels_of(tmp_path)
    assert compiled.cache_folder() != before


def test_kernels_are_cached_by_their_text_and_not_by_their_place():
    assert fill_normal._cache.cache_path == str(compiled.cache_folder())


CALL_A_KERNEL = """
import numpy as np
from pipeline_lib.engines.fast.activation import tanh
tanh(np.float32(0.5))
print(sum(tanh.stats.cache_hits.values()))
"""


def test_a_kernel_compiled_for_one_cpu_is_not_loaded_on_another(tmp_path):
    def hits(**cpu):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)} | cpu
        command = [sys.executable, "-c", CALL_A_KERNEL]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    def kernels():
        return {path: path.read_bytes() for path in tmp_path.rglob("*tanh*")}

    assert hits() == 0
    here = kernels()
    assert len(here) == 1
    old = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": ""}
    assert hits(**old) == 0
    both = kernels()
    assert len(both) == 2
    assert here.items() <= both.items()
    assert [hits(), hits(**old)] == [1, 1]
    # One more feature is another CPU, whatever its name.
    assert hits(**old | {"NUMBA_CPU_FEATURES": "+sse4.2"}) == 0


def test_machines_of_many_kinds_that_save_at_once_each_load_their_own(tmp_path):
    kinds = [("float32", f"cpu {n}", "") for n in range(8)]
    gate = threading.Barrier(len(kinds))

    def save(kind):
        store = compiled.Store(tmp_path, "kernel")
        gate.wait()
        store.save(kind, kind)

    for _ in range(20):
        threads = [threading.Thread(target=save, args=[kind]) for kind in kinds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [compiled.Store(tmp_path, "kernel").load(kind) for kind in kinds] == kinds
        for path in tmp_path.iterdir():
            path.unlink()


def test_a_damaged_kernel_is_compiled_anew_and_never_run(tmp_path):
    store = compiled.Store(tmp_path, "kernel")
    store.save("key", b"code" * 100)
    assert store.load("key") == b"code" * 100
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole[:100] + b"x" + whole[101:]):
        path.write_bytes(damaged)
        assert store.load("key") is None


def test_without_room_for_a_kernel_the_job_goes_on_and_leaves_nothing(tmp_path, monkeypatch):
    def full(path, content):
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    store = compiled.Store(tmp_path, "kernel")
    store.save("key", b"code" * 100)
    assert list(tmp_path.iterdir()) == []
    assert store.load("key") is None


def test_compiled_kernels_go_where_they_can_be_written(tmp_path, monkeypatch, kernels_of):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    kernels_of(blocked)
    assert compiled.cache_folder().parent == tmp_path / "cache" / "pruning-resilience"
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    kernels_of(blocked)
    assert compiled.cache_folder().is_dir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "chosen"))
    kernels_of(blocked)
    assert compiled.cache_folder().parent == tmp_path / "chosen"
