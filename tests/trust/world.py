"""Workflows that run in forks of this process: real Snakemake, rules and scripts.

Only what is slow is left out: a run does not import other libraries again, and figures are not
rendered. A run stops at many points, between its jobs and within them, where it can be killed, or
where something else can happen before it goes on.
"""

import gc
import importlib
import os
import shlex
import signal
import sys
import traceback
import types
from contextlib import suppress
from pathlib import Path
from typing import Any

PACKAGE = "pipeline_lib"
LIBRARIES = ("matplotlib.pyplot", "nbformat", "scipy.stats", "snakemake.cli", "torch")


def load_libraries():
    """Import what workflows and jobs need, but for the project's own library."""
    for library in LIBRARIES:
        importlib.import_module(library)
    sys.modules["matplotlib"].use("Agg")
    sys.modules["torch"].set_num_threads(1)
    gc.collect()
    gc.freeze()  # or each fork would copy all memory to look for garbage
    gc.disable()


def _start(checkout):
    """Begin as a new process does, which has yet to import the library of its checkout."""
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]
    sys.path[0] = str(checkout)


class Run:
    """A running workflow in a checkout, which waits at each of its points for a word."""

    def __init__(self, checkout, arguments, log="run.txt"):
        self.log = checkout / log
        (self.points, point), (word, self.word) = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.points)
            os.close(self.word)
            _workflow(checkout, arguments, point, word, self.log)
        os.close(point)
        os.close(word)

    def until_the_end(self, actions=None):
        """Let it run, with an action at some of its points by number; return its exit code.

        An action is told the run and the process at the point, a job's or the workflow's own.
        """
        number = 0
        while message := os.read(self.points, 4):
            if actions and number in actions:
                actions[number](self, int.from_bytes(message, "little"))
            number += 1
            with suppress(BrokenPipeError):
                os.write(self.word, b"!")
        os.close(self.points)
        os.close(self.word)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    @property
    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace")


def _exit_code(program):
    """Run a program to its end, and return the exit code that Python would give it."""
    try:
        program()
        code: Any = 0
    except SystemExit as ended:
        code = ended.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 3
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(bool(code))


def _workflow(checkout, arguments, point, word, log):
    os.setsid()
    os.chdir(checkout)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(written, 1)
    os.dup2(written, 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["PYTHONPATH"] = ""

    def wait():
        os.write(point, os.getpid().to_bytes(4, "little"))
        os.read(word, 1)

    def program():
        from snakemake.cli import main

        _start(checkout)
        _run_jobs_in_forks(checkout, wait)
        main(arguments)

    os._exit(_exit_code(program))


def _run_jobs_in_forks(checkout, wait):
    from snakemake.exceptions import WorkflowError
    from snakemake.shell import shell
    from snakemake.utils import format as formatted

    def execute(_, command, *args, **given):
        words = shlex.split(formatted(command, *args, stepout=2, **given))
        words = words[next(at for at, word in enumerate(words) if word.endswith(".py")) :]
        wait()
        if (job := os.fork()) == 0:
            os._exit(_exit_code(lambda: _job(checkout, words, wait)))
        if os.waitpid(job, 0)[1]:
            raise WorkflowError("the job failed")

    shell.__new__ = execute


def _job(checkout, words, wait):
    """Run a script, with a point before each of its files appears."""
    _start(checkout)
    from pipeline_lib.figures import pages

    replace = os.replace

    def replaced(old, new):
        wait()
        replace(old, new)

    pages.save, os.replace, sys.argv = _unrendered, replaced, words
    sys.modules["__main__"] = job = types.ModuleType("__main__")
    job.__file__ = words[0]
    exec(compile(Path(words[0]).read_text(encoding="utf-8"), words[0], "exec"), vars(job))


def _unrendered(draw, paths):
    """Write what a figure draws in place of its picture."""
    from pipeline_lib.figures.pages import applied
    from pipeline_lib.files.whole import write_text

    with applied():
        figure = draw()
    lines = [line.get_xydata().tolist() for axes in figure.axes for line in axes.lines]
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    for path in paths:
        write_text(path, f"{lines} {texts}")
