# What a workflow that was killed leaves in the way of the next, and how one that stops says so.

import errno
import fcntl
import socket

GOES_ON = "What is finished is kept: the same command goes on from there."


def check_room(folder):
    """Stop with a sentence if nothing can be written below a folder of this run."""
    probe = Path(folder, f".room.{os.getpid()}")
    try:
        probe.parent.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(bytes(4096))
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        sys.exit(f"{folder}: could not be written ({error.strerror}). {GOES_ON}")


def take_over_from_the_dead(folder):
    """Remove Snakemake's lock if the process that made it was killed.

    Snakemake locks a run's files by files of its own, which a kill leaves behind. A lock of the
    kernel's goes with its process, however that ends: where nobody holds it, nobody runs. Two
    cases are not sure and are left to the user: a lock of another machine, and that of a workflow
    whose jobs were in a queue, where they live longer than it.
    """
    alive = open(folder / "alive", "a+", encoding="utf-8")
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another workflow is running in this folder.", file=sys.stderr)
    else:
        host = socket.gethostname()
        alive.seek(0)
        owner = alive.read()
        left = list(folder.glob("locks/*.lock"))
        if left and owner not in ("", host):
            print(
                f"Files here are locked by a workflow on {owner}: once nothing of it runs, "
                "`snakemake --unlock` and give the same command again.",
                file=sys.stderr,
            )
        else:
            for lock in left:
                lock.unlink()
            alive.truncate(0)
            alive.write(host)
            alive.flush()
    # Shared: workflows may run side by side as long as none makes the files of another.
    fcntl.flock(alive, fcntl.LOCK_SH)
    return alive


def jobs_outlive_this():
    """Note that a lock of this run says more than that its process lives."""
    if ALIVE:
        ALIVE.write(" and a queue")
        ALIVE.flush()


ALIVE = None


if workflow.is_main_process:
    check_room(".snakemake")
    try:
        ALIVE = take_over_from_the_dead(
            Path(".snakemake")
        )  # held while this process lives
    except OSError as error:
        # Some network file systems have no such locks: there Snakemake's own is all there is.
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
