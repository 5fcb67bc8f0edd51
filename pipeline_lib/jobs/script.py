"""What the scripts of jobs share: the log, the stamp of what they make, and what they are told."""

import gc
import json
import logging
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.stamps import Made, origin_of
from pipeline_lib.jobs import sources
from pipeline_lib.jobs.lean import start_lean
from pipeline_lib.jobs.lifeline import end_with_the_workflow

INTERRUPTED = 130  # the exit code that shells use for an interrupted process


class _LogFile(logging.FileHandler):
    """A log that loses lines, but does not fail the job, when the disk is full."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        pass

    def close(self) -> None:
        with suppress(OSError):
            super().close()


@contextmanager
def job_log(path: str | Path, title: str) -> Iterator[None]:
    """Log to `path` while a job runs, from its `title` to the time and memory that it took.

    A PipelineError ends the process with an error message in the log and on standard error, an
    interrupt with no message on standard error. Any other exception is a bug and leaves its
    traceback in the log. The job ends if its workflow is gone (`lifeline`).
    """
    try:
        handler = _LogFile(path, mode="w", encoding="utf-8")
    except OSError as error:
        sys.exit(f"{title}: {path}: could not be written ({error.strerror})")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger = logging.getLogger("pipeline_lib")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    began, start_up = time.perf_counter(), time.process_time()
    # Numba makes half a million objects that live as long as the process. Searching them for
    # garbage takes a third of a short job's time, most of it when the process ends.
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000)
    try:
        end_with_the_workflow()
        start_lean()
        sources.check()
        logger.info("%s", title)
        yield
        logger.info(
            "done in %.1f s (CPU %.2f s since the process began, %.2f s of it before this; %d MB)",
            time.perf_counter() - began,
            time.process_time(),
            start_up,
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )
        gc.freeze()
    except PipelineError as error:
        logger.error("failed: %s", error)
        sys.exit(f"{title}: {error}")
    except KeyboardInterrupt:
        logger.error("interrupted: %s", title)
        sys.exit(INTERRUPTED)
    except Exception:
        logger.exception("failed: %s", title)
        raise
    finally:
        gc.set_threshold(*thresholds)
        logger.removeHandler(handler)
        handler.close()


def made(by: str, inputs: Iterable[str | Path]) -> Made:
    """Return the stamp of a job's files, from the job's plan and the files that it read.

    Raises PipelineError if the code was edited since the workflow planned the job.
    """
    sources.check()
    return Made(by, origin_of(inputs, read=True))


@dataclass(frozen=True)
class Told:
    """What a job of a seed is told on its command line (`told` and `command` in rules/stages.smk).

    This is the stage that it is of, its slice of the study, the plans of the networks that it
    reads, by state and in the order of its inputs, its own plan, its seed, its log and its files.
    """

    stage: str
    state: str
    study: Any
    networks: dict[str, str]
    made_by: str
    seed: int
    log: str
    inputs: list[str]
    outputs: list[str]


def told() -> Told:
    """Return what this process's command line says."""
    text, seed, log, *files = sys.argv[1:]
    stage = json.loads(text)
    read = len(stage["networks"])
    return Told(**stage, seed=int(seed), log=log, inputs=files[:read], outputs=files[read:])
