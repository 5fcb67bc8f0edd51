"""A job ends with the workflow that started it: none goes on alone beside the next one."""

from __future__ import annotations

import os
import select
import signal
import threading
import time

# Where the workflow says which process it is.
VARIABLE = "PRUNING_WORKFLOW"
PATIENCE = 5.0  # seconds for a job to clear up, before it is killed


def end_with_the_workflow() -> None:
    """End this process, as an interrupt does, once its parent or its workflow is gone.

    Without a workflow, or on a system that cannot tell (it takes Linux 5.3), nothing is done.
    """
    workflow = os.environ.get(VARIABLE)
    if workflow is None or not hasattr(os, "pidfd_open"):
        return
    watched = select.poll()
    try:
        # Between the workflow and a job there may be a shell, and either may be killed alone.
        for process in {int(workflow), os.getppid()}:
            watched.register(os.pidfd_open(process), select.POLLIN)
    except ProcessLookupError:
        raise KeyboardInterrupt from None
    except OSError:
        return
    # Not SIGINT itself: what is started in the background is often told to ignore that one.
    signal.signal(signal.SIGUSR1, signal.default_int_handler)
    threading.Thread(target=_end_after, args=(watched,), daemon=True).start()


def _end_after(watched: select.poll) -> None:
    watched.poll()
    # A signal, and not `interrupt_main`, which does not wake a thread that waits.
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)
