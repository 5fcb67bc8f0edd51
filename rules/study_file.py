"""The file of a study, looked at before Snakemake loads it: is it there, and is it plain YAML?

    python -m rules.study_file --configfile studies/smoke.yaml

`make run` asks this first, since Snakemake answers some of these questions with a traceback, and
others not at all: of a key that stands twice it takes the last, and a file with `__use_yte__` may
run any program.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline_lib.errors import PipelineError

TEMPLATE = "__use_yte__"  # Snakemake then reads the file as a template, with Python in it


class _Duplicate(yaml.YAMLError):
    pass


class _Loader(yaml.SafeLoader):
    """The safe loader, which refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name and name in seen:
                line = key.start_mark.line + 1
                raise _Duplicate(f"line {line} has the key {name!r} a second time")
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


def check(path: str | Path) -> None:
    """Raise PipelineError, one sentence, if a study's file is missing or not a plain mapping."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            content = yaml.load(file, _Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such file") from None
    except OSError as error:
        raise PipelineError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise PipelineError(f"{path}: not a text file in UTF-8") from None
    except _Duplicate as error:
        raise PipelineError(f"{path}: {error}; every key must stand once") from None
    except yaml.YAMLError as error:
        raise PipelineError(f"{path}: not valid YAML ({_reason(error)})") from None
    except (ValueError, RecursionError) as error:
        # Whole numbers of thousands of digits, dates such as 2026-13-99, lists a thousand deep.
        deep = isinstance(error, RecursionError)
        reason = "it is nested too deeply" if deep else str(error).partition(";")[0]
        raise PipelineError(f"{path}: not a study ({reason})") from None
    if not isinstance(content, dict):
        kinds = {type(None): "empty", list: "a list", str: "text"}
        found = kinds.get(type(content), "a single value")
        raise PipelineError(f"{path}: it is {found}; it must be a mapping of keys to values")
    if TEMPLATE in content:
        raise PipelineError(f"{path}: {TEMPLATE} is refused: it lets a study run programs")


def _reason(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(str(error).split())
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}: " if mark else ""
    return f"{where}{' '.join((error.problem or error.context or 'unreadable').split())}"


def check_all(paths: Iterable[str | Path]) -> None:
    """Check several files; raises PipelineError with a line for each that is bad."""
    problems = []
    for path in paths:
        try:
            check(path)
        except PipelineError as error:
            problems.append(str(error))
    if problems:
        raise PipelineError("\n".join(problems))


def main(arguments: Sequence[str]) -> None:
    """Check the files that Snakemake's `arguments` name; end with their problems if there are any.

    Everything else among the arguments is Snakemake's affair.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", default=[], action="extend")
    try:
        check_all(parser.parse_known_args(arguments)[0].configfile)
    except PipelineError as error:
        sys.exit(f"The study cannot be read.\n{error}")


if __name__ == "__main__":
    main(sys.argv[1:])
