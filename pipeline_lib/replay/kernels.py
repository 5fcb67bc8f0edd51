"""The arithmetic of a published run: which of MKL's kernels multiply its matrices.

Training amplifies rounding, so a run's digits come back only in the arithmetic that it was run in.
MKL chooses its kernels by the maker of the processor, and uses its AVX2 kernels only on an Intel
one. Two functions tell it who the maker is. If others of the same names are loaded first, any
processor computes as an Intel one does. They can only be loaded when a process starts.
"""

import os
import subprocess
import sys
import tempfile

from pipeline_lib.errors import PipelineError

ANY = ""  # whatever MKL chooses on this processor
AVX2 = "AVX2"
STARTED = "PRUNING_KERNELS"  # the kernels of a process that was started for them
FUNCTIONS = b"""\
int mkl_serv_intel_cpu_true(void) { return 1; }
int mkl_serv_intel_cpu(void) { return 1; }
"""


def restart_with(kernels: str) -> None:
    """Let another process do the work of this one, unless it computes with these kernels already.

    Raises PipelineError if that needs a C compiler and there is none that works.
    """
    if kernels in (ANY, os.environ.get(STARTED)):
        return
    with tempfile.TemporaryDirectory(prefix="kernels") as folder:
        library, compiler = f"{folder}/maker.so", os.environ.get("CC", "cc")
        command = [compiler, "-shared", "-fPIC", "-o", library, "-x", "c", "-"]
        try:
            subprocess.run(command, input=FUNCTIONS, check=True, capture_output=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError):
            raise PipelineError(
                f"the published run was computed with the {kernels} kernels of MKL, and to have"
                " them on every processor this replay needs a C compiler, but"
                f" `{compiler}` could not compile; install a C compiler, or name one in the"
                " environment variable CC"
            ) from None
        preloaded = " ".join(filter(None, [library, os.environ.get("LD_PRELOAD")]))
        changed = {"LD_PRELOAD": preloaded, "MKL_ENABLE_INSTRUCTIONS": kernels, STARTED: kernels}
        again = [sys.executable, *sys.orig_argv[1:]]
        ended = subprocess.run(again, env=os.environ | changed, check=False)  # noqa: S603
    sys.exit(ended.returncode)
