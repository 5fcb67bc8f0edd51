"""Where the numbers of a report come from: versions, time, commit, and how to cite them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline_lib.files.networks import read_provenance


@dataclass(frozen=True)
class Work:
    """Something to cite; `doi` may be empty."""

    authors: str
    year: str
    title: str
    publisher: str
    doi: str


@dataclass(frozen=True)
class Origin:
    """Where the numbers come from; what is not known is None."""

    versions: Mapping[str, str]
    gathered: str | None
    commit: str | None
    works: Sequence[Work]


def read_origin(
    *, network: str | Path, logs: str | Path, project: str | Path, citation: str | Path
) -> Origin:
    """Return the origin of a study from one of its networks, its folder of logs, the folder of the
    project and its CITATION.cff; raises like `read_network`.
    """
    return Origin(versions(network), gathered_at(logs), commit(project), citations(citation))


def versions(network: str | Path) -> dict[str, str]:
    """Return the library versions that a network was made with; raises like `read_network`."""
    recorded: dict[str, str] = read_provenance(network)["versions"]
    return recorded


def gathered_at(logs: str | Path) -> str | None:
    """Return when the last rows of the study were gathered, as the logs of these jobs say it.

    None if there are no such logs. From the logs and not from the clock, so that a report that is
    written again from the same study is the same.
    """
    times = []
    for path in Path(logs, "gather").glob("*.log"):
        text = path.read_text(encoding="utf-8", errors="replace")
        times += re.findall(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) done", text, flags=re.MULTILINE)
    return max(times, default=None)


def commit(project: str | Path) -> str | None:
    """Return the git commit of the project's folder, "-dirty" behind it if files differ from it.

    None if the folder is no git checkout of its own, or there is no git.
    """
    git = shutil.which("git")
    if git is None or not Path(project, ".git").exists():
        return None
    command = [git, "-C", str(project), "describe", "--always", "--dirty", "--abbrev=12"]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    done = subprocess.run(  # noqa: S603 - a fixed command, no shell
        command, capture_output=True, text=True, check=False, env=environment
    )
    return done.stdout.strip() or None if done.returncode == 0 else None


def citations(path: str | Path) -> list[Work]:
    """Return what a CITATION.cff asks to cite: the paper, if it names one, then the software."""
    content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    works = [content["preferred-citation"]] if "preferred-citation" in content else []
    return [_work(work) for work in (*works, content)]


def _work(entry: Mapping[str, Any]) -> Work:
    names = [
        author.get("name") or f"{author['family-names']}, {author.get('given-names', '')}"
        for author in entry.get("authors", [])
    ]
    version = f"Version {entry['version']}" if "version" in entry else ""
    publisher = entry.get("publisher", version)
    return Work(
        authors="; ".join(name.strip(", ") for name in names),
        year=str(entry.get("year", "")),
        title=entry["title"],
        publisher=publisher["name"] if isinstance(publisher, dict) else publisher,
        doi=entry.get("doi", ""),
    )
