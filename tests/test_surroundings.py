"""Results depend only on the study, not on the clock, the host, the user, the language, …"""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.projects import Project

REPORT = "report.html"
LATER = timedelta(days=400)
ZONE = timezone(timedelta(hours=12, minutes=45))  # east of Greenwich

# Python runs a module of this name when it starts, and jobs look for modules in the project's
# folder first. What it changes are the answers that Python gives to whoever asks. (datetime's
# classes are C's; ruff makes sure that no module of ours imports them.)
OTHER_WORLD = f"""
import getpass, os, platform, socket, time

LATER = {int(LATER.total_seconds())}
now, now_ns = time.time, time.time_ns
time.time = lambda: now() + LATER
time.time_ns = lambda: now_ns() + LATER * 10**9

host = os.uname()
os.uname = lambda: os.uname_result((host[0], "elsewhere", *host[2:]))
socket.gethostname = socket.getfqdn = platform.node = lambda *_: "elsewhere"
getpass.getuser = os.getlogin = lambda: "nobody"
"""

MATPLOTLIBRC = "font.size: 20\nsavefig.facecolor: yellow\naxes.formatter.use_locale: True\n"


def other_project(folder: Path) -> Project:
    """Return a project with the tiny study in different surroundings.

    It is a git checkout, if there is a git to make one.
    """
    home = folder / "home"
    place = folder / "a" / "deeper" / "folder of another name"
    for path in (home / ".config" / "matplotlib", place):
        path.mkdir(parents=True)
        (path / "matplotlibrc").write_text(MATPLOTLIBRC, encoding="utf-8")
    language = other_language()
    variables = {
        "TZ": "XYZ-12:45",  # in POSIX, minus is east
        **dict.fromkeys(("LANG", "LC_ALL"), language),
        **dict.fromkeys(("USER", "LOGNAME"), "nobody"),
        **dict.fromkeys(("HOSTNAME", "HOST"), "elsewhere"),
        **{"HOME": str(home), "XDG_CONFIG_HOME": "", "PYTHONHASHSEED": "12345"},
        **{"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "OMP_NUM_THREADS": "4"},
        **{"SOURCE_DATE_EPOCH": "86400", "MPLBACKEND": "svg", "COLUMNS": "40"},
    }
    project = Project(place, env=os.environ | variables, umask=0o077)
    (place / "sitecustomize.py").write_text(OTHER_WORLD, encoding="utf-8")
    if shutil.which("git"):
        author = ("-c", "user.name=nobody", "-c", "user.email=nobody@elsewhere")
        for command in (["init", "-q"], ["add", "CITATION.cff"], [*author, "commit", "-qm", "x"]):
            subprocess.run(["git", *command], cwd=place, check=True)
    return project


def other_language() -> str:
    """Return a locale that writes numbers with a comma, or C, whose encoding is ASCII."""
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    return next((name for name in known.split() if name[:3] in ("de_", "fr_", "nl_")), "C")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Project:
    """The finished study on one core and in different surroundings: place, user, time, …"""
    project = other_project(tmp_path_factory.mktemp("elsewhere"))
    project.snakemake("-j", "1")
    return project


def test_the_second_surroundings_really_differ(elsewhere):
    """Without this the test below might compare a study with itself."""
    log = elsewhere.folder / "results/logs/baseline/0.log"
    said = datetime.strptime(log.read_text(encoding="utf-8")[:19], "%Y-%m-%d %H:%M:%S")
    # Whatever the date, the study was run within the last hours of the clock that it was told.
    ago = datetime.now(UTC) + LATER - said.replace(tzinfo=ZONE)
    assert timedelta(0) <= ago < timedelta(hours=6)
    modes = {path.stat().st_mode & 0o077 for path in elsewhere.folder.glob("results/**/*.csv")}
    assert modes == {0}


def test_no_result_depends_on_place_time_or_user(finished, elsewhere):
    here, there = finished.results(), elsewhere.results()
    assert here.keys() == there.keys()
    kinds = {name.rpartition(".")[2] for name in here if not name.startswith(".")}
    assert {"safetensors", "parquet", "json", "csv", "md", "tex", "svg", "png", "html"} <= kinds
    # The report and the study tell the commit; the stamp covers the report; `.owner` is a process.
    differ = {name for name in here if here[name] != there[name]}
    assert differ == {".owner", REPORT, "stamps/report.json", "study.yaml"}


def test_the_report_differs_only_in_the_commit(finished, elsewhere):
    pages = [project.results()[REPORT].decode() for project in (finished, elsewhere)]
    if shutil.which("git"):
        pages[1], found = re.subn(r"Made with commit <code>.*?</code>\. ", "", pages[1])
        assert found == 1
    assert "Made with commit" not in "".join(pages)
    assert [line.strip() for line in pages[0].split("\n") if line.strip()] == [
        line.strip() for line in pages[1].split("\n") if line.strip()
    ]


EXACT = """
import hashlib
from pipeline_lib import engines
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import initial_state, shuffled, torch_generator
from pipeline_lib.model.task import clouds
from tests.conftest import CENTRES

task = {"centres": CENTRES, "sd": 0.8}
sets = [clouds("training", 0, **task, train=12000), clouds("standard", 0, **task, test=4000)]
arrays = [part for each in sets for part in (each.x, each.labels)]
for init in ("torch", {"normal": 0.05}):
    network = initial_network([2, 512, 512, 256, 4], init, initial_state(0))
    arrays += [*network.weights, *network.biases, *prune(network, 0.95).masks]
arrays.append(engines.load("fast").generator(0, "order").orders.permutation(12000))
arrays.append(shuffled(12000, torch_generator(0, "order")).numpy())
print(hashlib.sha256(b"".join(each.tobytes() for each in arrays)).hexdigest())
"""


def test_points_initial_weights_and_masks_are_equal_with_the_instructions_of_old_cpus():
    numpy = np._core._multiarray_umath
    newer = [name for name in numpy.__cpu_dispatch__ if numpy.__cpu_features__[name]]
    old = {
        **{"NPY_DISABLE_CPU_FEATURES": " ".join(newer), "ATEN_CPU_CAPABILITY": "default"},
        **{"OPENBLAS_CORETYPE": "Prescott", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
        **{"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4"},
        "OPENBLAS_NUM_THREADS": "4",
    }
    digests = [
        subprocess.check_output([sys.executable, "-c", EXACT], cwd=ROOT, env=os.environ | more)
        for more in ({}, old)
    ]
    assert digests[0] == digests[1]
