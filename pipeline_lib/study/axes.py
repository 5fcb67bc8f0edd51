"""Axes, along which a study varies, and its scenarios.

An axis is either a key of the study with several values (`pruning.sparsity: [0.9, 0.95]`) or a name
with variants, each of which changes some keys (`size: {paper: {}, wide: {…}}`). A scenario has one
value of each axis. It is a complete study and is validated like any other.
"""

import copy
import itertools
import math
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from pipeline_lib import measures
from pipeline_lib.errors import PipelineError
from pipeline_lib.options import are_numbers
from pipeline_lib.study import slices
from pipeline_lib.study.config import Study
from pipeline_lib.study.keys import KeyPath, check_apart, places, put
from pipeline_lib.study.patients import drawn_places, patients
from pipeline_lib.study.validation import validate

Value = float | str  # of an axis, as in its column of the results

MOST_SCENARIOS = 10_000
# Keys that all scenarios share.
FIXED = ("seeds", "results", "keep_networks", "publication", "drawn")

# The columns of rows, values and cells, beside which each axis gets one.
STATISTICS = {"n", "mean", "sd", "min", "max", "count", "ci_low", "ci_high", "method", "note"}
ROWS = [measures.Value, *map(measures.row_of, (*measures.in_order(), "history"))]
COLUMNS = STATISTICS | {field.name for row in ROWS for field in fields(row)}


@dataclass(frozen=True)
class Scenario:
    """One value of each axis, and the resulting study; paths of files contain the `labels`.

    `patients` has the study of each seed if numbers are drawn, and otherwise the study alone.
    """

    values: dict[str, Value]
    labels: dict[str, str]
    study: Study
    patients: list[Study]

    def folder(self, axes: Sequence[str]) -> str:
        """Return the part of a path for these axes, such as `/pruning.sparsity~0.93`."""
        return "".join(f"/{axis}~{self.labels[axis]}" for axis in axes)


@dataclass(frozen=True)
class _Setting:
    """One value of an axis, and its changes to the study: new values by the path of their key."""

    label: str
    value: Value
    changes: dict[KeyPath, Any]


def scenarios(raw: Mapping[str, Any], *, order: Sequence[str] = ()) -> list[Scenario]:
    """Return the scenarios of a study, with the last axis varying fastest.

    A study without axes is its only scenario. `raw` is the study as loaded from YAML, and `order`
    is explained in `validate`.

    Raises PipelineError with a line for each problem of the study, or of the first bad scenario.
    """
    base = validate(raw, order=order)
    without = {key: value for key, value in raw.items() if key != "axes"}
    axes = {axis: list(_settings(axis, values, without)) for axis, values in base.axes.items()}
    drawn = drawn_places(base, without)
    check_apart(
        {f"axes.{axis}": {p for each in of for p in each.changes} for axis, of in axes.items()}
        | {f"drawn.{key}": there for key, there in drawn.items()}
    )
    number = math.prod(len(settings) for settings in axes.values())
    if number > MOST_SCENARIOS:
        raise PipelineError(
            f"axes make {number} scenarios; they must make at most {MOST_SCENARIOS}"
        )
    if not axes:
        return [Scenario({}, {}, base, patients(base, without, drawn, order))]
    found = []
    for chosen in itertools.product(*axes.values()):
        place = dict(zip(axes, chosen, strict=True))
        varied = copy.deepcopy(without)
        for path, value in (change for each in chosen for change in each.changes.items()):
            put(varied, path, value)
        try:
            study = validate(varied, order=order)
            _check_frame(base, study)
            of_seeds = patients(study, varied, drawn, order)
        except PipelineError as error:
            where = ", ".join(f"{axis} = {each.label}" for axis, each in place.items())
            lines = [f"axes, at {where}: {line}" for line in str(error).splitlines()]
            raise PipelineError("\n".join(lines)) from None
        values = {axis: each.value for axis, each in place.items()}
        labels = {axis: each.label for axis, each in place.items()}
        found.append(Scenario(values, labels, study, of_seeds))
    return found


def folders(scenarios: Sequence[Scenario], made: Sequence[Hashable]) -> list[str]:
    """Return for each scenario the part of a path for what is made there.

    It has the axes along which `made`, the outcome of each scenario, differs while the others stay.
    Scenarios with equal outcomes share one file, in the folder of the first of them.
    """
    axes = []
    for axis in scenarios[0].labels:
        like: dict[tuple[str, ...], Hashable] = {}
        for scenario, each in zip(scenarios, made, strict=True):
            others = tuple(label for name, label in scenario.labels.items() if name != axis)
            if like.setdefault(others, each) != each:
                axes.append(axis)
                break
    first: dict[Hashable, str] = {}
    return [
        first.setdefault(each, scenario.folder(axes))
        for scenario, each in zip(scenarios, made, strict=True)
    ]


def first_with(scenarios: Sequence[Scenario], folder: str) -> int:
    """Return the index of the first scenario whose files can be in this folder.

    Raises PipelineError if there is none.
    """
    labels = dict(part.split("~", 1) for part in folder.split("/") if part)
    for place, scenario in enumerate(scenarios):
        if labels.items() <= scenario.labels.items():
            return place
    raise PipelineError(f"the study has no scenario {folder.removeprefix('/')}")


def _settings(axis: str, values: list[Any] | dict[str, Any], raw: dict[str, Any]) -> Iterator[Any]:
    """Yield the changes for each value of an axis; raises PipelineError if it has no such key."""
    if axis in COLUMNS:
        raise PipelineError(f"axes.{axis} has the name of a column of the results; choose another")
    if isinstance(values, dict):
        for name, overlay in values.items():
            yield _Setting(name, name, dict(_leaves(overlay or {}, raw)))
        return
    paths = places(f"axes.{axis}", raw)
    labels = [_label(value) for value in values]
    for label in labels:
        if not re.fullmatch(r"[\w.+-]{1,60}", label, re.ASCII):
            raise PipelineError(
                f"axes.{axis} has the value {label[:60]!r}, which cannot be part of a file name;"
                " give its values names: {name: {key: value}}"
            )
    found: list[Any] = [*map(float, values)] if are_numbers(values) else labels
    for label, here, value in zip(labels, found, values, strict=True):
        if found.count(here) > 1:
            raise PipelineError(f"axes.{axis} has {label} twice; its values must differ")
        yield _Setting(label, here, dict.fromkeys(paths, value))


def _label(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, list):
        return "-".join(map(_label, value))
    if isinstance(value, dict):
        return "-".join(f"{key}-{_label(each)}" for key, each in value.items())
    return str(value)


def _leaves(
    overlay: dict[str, Any], there: Any, above: tuple[str, ...] = ()
) -> Iterator[tuple[Any, Any]]:
    """Yield the path and value of each key that an overlay changes in what is there.

    A list is a single value. An empty section changes nothing if there is one, as in a file.
    """
    for key, value in overlay.items():
        here = there.get(key) if isinstance(there, dict) else None
        if isinstance(value, dict) and (value or isinstance(here, dict)):
            yield from _leaves(value, here, (*above, key))
        else:
            yield (*above, key), value


def _check_frame(base: Study, study: Study) -> None:
    """Raise PipelineError if seeds, measures or treatments differ from those of the study."""
    if study.axes:
        raise PipelineError("an axis must not set axes")
    for key in FIXED:
        if getattr(base, key) != getattr(study, key):
            raise PipelineError(f"an axis must not set {key}")
    for what, ours, theirs in (
        ("measures", base.measures, study.measures),
        ("treatments", list(base.treatments), list(study.treatments)),
        # A measure of maintained networks leaves out a treatment without maintenance.
        *((f"{x} of", slices.states(base, x), slices.states(study, x)) for x in base.measures),
    ):
        if ours != theirs:
            raise PipelineError(
                f"it has the {what} {', '.join(theirs)}; every scenario must have those of the"
                f" study, {', '.join(ours)}"
            )
