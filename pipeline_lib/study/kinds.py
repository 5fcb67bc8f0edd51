"""The slices of a study as types: what a job of each kind reads."""

from __future__ import annotations

from typing import Any, TypedDict

from pipeline_lib.steps import StepOptions

Options = dict[str, Any]  # of a function, by the names of its keyword arguments


class Baseline(TypedDict):
    """The healthy network: its shape, its data, its training."""

    engine: str
    sizes: list[int]
    init: str | dict[str, float]
    training: Options
    batch_size: int
    steps: list[StepOptions]


class Treat(TypedDict):
    """A treatment's course, and what it trains on."""

    engine: str
    training: Options
    batch_size: int
    course: list[StepOptions]


class Measure(TypedDict):
    """A measure's options, and the points that it needs, by the name of the data set."""

    engine: str
    points: dict[str, Options]
    options: Options


class Gather(TypedDict):
    """The seeds and states whose rows a gathered file of this kind holds."""

    kind: str
    seeds: list[int]
    states: list[str]


class Replay(TypedDict):
    """The whole protocol, for the replay on the published random stream."""

    baseline: Baseline
    pruning: Options
    measures: dict[str, dict[str, Measure]]  # by measure and state
    treatments: dict[str, list[StepOptions]]  # courses


class Tables(TypedDict):
    """How tables and findings speak of the study: its measures, and its treatments in order."""

    measures: list[str]
    labels: dict[str, str]
    threshold: float
    combines: dict[str, list[str]]


class Reproduction(TypedDict):
    """How the study is compared with published numbers."""

    measures: list[str]
    labels: dict[str, str]
    alpha: float
    margin: float


class Report(Tables):
    """What the report says of the study: YAML of its settings and of each treatment's steps.

    `steps` says in a line what each kind of step does that the study's treatments take.
    """

    seeds: list[int]
    settings: str
    treatments: dict[str, str]
    steps: dict[str, str]


class Looks(TypedDict):
    """How treatments are named and drawn: `places` gives each its colour and marker."""

    labels: dict[str, str]
    places: dict[str, int]
    colours: dict[str, str]


class Figure(TypedDict):
    """What a figure reads beside its data; `chance` is in per cent, `threshold` a fraction."""

    name: str
    measures: list[str]
    looks: Looks
    chance: float
    threshold: float
