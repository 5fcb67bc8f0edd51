"""Where the numbers of a report come from: versions, commit, and how to cite them."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline_lib.files.networks import read_provenance
from pipeline_lib.files.stamps import read_bytes


@dataclass(frozen=True)
class Origin:
    """Where the numbers come from, and the `works` to cite; `commit` is None if it is not known."""

    versions: Mapping[str, str]
    commit: str | None
    works: Sequence[Mapping[str, str]]


def read_origin(*, network: str | Path, project: str | Path, citation: str | Path) -> Origin:
    """Return the origin of a study from one of its networks, the project's folder and its
    CITATION.cff; raises like `read_network`.
    """
    return Origin(read_provenance(network)["versions"], commit(project), citations(citation))


def commit(project: str | Path) -> str | None:
    """Return the git commit of the project's folder, followed by "-dirty" if files differ from it.

    None if the folder is not the root of a git checkout, or if git is not installed.
    """
    found = _git(project, "describe", "--always", "--dirty", "--abbrev=12")
    return found.strip() or None if found else None


def tracked(project: str | Path) -> list[str] | None:
    """Return the files of the project that git knows; None where `commit` is."""
    found = _git(project, "ls-files", "-z")
    return None if found is None else found.strip("\0").split("\0")


def _git(project: str | Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None or not Path(project, ".git").exists():
        return None
    # A shared checkout may belong to somebody else, which git refuses by default. Its code is
    # running already, so its git settings are no less trusted.
    trusted = ["-c", "safe.directory=*", "-c", "core.fsmonitor=false"]
    command = [git, *trusted, "-C", str(project), *arguments]
    # GIT_DIR and similar variables would point git at a different repository.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    done = subprocess.run(  # noqa: S603 - a fixed command, no shell
        command, capture_output=True, text=True, check=False, env=environment
    )
    return done.stdout if done.returncode == 0 else None


def citations(path: str | Path) -> list[dict[str, str]]:
    """Return the works that a CITATION.cff names: the paper, if there is one, then the software.

    What a work lacks, such as a DOI, is empty.
    """
    software = yaml.safe_load(read_bytes(path))
    paper = software.get("preferred-citation")
    return [_work(entry) for entry in (paper, software) if entry]


def _work(entry: Mapping[str, Any]) -> dict[str, str]:
    names = [
        author.get("name") or f"{author['family-names']}, {author.get('given-names', '')}"
        for author in entry.get("authors", [])
    ]
    version = f"Version {entry['version']}" if "version" in entry else ""
    return {
        "authors": "; ".join(name.strip(", ") for name in names),
        "publisher": entry.get("publisher", {}).get("name", version),
        **{key: str(entry.get(key, "")) for key in ("year", "title", "doi")},
    }
