"""Two studies, or two scenarios of studies with axes, brought together seed by seed."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Cells, study_cells
from pipeline_lib.analysis.values import by_key
from pipeline_lib.analysis.varied import Varied
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import of_scenarios, read_table
from pipeline_lib.measures import Value
from pipeline_lib.numbers import Axes, axis_text, is_numeric
from pipeline_lib.options import are_numbers

AXIS = "study"  # the axis along which the two differ
# Sections that do not change a network or a number.
APART = (
    *("seeds", "results", "engine", "keep_networks", "axes", "reproduction", "contrasts", "claims"),
)


@dataclass(frozen=True)
class Side:
    """One of the two: its name, its study as merged YAML, its scenario, and its values.

    Of a scenario, the study has the settings of its variants.
    """

    name: str
    study: Mapping[str, Any]
    axes: Axes
    values: list[Value]

    @property
    def seeds(self) -> set[int]:
        """The seeds that have any number."""
        return {value.seed for value in self.values}


def read_side(place: str) -> Side:
    """Read the study in a results folder, or one scenario: `folder:axis=value,axis=value`.

    Raises PipelineError if there is no study, or the place does not name one scenario.
    """
    folder, _, chosen = place.partition(":")
    path = Path(folder, "study.yaml")
    try:
        study = yaml.safe_load(path.read_text(encoding="utf-8"))
        kinds = {axis: _example(values) for axis, values in (study.get("axes") or {}).items()}
    except (OSError, ValueError, yaml.YAMLError, AttributeError):
        raise PipelineError(
            f"{folder} has no readable study.yaml; it must be the results folder of a study"
        ) from None
    wanted = dict(part.partition("=")[::2] for part in chosen.split(",") if part)
    unknown = [axis for axis in wanted if axis not in kinds]
    if unknown:
        known = f"its axes are {', '.join(kinds)}" if kinds else "it has none"
        raise PipelineError(f"{place}: {unknown[0]!r} is not an axis of this study; {known}")
    table = read_table(Path(folder, "values.parquet"), Value, axes=kinds)
    named = {axis: {_spelled(v): v for v in table[axis].unique().to_pylist()} for axis in kinds}
    wanted = {axis: next(iter(there)) for axis, there in named.items() if len(there) == 1} | wanted
    if missing := [axis for axis in kinds if axis not in wanted]:
        known = "; ".join(f"{axis} has {', '.join(named[axis])}" for axis in missing)
        example = ",".join(f"{axis}={wanted.get(axis, '…')}" for axis in kinds)
        raise PipelineError(
            f"{place}: the study varies {' and '.join(missing)}; add a value of each to the"
            f" folder's name, {folder}:{example} ({known})"
        )
    axes: dict[str, float | str] = {}
    for axis, there in named.items():
        value = wanted[axis]
        with suppress(ValueError):  # a number may be spelled in several ways
            value = _spelled(float(value)) if is_numeric(kinds[axis]) else value
        if value not in there:
            raise PipelineError(
                f"{place}: {value} is not a value of {axis}, which has {', '.join(there)}"
            )
        axes[axis] = there[value]
        if isinstance(overlays := study["axes"][axis], dict):
            study = _laid_over(study, overlays[axes[axis]] or {})
    [here] = of_scenarios(table, [axes])
    values = [Value(**row) for row in here.to_pylist()]
    labels = {name: kind["label"] for name, kind in study["treatments"].items() if kind}
    words = [f"{axis_text(axis, labels)} = {_spelled(axes[axis])}" for axis in axes]
    return Side(", ".join([Path(folder).name, *words]), study, axes, values)


def paired(base: Side, other: Side) -> Varied:
    """Return both as the scenarios of one study, with the seeds and treatments that both have.

    Treatments and numbers are matched by name, and `base` comes first. Raises PipelineError if
    they have no seed or no treatment in common.
    """
    seeds = base.seeds & other.seeds
    if not seeds:
        raise PipelineError(f"{base.name} and {other.name} have no seed in common to compare")
    names = [name for name in measures.in_order() if base.study.get(name) is not None]
    numbers = measures.numbers(names)
    keys = {value.key for value in base.values} & {value.key for value in other.values}
    if not any(key.treatment in base.study["treatments"] for key in keys):
        raise PipelineError(f"{base.name} and {other.name} have no treatment of the same name")
    both = [
        [value for value in side.values if value.seed in seeds and value.key in keys]
        for side in (base, other)
    ]
    cells = [Cells(study_cells(values, numbers)) for values in both]
    found = {name: numbers[name] for name in numbers if any(key.number == name for key in keys)}
    return Varied([{AXIS: base.name}, {AXIS: other.name}], cells, list(map(by_key, both)), found)


def differences(base: Side, other: Side) -> list[str]:
    """Return the settings in which the two differ, with the value of each.

    Treatments that only one of them has are left out. A variant is told by its settings.
    """
    sides = (base, other)
    first, second = (set(side.study["treatments"]) for side in sides)
    lists = [a for each in sides for a in each.axes if isinstance(each.study["axes"][a], list)]
    axes = {a: [_spelled(side.axes.get(a, "not varied")) for side in sides] for a in lists}
    found = [(axis, *both) for axis, both in axes.items() if both[0] != both[1]]
    untold = [*APART, *lists, *(f"treatments.{name}" for name in first ^ second)]
    # An axis may name a step by its kind, without the number, or mean every one.
    places = "|".join(place.replace(".", r"(\.\d+)?\.") for place in untold)
    places = re.sub(r"\beach\b", "[^.]+", places)
    found += _apart(base.study, other.study, places)
    return [f"{place} ({_text(one)} and {_text(another)})" for place, one, another in found]


def _apart(one: Any, another: Any, untold: str, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield where two settings differ, and both; places that match the pattern are left out."""
    if one == another or re.fullmatch(untold, place):
        return
    first, second = (_by_number({} if each is None else each) for each in (one, another))
    if isinstance(first, dict) and isinstance(second, dict) and first | second:
        for key in first | second:
            inside = f"{place}.{key}" if place else key
            yield from _apart(first.get(key), second.get(key), untold, inside)
    else:
        yield place, one, another


def _by_number(value: Any) -> Any:
    """Return a list of steps as a section, in which a key may name each by its number."""
    steps = isinstance(value, list) and all(isinstance(each, dict) for each in value)
    return dict(enumerate(value)) if steps else value


def _spelled(value: float | str) -> str:
    """Return a value as it is named on the command line, with enough digits to tell it apart."""
    return f"{value:.12g}" if isinstance(value, float) else value


def _example(values: Any) -> float | str:
    """Return any number for an axis of numbers, and any text for one of names."""
    return 0.0 if isinstance(values, list) and are_numbers(values) else ""


def _laid_over(study: Any, overlay: Any) -> Any:
    """Return the study with the settings of a variant, in which a list is a single value."""
    if not (isinstance(study, dict) and isinstance(overlay, dict)):
        return overlay
    return study | {key: _laid_over(study.get(key), value) for key, value in overlay.items()}


def _text(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
