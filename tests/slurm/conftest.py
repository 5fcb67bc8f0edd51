"""A Slurm of one node, started for these tests from Debian's packages and stopped after them."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")

# Where the nodes look for it, whatever a job's environment says.
CONF_FILE = Path("/etc/slurm/slurm.conf")

# As root, without control groups and without accounting: Slurm's smallest.
CONF = """\
ClusterName=tests
SlurmctldHost={host}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2
ReturnToService=2
MpiDefault=none
KillWait=2
MinJobAge=600
NodeName={host} CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=600 State=UP
"""


@pytest.fixture(scope="session")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A running Slurm, to which all commands of this process speak."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        pytest.fail(
            "these tests need root and a Slurm (Debian: apt-get install slurm-wlm munge); "
            f"missing here: {', '.join(missing) or 'root'}"
        )
    folder = tmp_path_factory.mktemp("slurm")
    host = socket.gethostname().split(".")[0]
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    _clear_the_way()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 500
    CONF_FILE.write_text(CONF.format(folder=folder, host=host, cpus=os.cpu_count(), memory=memory))
    _run("mungekey", "--create", f"--keyfile={folder}/munge.key")
    # Munge wants its folder in nobody else's hands.
    for path in [folder, *folder.parents][:3]:
        path.chmod(0o755)
    daemons = [
        _daemon(
            *("munged", "--foreground", "--force", f"--socket={folder}/munge.socket"),
            *(f"--key-file={folder}/munge.key", f"--pid-file={folder}/munged.pid"),
            *(f"--log-file={folder}/munged.log", f"--seed-file={folder}/munged.seed"),
        )
    ]
    try:
        wait(lambda: (folder / "munge.socket").exists())
        daemons += [_daemon(name, "-D") for name in ("slurmctld", "slurmd")]
        wait(lambda: "idle" in _run("sinfo", "-h", "-o", "%T", check=False), folder)
        yield
    finally:
        _run("scancel", "--full", "--user=root", check=False)
        wait(lambda: not jobs(), folder)
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(20)
        CONF_FILE.unlink()


def _clear_the_way() -> None:
    """Refuse where a Slurm lives; a configuration of these tests' own, if killed, is replaced."""
    CONF_FILE.parent.mkdir(exist_ok=True)
    if CONF_FILE.exists() and "ClusterName=tests\n" not in CONF_FILE.read_text():
        pytest.fail(f"{CONF_FILE} is there already: this machine has a Slurm of its own")


def jobs() -> list[str]:
    """Return the numbers of all jobs that wait, run or are being ended."""
    return _run("squeue", "-h", "-o", "%i", check=False).split()


def submissions() -> int:
    """Return how many jobs this Slurm has been given so far."""
    return len(re.findall(r"^JobId=", _records(), re.M))


def limits(folder: Path) -> list[tuple[int, int]]:
    """Return memory in MB and minutes of the jobs submitted from a folder, first to last."""
    wanted = rf"^JobId=(\d+) .*TimeLimit=(\d+):(\d+):.*MinMemoryNode=(\d+)M.*WorkDir={folder} "
    found = [tuple(map(int, each)) for each in re.findall(wanted, _records(), re.M)]
    return [(memory, 60 * hours + minutes) for _, hours, minutes, memory in sorted(found)]


def _records() -> str:
    """Return a line for each job, whatever became of it."""
    return _run("scontrol", "show", "jobs", "--oneliner", check=False)


def _daemon(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def wait(ready, folder: Path | None = None, seconds: float = 30.0) -> None:
    """Wait until something is so; fail with what Slurm logged if it does not come to be."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            logs = "".join(p.read_text()[-2000:] for p in folder.glob("*.log")) if folder else ""
            pytest.fail(f"Slurm did not answer within {seconds:g} s\n{logs}")
        time.sleep(0.2)
