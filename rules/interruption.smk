# Only one workflow at a time may write to a results folder, and one that stops says so.

import fcntl
import signal
import time

GOES_ON = "Finished files are kept."
BUSY = "busy"
HELD = []  # the lock of the results folder, held while this process lives


def owner_of(folder):
    """The workflow that last locked a results folder, as `.owner` names it; BUSY if it still does."""
    try:
        with open(Path(folder, ".owner"), encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return BUSY
            except OSError:
                pass  # no locks here
            return file.read()
    except (OSError, ValueError):
        return ""


def own(folder, before):
    """Lock the results folder for this workflow, or stop with an error message.

    `before` is what `owner_of` returned before this workflow looked at existing files; it has not
    seen what another workflow has written since.

    This is a kernel lock on a file in the folder. It excludes every other workflow, from whatever
    checkout and however the path is spelled, and it ends with its process. Snakemake's own locks,
    which survive a kill, are therefore not needed (`nolock` in the profiles).
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        owner = open(Path(folder, ".owner"), "a+", encoding="utf-8")
    except OSError as error:
        sys.exit(f"{folder}: could not be written ({error.strerror}). {GOES_ON}")
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(
            f"{folder}: another workflow is writing to this folder. Wait until it has ended, or"
            " set a different `results` folder."
        )
    except OSError:
        # Some network file systems have no locks. The plans in the files still keep two studies
        # apart there.
        pass
    owner.seek(0)
    if before == BUSY or owner.read() != before:
        sys.exit(
            f"{folder}: another workflow wrote to this folder while this one was being planned."
            " Repeat the command."
        )
    owner.truncate(0)
    print(f"process {os.getpid()}, {time.time_ns()}", file=owner, flush=True)
    return owner


def end_as_interrupted(number, frame):
    """Treat the closing of the terminal like Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


if (
    workflow.is_main_process
    and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGHUP, end_as_interrupted)
