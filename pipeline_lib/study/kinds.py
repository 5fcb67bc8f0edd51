"""The types of the slices of a study that jobs of each kind read."""

from typing import Any, TypedDict

from pipeline_lib.steps import StepOptions

Options = dict[str, Any]  # the options of a function, by the names of its keyword arguments


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
    """The whole protocol, for the replay on the published random stream.

    `data` is the seed of the points if it is not that of the stream.
    """

    data: int | None
    points: dict[str, Options]  # the test points, by the name of the data set

    baseline: Baseline
    pruning: Options
    measures: dict[str, dict[str, Measure]]  # by measure and state
    values: dict[str, Options]  # what turns a measure's rows into numbers, for single runs
    treatments: dict[str, list[StepOptions]]  # courses


class Claim(TypedDict):
    """That a treatment does better on a number than each of some others."""

    number: str
    better: str
    than: list[str]


class Statistics(TypedDict):
    """How treatments are compared: the numbers' measures, the planned pairs, and the claims."""

    measures: list[str]
    contrasts: list[list[str]]
    claims: list[Claim]


class Tables(TypedDict):
    """What tables and findings read: the measures, and the labels of the treatments in order.

    `threshold` is None if the study has no stress cycles.
    """

    measures: list[str]
    labels: dict[str, str]
    threshold: float | None
    combines: dict[str, list[str]]


class Reproduction(TypedDict):
    """How the study is compared with published numbers."""

    measures: list[str]
    labels: dict[str, str]
    alpha: float
    margin: float


class Report(Tables):
    """What the report reads: the study's settings, and each treatment's steps.

    `drawn` says in words from what the numbers of some keys are drawn, and so do settings and
    treatments, in place of these numbers. `steps` describes, in a line each, the kinds of steps in
    the study's treatments.
    """

    seeds: list[int]
    settings: Options
    drawn: dict[str, str]
    treatments: dict[str, Options]
    steps: dict[str, str]


class Looks(TypedDict):
    """How treatments are named and drawn: `places` gives each its colour and marker."""

    labels: dict[str, str]
    places: dict[str, int]
    colours: dict[str, str]


class Figure(TypedDict):
    """What a figure reads besides its data; `chance` is in per cent, `threshold` a fraction."""

    name: str
    measures: list[str]
    looks: Looks
    chance: float
    threshold: float | None
