# One workflow at a time makes the files of a results folder, and one that stops says so.

import fcntl
import signal

GOES_ON = "What is finished is kept."
HELD = []  # the results folder's lock, for as long as this process lives


def own(folder):
    """Take the results folder for this workflow, or stop with a sentence.

    The lock is the kernel's, on a file in the folder: it holds against every other workflow,
    whatever checkout it runs from and however it spells the folder's path, and it goes with its
    process, however that ends. So Snakemake's own locks, which a kill leaves behind, are not
    needed (`nolock` in the profiles).
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        probe = Path(folder, f".room.{os.getpid()}")
        try:
            probe.write_bytes(bytes(4096))
        finally:
            probe.unlink(missing_ok=True)
        owner = open(Path(folder, ".owner"), "a", encoding="utf-8")
    except OSError as error:
        sys.exit(f"{folder}: could not be written ({error.strerror}). {GOES_ON}")
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(
            f"{folder}: another workflow is making files here. Wait until it has ended, or set"
            " another `results` folder."
        )
    except OSError:
        # Some network file systems have no locks. There the plans in the files still keep two
        # studies apart.
        pass
    return owner


def end_as_interrupted(number, frame):
    """End as Ctrl-C does it when the terminal is closed."""
    os.kill(os.getpid(), signal.SIGINT)


if (
    workflow.is_main_process
    and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGHUP, end_as_interrupted)
