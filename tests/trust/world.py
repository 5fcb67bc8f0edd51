"""A checkout whose workflows run in forks of this process: real Snakemake, rules and scripts.

Only what is slow is left out: a run does not import its libraries again, and figures are not
rendered. A run stops at many points, between jobs and within them, where it can be killed, or
where something else can happen before it goes on.
"""

from __future__ import annotations

import gc
import importlib
import os
import shlex
import shutil
import signal
import sys
import traceback
import types
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

PACKAGE = "pipeline_lib"
APART = {"logs"}  # tell of time
STAMPED = (".parquet", ".safetensors")


def load_libraries(checkout):
    """Import what workflows and jobs need, the library itself from this checkout."""
    import matplotlib

    matplotlib.use("Agg")
    import torch

    for library in ("matplotlib.pyplot", "nbformat", "scipy.stats", "snakemake.cli"):
        importlib.import_module(library)

    torch.set_num_threads(1)
    forget_package()
    sys.path.insert(0, str(checkout))
    import pipeline_lib
    from pipeline_lib.jobs.fingerprint import fingerprint

    assert Path(pipeline_lib.__file__).parent.parent == checkout
    modules = [path for path in (checkout / PACKAGE).rglob("*.py") if "fast" not in path.parts]
    names = [".".join(path.relative_to(checkout).with_suffix("").parts) for path in modules]
    names = [name.removesuffix(".__init__") for name in names]
    for name in names:
        importlib.import_module(name)
    # What has been parsed here, a run need not parse again, unless its code was edited.
    fingerprint(*(checkout / "workflow_scripts").glob("*.py"), *names, root=checkout)
    gc.collect()
    gc.freeze()  # or each fork would copy all memory to look for garbage
    gc.disable()


def forget_package():
    """Import the library anew from now on."""
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


class Run:
    """A running workflow in a checkout, which waits at each of its points for a word."""

    def __init__(self, checkout, arguments, *, edited, forks=False, log="run.txt"):
        self.log = checkout / log
        here, there = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(here[0])
            os.close(there[1])
            _workflow(checkout, arguments, here[1], there[0], self.log, edited, forks or edited)
        os.close(here[1])
        os.close(there[0])
        self.points, self.word = here[0], there[1]

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
        for end in (self.points, self.word):
            os.close(end)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    @property
    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace")


def _workflow(checkout, arguments, point, word, log, edited, forks):
    code: Any = 3
    try:
        os.setsid()
        os.chdir(checkout)
        written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(written, 1)
        os.dup2(written, 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ["PYTHONPATH"] = ""
        if edited:
            forget_package()
        sys.path[0] = str(checkout)
        _patch(point, word, edited, forks)
        from snakemake.cli import main

        main(arguments)
    except SystemExit as ended:
        code = ended.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1 if code else 0)


def _patch(point, word, edited, forks):
    """Run the scripts of jobs in this process or in forks, with points between and within them."""
    from snakemake.exceptions import WorkflowError
    from snakemake.shell import shell
    from snakemake.utils import format as formatted

    from pipeline_lib.jobs import log

    def wait():
        os.write(point, os.getpid().to_bytes(4, "little"))
        os.read(word, 1)

    def execute(_, command, *args, **given):
        words = shlex.split(formatted(command, *args, stepout=2, **given))
        words = words[next(at for at, word in enumerate(words) if word.endswith(".py")) :]
        wait()
        if not forks:
            succeeded = _job(words, wait)
        elif (job := os.fork()) == 0:
            if edited:
                forget_package()
            os._exit(not _job(words, wait))
        else:
            succeeded = os.waitpid(job, 0)[1] == 0
        if not succeeded:
            raise WorkflowError("the job failed")

    if not forks:
        log.end_with_the_workflow = lambda: None
    shell.__new__ = execute


def _job(words, wait):
    from pipeline_lib.figures import pages
    from pipeline_lib.files import stamps
    from pipeline_lib.jobs import sources

    script, argv = words[0], sys.argv
    main, replace, path = sys.modules["__main__"], os.replace, sys.path[:]

    def replaced(old, new):
        wait()
        replace(old, new)

    job = types.ModuleType("__main__")
    pages.save = _unrendered
    stamps._read.clear()
    sources._changed.clear()
    sys.modules["__main__"], os.replace, sys.argv = job, replaced, words
    try:
        text = Path(script).read_text(encoding="utf-8")
        job.__file__ = script
        exec(compile(text, script, "exec"), vars(job))
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        return not ended.code
    except BaseException:
        traceback.print_exc()
        return False
    finally:
        sys.modules["__main__"], os.replace, sys.path[:], sys.argv = main, replace, path, argv
        sys.stdout.flush()
        sys.stderr.flush()
    return True


def _unrendered(draw, paths):
    """Write what a figure draws in place of its picture."""
    from pipeline_lib.figures.pages import applied
    from pipeline_lib.files.whole import write_text

    with applied():
        figure = draw()
    drawn = [[line.get_xydata().tolist() for line in axes.lines] for axes in figure.axes]
    texts = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    for path in paths:
        write_text(path, f"{drawn} {texts}")


def files(results):
    """Every file of results, but for what tells of time, and hidden ones."""
    found = [path for path in results.rglob("*") if path.is_file()]
    return {
        name: path.read_bytes()
        for path in found
        if not APART & set((name := str(path.relative_to(results))).split("/"))
        and not path.name.startswith(".")
        and name != "study.yaml"
    }


def content(path):
    """The digest of what a reader finds in a file of rows or a network; None if it is damaged."""
    from pyarrow import ArrowException, parquet

    from pipeline_lib.errors import PipelineError
    from pipeline_lib.files import networks, rows, stamps

    stamp = stamps.read_stamp(path)
    try:
        if path.suffix == stamps.NETWORK:
            networks.read_network(path)
        elif path.suffix == ".parquet":
            with parquet.ParquetFile(path) as file:
                table = file.read().replace_schema_metadata(None)
            if stamp and stamp.content != rows.digest(table):
                return None
    except (PipelineError, ArrowException, OSError, ValueError):
        return None
    return stamp.content if stamp else None


def copy(old, new, *, times):
    """Copy a file or a folder, with its times as `cp -p` does, or without."""
    how = shutil.copy2 if times else shutil.copyfile
    if old.is_dir():
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(old, new, copy_function=how)
    else:
        new.parent.mkdir(parents=True, exist_ok=True)
        how(old, new)


def write_study(path, study):
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
