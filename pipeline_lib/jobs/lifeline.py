"""A job ends with the workflow that started it, so that it cannot run on beside the next one."""

import os
import select
import signal
import threading
import time

# The workflow puts its process id into this environment variable.
VARIABLE = "PRUNING_WORKFLOW"
PATIENCE = 5.0  # seconds that a job has to clean up before it is killed


def end_with_the_workflow() -> None:
    """Interrupt this process as soon as its parent or its workflow is gone.

    Does nothing without a workflow, or on a system that cannot watch a process (Linux before 5.3).
    """
    workflow = os.environ.get(VARIABLE)
    if workflow is None or not hasattr(os, "pidfd_open"):
        return
    watched = select.poll()
    try:
        # There may be a shell between the workflow and the job, and either may be killed by itself.
        for process in {int(workflow), os.getppid()}:
            watched.register(os.pidfd_open(process), select.POLLIN)
    except ProcessLookupError:
        raise KeyboardInterrupt from None
    except OSError:
        return
    # SIGINT itself will not do, because shells often make background processes ignore it.
    signal.signal(signal.SIGUSR1, signal.default_int_handler)
    threading.Thread(target=_end_after, args=(watched,), daemon=True).start()


def _end_after(watched: select.poll) -> None:
    watched.poll()
    # `interrupt_main` would not wake a thread that is waiting, but a signal does.
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)
