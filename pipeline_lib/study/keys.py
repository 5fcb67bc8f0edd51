"""Keys of a study, written with dots: where they are in its YAML, and how they are set."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

from pipeline_lib.errors import PipelineError
from pipeline_lib.study.treatments import EACH

KeyPath = tuple[str | int, ...]  # of a key in nested mappings and lists


def places(name: str, study: Mapping[str, Any]) -> list[KeyPath]:
    """Return the places of a key; `name` starts with the section that names it, axes or drawn.

    In a list of steps, a step is named by number or kind; `each` stands for every treatment or
    every step. Raises PipelineError if the study has no such key.
    """
    return list(_places(name, name.split(".")[1:], study))


def put(study: dict[str, Any], place: KeyPath, value: Any) -> None:
    """Set a key of a study, whatever was there."""
    there: Any = study
    for key in place[:-1]:
        if isinstance(there, dict) and not isinstance(there.get(key), dict | list):
            there[key] = {}
        there = there[key]
    there[place[-1]] = value


def check_apart(set_by: Mapping[str, Iterable[KeyPath]]) -> None:
    """Raise PipelineError if two names set the same key, or one sets a part of the other's."""
    for (one, ours), (other, theirs) in combinations(set_by.items(), 2):
        for place, another in product(ours, theirs):
            shorter = min(len(place), len(another))
            if place[:shorter] == another[:shorter]:
                key = ".".join(map(str, place if len(place) > shorter else another))
                raise PipelineError(f"{one} and {other} both set {key}; only one may")


def _places(name: str, parts: Sequence[str], there: Any, above: KeyPath = ()) -> Iterator[KeyPath]:
    part, *rest = parts
    if isinstance(there, list) and rest:
        if part == EACH:
            for index, step in enumerate(there):
                yield from _places(name, rest, step, (*above, index))
            return
        index = _index(name, part, there)
        above, there = (*above, index), there[index]
        if part.isdigit() or not isinstance(there, dict):
            yield from _places(name, rest, there, above)
            return
    if not isinstance(there, dict) or (rest and part != EACH and part not in there):
        raise _no_such_key(name, part, there)
    if not rest:
        yield (*above, part)
        return
    for key in [key for key in there if there[key]] if part == EACH else [part]:
        yield from _places(name, rest, there[key], (*above, key))


def _index(name: str, part: str, steps: list[Any]) -> int:
    if part.isdigit() and int(part) < len(steps):
        return int(part)
    found = [i for i, step in enumerate(steps) if isinstance(step, dict) and part in step]
    if len(found) == 1:
        return found[0]
    if found:
        which = " or ".join(map(str, found))
        raise PipelineError(
            f"{name}: there are {len(found)} {part} steps; name one by its position, {which}"
        )
    raise _no_such_key(name, part, steps)


def _no_such_key(name: str, part: str, there: Any) -> PipelineError:
    if isinstance(there, dict):
        known = f"the keys there are {', '.join(map(str, there))}"
    elif isinstance(there, list) and all(isinstance(step, dict | str) for step in there):
        kinds = [next(iter(step)) if isinstance(step, dict) else step for step in there]
        if part in kinds:
            return PipelineError(f"{name} is a whole step; it must end with an option of the step")
        known = f"the steps there are {', '.join(kinds)}"
    else:
        known = f"{json.dumps(there)} can only be set as a whole"
    return PipelineError(f"{name} is not a key of the study: there is no {part}; {known}")
