"""A job's log: what it did, how long it took, and in one sentence why it failed."""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline_lib.errors import PipelineError


@contextmanager
def job_log(path: str | Path, title: str) -> Iterator[None]:
    """Log to `path` while a job runs, from `title` to its time.

    A PipelineError ends the process with its sentence in the log and on standard error; any
    other exception is a bug, and keeps its traceback in the log.
    """
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger = logging.getLogger("pipeline_lib")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    began, start_up = time.perf_counter(), time.process_time()
    # Numba alone makes half a million objects that live as long as the process. Looking for
    # garbage among them is a third of a short job's time, most of it at the process's end.
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000)
    try:
        logger.info("%s", title)
        yield
        logger.info(
            "done in %.1f s (CPU %.2f s since the process began, %.2f s of it before this)",
            time.perf_counter() - began,
            time.process_time(),
            start_up,
        )
        gc.freeze()
    except PipelineError as error:
        logger.error("failed: %s", error)
        sys.exit(f"{title}: {error}")
    except Exception:
        logger.exception("failed: %s", title)
        raise
    finally:
        gc.set_threshold(*thresholds)
        logger.removeHandler(handler)
        handler.close()
