"""The arithmetic of a published run: which of MKL's kernels multiply its matrices.

Training amplifies rounding, so a run's digits come back only in the arithmetic that it was run in.
MKL chooses its kernels by the maker of the processor, and uses its AVX2 kernels only on an Intel
one. Two functions tell it who the maker is. If others of the same names are loaded first, any
processor computes as an Intel one does. They can only be loaded when a process starts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline_lib.errors import PipelineError

ANY = ""  # whatever MKL chooses on this processor
AVX2 = "AVX2"

PRELOAD = "LD_PRELOAD"
STARTED = "PRUNING_KERNELS"  # the folder of the functions, in a process that has loaded them
FUNCTIONS = """\
int mkl_serv_intel_cpu_true(void) { return 1; }
int mkl_serv_intel_cpu(void) { return 1; }
"""


def restart_with(kernels: str) -> None:
    """Start this process again if it does not compute with these kernels yet.

    Raises PipelineError if that needs a C compiler and there is none that works.
    """
    if kernels == ANY:
        return
    if folder := os.environ.pop(STARTED, ""):
        # The functions are loaded, and the processes that this one starts do without them.
        shutil.rmtree(folder, ignore_errors=True)
        before = os.environ.pop(PRELOAD).partition(" ")[2]
        os.environ.update({PRELOAD: before} if before else {})
        return
    folder = tempfile.mkdtemp(prefix="kernels")
    try:
        library = _compiled(Path(folder))
    except PipelineError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    preloaded = " ".join(filter(None, [str(library), os.environ.get(PRELOAD)]))
    changed = {PRELOAD: preloaded, STARTED: folder, "MKL_ENABLE_INSTRUCTIONS": kernels}
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, sys.orig_argv, os.environ | changed)  # noqa: S606 - this program


def _compiled(folder: Path) -> Path:
    source, library = folder / "maker.c", folder / "maker.so"
    source.write_text(FUNCTIONS, encoding="ascii")
    compiler = os.environ.get("CC", "cc")
    command = [compiler, "-shared", "-fPIC", "-o", str(library), str(source)]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own source
    except (OSError, subprocess.CalledProcessError):
        raise PipelineError(
            f"the published run was computed with the {AVX2} kernels of MKL, and to have them on"
            f" every processor this replay needs a C compiler, but `{compiler}` could not compile;"
            " install a C compiler, or name one in the environment variable CC"
        ) from None
    return library
