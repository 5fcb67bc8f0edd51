"""One file to share: a finished study with its code, its settings and a description of both."""

import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from rocrate.rocrate import ROCrate

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.whole import whole
from pipeline_lib.reporting.origin import commit, tracked

RESULTS = "results"  # where the archive has the results, wherever they were
LEFT_OUT = {".git", ".venv", ".snakemake", "__pycache__", RESULTS}
README = """\
# A finished study

This archive holds a study of `{title}` (version {version}, {commit}) with everything that made it.
Unpack it and work in its folder. You need Linux, Python 3.11 or newer, and make.

- **Look**: open `results/report.html`. `results/values.csv` has a row for each seed and treatment,
  and `docs/data.md` explains every file and column.
- **Check**: `make run ARGS="--configfile results/study.yaml --config results=results"`
  looks at each file and makes again only what is missing, damaged or edited. Each file records what
  made it, so "Nothing to be done" means that these are the results of this code and study.
- **Rerun**: the same command with `results=again` makes everything anew. On the same kind of
  processor all measurements are identical, byte for byte.
  `.venv/bin/python -m pipeline_lib.compare results again --out comparison` compares the two.
- **Extend**: add, for instance, `seeds=20` to the first command, or edit `results/study.yaml`. Only
  what is new or changed runs. `README.md` says more.
"""


def write_archive(
    path: str | Path, *, project: str | Path, results: str | Path, more: Iterable[str]
) -> None:
    """Write the archive of a finished study, with an RO-Crate that describes it.

    `project` is the folder of the code with its CITATION.cff, `results` that of the study, and
    `more` are other files that the study reads, by their relative paths. Raises PipelineError if
    the archive cannot be written or one of these has an absolute path.
    """
    citation = yaml.safe_load(Path(project, "CITATION.cff").read_text("utf-8"))
    files = {name: Path(project, name) for name in code_of(project)}
    for name in (name for name in more if not Path(name).is_relative_to(project)):
        if os.path.isabs(name):
            rule = "it must be named by a relative path to be part of an archive"
            raise PipelineError(f"{name}: {rule}")
        files[name] = Path(name)
    files |= {f"{RESULTS}/{name}": Path(results, name) for name in results_of(results)}
    known = commit(project)
    commit_of_code = f"commit {known}" if known else "no commit"
    texts = {
        "README-ARCHIVE.md": README.format(**citation, commit=commit_of_code),
        "ro-crate-metadata.json": json.dumps(_crate(files, citation, commit_of_code), indent=1),
    }
    with whole(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(_entry(name), text)
        for name, file in files.items():
            archive.writestr(_entry(name, os.access(file, os.X_OK)), file.read_bytes())


def code_of(project: str | Path) -> list[str]:
    """Return the project's files: those that git knows or, without git, all but what is made."""
    known = tracked(project)
    if known is not None:
        return [name for name in known if Path(project, name).is_file()]
    return sorted(
        str(inner)
        for found in Path(project).rglob("*")
        if found.is_file() and LEFT_OUT.isdisjoint((inner := found.relative_to(project)).parts)
    )


def results_of(results: str | Path) -> list[str]:
    """Return the files of a study; other studies may have their folders within its folder."""
    found = sorted(path for path in Path(results).rglob("*") if path.is_file())
    others = {path.parent for path in found if path.name == "study.yaml"} - {Path(results)}
    return [
        str(path.relative_to(results))
        for path in found
        if others.isdisjoint(path.parents) and path.suffix != ".zip" and path.name[0] != "."
    ]


def _entry(name: str, executable: bool = False) -> zipfile.ZipInfo:
    # Of no date, so that the same study gives the same archive.
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    return entry


def _crate(files: Mapping[str, Path], citation: Mapping[str, Any], commit_of: str) -> Any:
    """Return the metadata of a Workflow RO-Crate whose workflow made the results."""
    crate = ROCrate()
    crate.name = f"A study with {citation['title']}"
    crate.description = citation["abstract"]
    crate.license = f"https://spdx.org/licenses/{citation['license']}"
    workflow = crate.add_workflow(files["Snakefile"], "Snakefile", main=True, lang="snakemake")
    workflow["version"] = f"{citation['version']}, {commit_of}"
    settings = "the study: its settings, commit and versions of libraries"
    described = (
        (f"{RESULTS}/study.yaml", settings, "text/yaml"),
        (f"{RESULTS}/report.html", "the report", "text/html"),
        (f"{RESULTS}/values.csv", "the numbers by seed and treatment", "text/csv"),
    )
    study, *made = (
        crate.add_file(files[path], path, properties={"name": text, "encodingFormat": kind})
        for path, text, kind in described
    )
    crate.add_action(workflow, object=[study], result=made, properties={"name": "the study's run"})
    return crate.metadata.generate()
