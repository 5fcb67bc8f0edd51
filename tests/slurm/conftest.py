"""A Slurm of one node, started for these tests from Debian's packages and stopped after them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
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
SlurmctldPort={control}
SlurmdPort={node}
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
    control, node = _free_ports(2)
    numbers = {
        "control": control,
        "node": node,
        "cpus": os.cpu_count(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 500,
    }
    CONF_FILE.write_text(CONF.format(folder=folder, host=host, **numbers))
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
        _wait(lambda: (folder / "munge.socket").exists())
        daemons += [_daemon(name, "-D") for name in ("slurmctld", "slurmd")]
        _wait(lambda: "idle" in _run("sinfo", "-h", "-o", "%T", check=False), folder)
        yield
    finally:
        _run("scancel", "--full", "--user=root", check=False)
        _wait(lambda: not jobs(), folder)
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(20)
        CONF_FILE.unlink()


def _clear_the_way() -> None:
    """Remove what killed tests left in Slurm's place; refuse where a Slurm lives.

    A file of these tests' keeps its state in a folder of pytest's; whatever else is there
    belongs to the machine and stays.
    """
    CONF_FILE.parent.mkdir(exist_ok=True)
    if not CONF_FILE.exists():
        return
    settings = dict(line.split("=", 1) for line in CONF_FILE.read_text().split() if "=" in line)
    state = Path(settings.get("StateSaveLocation", ""))
    if not any(part.startswith("pytest-of-") for part in state.parts):
        pytest.fail(f"{CONF_FILE} is there already: this machine has a Slurm of its own")
    for process in psutil.process_iter(["name"]):
        ours = process.info["name"] in ("munged", "slurmctld", "slurmd")
        if ours and process.pid in _noted_pids(state.parent):
            process.kill()
            process.wait(10)
    CONF_FILE.unlink()


def _noted_pids(folder: Path) -> set[int]:
    return {int(path.read_text()) for path in folder.glob("*.pid") if path.read_text().strip()}


def jobs() -> list[str]:
    """Return the numbers of all jobs that wait, run or are being ended."""
    return _run("squeue", "-h", "-o", "%i", check=False).split()


def submissions() -> int:
    """Return how many jobs this Slurm has been given so far."""
    return len(_records())


def limits(folder: Path) -> list[tuple[int, int]]:
    """Return memory in MB and minutes of the jobs submitted from a folder, first to last."""
    found = []
    for record in _records():
        if record["WorkDir"] == str(folder):
            hours, minutes, _ = map(int, record["TimeLimit"].split(":"))
            found.append((int(record["MinMemoryNode"].removesuffix("M")), 60 * hours + minutes))
    return found


def _records() -> list[dict[str, str]]:
    lines = _run("scontrol", "show", "jobs", "--oneliner", check=False).splitlines()
    pairs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines]
    return sorted((each for each in pairs if "JobId" in each), key=lambda job: int(job["JobId"]))


def _daemon(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def _wait(ready, folder: Path | None = None, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            logs = "".join(p.read_text()[-2000:] for p in folder.glob("*.log")) if folder else ""
            pytest.fail(f"Slurm did not answer within {seconds:g} s\n{logs}")
        time.sleep(0.2)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
