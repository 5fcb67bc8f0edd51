"""A check of what a study is given as, files and options, before Snakemake loads it.

    python -m pipeline_lib.study.overlays --configfile studies/smoke.yaml

`make run` does this first. Snakemake would answer a missing file or an unreadable `--config` with a
traceback, would silently take the last of two values of the same key, and would run the programs in
a file with `__use_yte__`.
"""

import argparse
import json
import re
import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline_lib.errors import PipelineError

# Parts of a checkout to which no results may be written.
PARTS = {
    *("benchmarks", "docs", "pipeline_lib", "profiles", "reference", "report", "rules"),
    *("studies", "tests", "workflow_scripts", ".git", ".venv", ".snakemake"),
}
TEMPLATE = "__use_yte__"  # Snakemake then reads the file as a template, with Python in it


class _Loader(yaml.SafeLoader):
    """The safe loader, which also refuses keys that come twice, and aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        # A value that is set through one alias would change under the others too.
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            problem = f"the alias *{event.anchor}; write out the value instead"
            raise yaml.composer.ComposerError(problem=problem, problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set[str]()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name and name in seen:
                problem = f"the key {name!r} comes twice"
                raise yaml.composer.ComposerError(problem=problem, problem_mark=key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


def read(path: str | Path) -> dict[str, Any]:
    """Return the content of a study's file.

    Raises PipelineError if it is missing or not a plain mapping.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            content = yaml.load(file, _Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such file") from None
    except OSError as error:
        raise PipelineError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise PipelineError(f"{path}: not a text file in UTF-8") from None
    except yaml.YAMLError as error:
        raise PipelineError(f"{path}: not valid YAML ({_reason(error)})") from None
    if not isinstance(content, dict):
        kinds = {type(None): "empty", list: "a list", str: "text"}
        found = kinds.get(type(content), "a single value")
        raise PipelineError(f"{path}: it is {found}; it must be a mapping of keys to values")
    if TEMPLATE in content:
        raise PipelineError(f"{path}: {TEMPLATE} is refused: it lets a study run programs")
    return content


def _reason(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(str(error).split())
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}: " if mark else ""
    return f"{where}{' '.join((error.problem or error.context or 'unreadable').split())}"


def read_all(paths: Iterable[str | Path]) -> list[dict[str, Any]]:
    """Read several files; raises PipelineError with a line for each bad one."""
    studies, problems = [], []
    for path in paths:
        try:
            studies.append(read(path))
        except PipelineError as error:
            problems.append(str(error))
    if problems:
        raise PipelineError("\n".join(problems))
    return studies


def treatment_order(studies: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the treatments that a study's files define, those of the base study first.

    A treatment that a later file removes keeps its place, so that the others keep theirs and with
    them their colours. A name that is null in every file is not a treatment.
    """
    sections = [study.get("treatments") for study in studies]
    return list(
        dict.fromkeys(
            str(name)
            for section in sections
            if isinstance(section, dict)
            for name, treatment in section.items()
            if treatment is not None
        )
    )


def check_results(results: str, checkout: str | Path) -> None:
    """Raise PipelineError if the results folder is part of the project, or below a file."""
    path, root = Path(results).resolve(), Path(checkout).resolve()
    inside = path.relative_to(root).parts if path.is_relative_to(root) else None
    if inside == () or (inside and Path(root, inside[0]).exists() and inside[0] in PARTS):
        raise PipelineError(
            f"results is {results!r}, which is part of the project; it must be a different folder"
        )
    for folder in (path, *path.parents):
        if folder.exists() and not folder.is_dir():
            raise PipelineError(
                f"results is {results!r}, and {folder} is a file; it must be a folder"
            )


def plain(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study in the form in which its file is read: mappings, lists and scalars."""
    found: dict[str, Any] = yaml.load(as_yaml(study), _Loader)  # noqa: S506 - a safe loader
    return found


def as_yaml(study: Mapping[str, Any]) -> str:
    """Return the YAML of a study, with its keys in order."""
    # The detour through JSON is needed because Snakemake's mappings have a special type.
    return yaml.safe_dump(json.loads(json.dumps(study)), sort_keys=False, allow_unicode=True)


def resolved(value: Any) -> Any:
    """Return a value from the command line with its scalars read as YAML.

    Snakemake reads `seeds=[0,1]` as a list of texts and `keep_networks=false` as a text.
    """
    if isinstance(value, Mapping):
        return {str(key): resolved(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(each) for each in value]
    if not isinstance(value, str):
        return value
    try:
        scalar = yaml.load(value, _Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        return value
    return value if isinstance(scalar, dict | list) else scalar


def main(arguments: Sequence[str]) -> None:
    """Check the study that Snakemake's `arguments` give, and exit with its problems, if any.

    Its files must be readable, and what `--config` adds must be keys with values. The other
    arguments are left to Snakemake.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", default=[], action="extend")
    parser.add_argument("--config", "-C", nargs="+", default=[], action="extend")
    given = parser.parse_known_args(arguments)[0]
    try:
        read_all(given.configfile)
        for entry in given.config:
            if not re.match(r"[a-z_]\w+=", entry):
                raise PipelineError(
                    f"--config has {entry!r}; it must have keys of the study with their values,"
                    " such as seeds=3 or, in quotes, 'pruning={sparsity: 0.9}'"
                )
    except PipelineError as error:
        sys.exit(f"The study cannot be read.\n{error}")


if __name__ == "__main__":
    main(sys.argv[1:])
