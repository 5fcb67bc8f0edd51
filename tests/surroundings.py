"""Different surroundings for a study: place, user, host, time, language, library settings."""

import os
import shutil
import subprocess
from datetime import timedelta, timezone
from pathlib import Path

from tests.projects import Project

LATER = timedelta(days=400)
ZONE = timezone(timedelta(hours=12, minutes=45))  # east of Greenwich

# Python runs a module of this name when it starts, and jobs look for modules in the project's
# folder first. What it changes are the answers that Python gives to whoever asks. (datetime's
# classes are C's; that no module of ours imports them is tested apart.)
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
