"""Kindling: cycles of stress, maintenance and a probe, and episodes that leave a trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from pipeline_lib.engines.accuracy import Measurement, Stress, Subject, is_below, measure, per_cent
from pipeline_lib.measures import MAINTAINED, Found, RowOfFile, Value, value
from pipeline_lib.names import SCARS
from pipeline_lib.numbers import CYCLES, POINTS, FigureSpec, Key, Number, TableSpec
from pipeline_lib.options import Count, Model, Ramp, SignedRamp, SomePart
from pipeline_lib.steps import Setting, StepOptions, kind_of, take
from pipeline_lib.steps.scar import factor

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points
    from pipeline_lib.study.treatments import Step

TITLE = KINDLING = "kindling"
APPLIES_TO = MAINTAINED

ACCURACY, EPISODE, SCARRED = "kindling_accuracy", "kindling_episode", "kindling_scars"
EPISODES, CHANGE, SCARS_LEFT = "episodes", "kindling_change", "scars_left"
AUTONOMY, AUTONOMOUS = "autonomy_accuracy", "autonomous"


class Probe(Model):
    """Noise in the hidden layers, and the accuracy below which it brings about an episode."""

    bias: SignedRamp = Field(description="mean of the internal noise, or first and last mean")
    internal_noise: Ramp = Field(description="SD σ of the internal noise, or first and last SD")
    threshold: SomePart = Field(
        description="a network with a lower accuracy (a fraction) has an episode"
    )


class Options(Model):
    """Kindling: cycles in which a network that fails under a probe has an episode."""

    cycles: Count = Field(description="cycles of stress and maintenance, after cycle 0")
    stress: list[Step] = Field([], description="steps before the maintenance of each cycle")
    probe: Probe = Field(description="the probe of each cycle, after its maintenance")
    episode: list[Step] = Field(description="what happens to a network that has an episode")
    afterwards: Probe | None = Field(None, description="a probe after the last cycle")


@dataclass(frozen=True)
class Row(Measurement):
    """One probe of one network; the one after the last cycle has no `cycle`.

    `bias` is the mean of the noise, and `severity` the factor on an episode's dose that the network
    has under the probe. `sparsity` and `scars`, fractions of all weights, are those after the
    episode.
    """

    results: ClassVar[tuple[str, ...]] = (*Measurement.results, "severity", "episode", SCARS)

    bias: float
    severity: float
    episode: bool
    scars: float


def run(
    subject: Subject,
    network: Network,
    *,
    training: Points,
    batch_size: int,
    maintenance: Sequence[StepOptions],
    standard: Points,
    cycles: int,
    stress: Sequence[StepOptions],
    probe: Mapping[str, Any],
    episode: Sequence[StepOptions],
    afterwards: Mapping[str, Any] | None = None,
) -> list[Row]:
    """Probe a network at cycle 0, in each of `cycles` cycles, and once `afterwards`.

    A cycle takes the steps of `stress` and of `maintenance`, then the probe and, if it fails there,
    those of an `episode`; cycle 0 has no stress and no maintenance. Of all training, that in
    maintenance is added to the subject's history.
    """
    rows, who = [], (subject.seed, subject.treatment)
    setting = Setting(subject.engine, training, batch_size, *who, subject.history)
    untold = replace(setting, history=[])
    for cycle in range(cycles + 1):
        generator = subject.engine.generator(subject.seed, KINDLING, subject.treatment, cycle)
        if cycle:
            network = take(stress, network, untold, generator, stage="stress", cycle=cycle)
            network = take(maintenance, network, setting, generator, stage=KINDLING, cycle=cycle)
        row = probed(subject, network, standard, probe, cycle, cycles)
        row = replace(row, severity=severity_of(episode, network, training))
        if row.episode:
            network = take(episode, network, untold, generator, stage="episode", cycle=cycle)
        rows.append(replace(row, sparsity=network.sparsity, scars=network.lost))
    if afterwards:
        rows.append(probed(subject, network, standard, afterwards, None, cycles))
    return rows


def probed(
    subject: Subject,
    network: Network,
    points: Points,
    probe: Mapping[str, Any],
    cycle: int | None,
    cycles: int,
) -> Row:
    """Probe a network in one of so many cycles or, without a cycle, after them."""
    from pipeline_lib.engines.training import ramp

    at = cycles if cycle is None else cycle
    bias, sigma = (ramp(at, cycles + 1, probe[name]) for name in ("bias", "internal_noise"))
    stress = Stress(KINDLING, points, internal_noise=sigma, bias=bias)
    found = measure(subject, network, stress, assessment=KINDLING, cycle=cycle)
    below = is_below(per_cent(vars(found)), probe["threshold"])
    return Row(**vars(found), bias=bias, severity=1.0, episode=below, scars=network.lost)


def severity_of(episode: Sequence[StepOptions], network: Network, points: Points) -> float:
    """Return the factor on the dose of an episode, which is 1 if none of its steps has one."""
    found = (step[kind_of(step)].get("severity") for step in episode)
    return next((factor(network, points.x, each) for each in found if each), 1.0)


def values(rows: Iterable[RowOfFile], found: Found) -> Iterator[Value]:
    """Yield what each cycle and the last probe found, and what the cycles came to."""
    courses: dict[tuple[int, str], list[RowOfFile]] = {}
    for row in rows:
        seed, treatment, cycle = row["seed"], row["treatment"], row["cycle"]
        numbers = {ACCURACY: per_cent(row), EPISODE: float(row["episode"])}
        if cycle is None:
            numbers = {AUTONOMY: numbers[ACCURACY], AUTONOMOUS: numbers[EPISODE]}
        else:
            numbers[SCARRED] = 100.0 * row[SCARS]
            courses.setdefault((seed, treatment), []).append(row)
        for name, number in numbers.items():
            yield value(seed, Key(treatment, name, cycle=cycle), number)
    for (seed, treatment), course in courses.items():
        change = per_cent(course[-1]) - per_cent(course[0])
        yield value(seed, Key(treatment, EPISODES), float(sum(row["episode"] for row in course)))
        yield value(seed, Key(treatment, CHANGE), change)
        yield value(seed, Key(treatment, SCARS_LEFT), 100.0 * course[-1][SCARS])


OUTCOME, PROBED = "kindling_outcome", "kindling_by_cycle"
_by_cycle = partial(Number, by="cycle", compared=False)
_less = partial(Number, better="less", tables=(OUTCOME,))

NUMBERS = (
    _by_cycle(ACCURACY, "Accuracy", tables=(PROBED,), figures=(PROBED,)),
    _by_cycle(EPISODE, "Episode", better="less", share=True, tables=(PROBED,)),
    _by_cycle(SCARRED, "Scars", better="less", tables=(PROBED,)),
    _less(EPISODES, "Episodes", CYCLES),
    Number(CHANGE, "Change over cycles", POINTS, tables=(OUTCOME,)),
    _less(SCARS_LEFT, "Scars"),
    Number(AUTONOMY, "Last probe", tables=(OUTCOME,)),
    _less(AUTONOMOUS, "Autonomous", share=True, compared=False),
)

TABLES = (
    TableSpec(
        OUTCOME,
        "Kindling",
        "Cycles with an episode; accuracy under the probe of the last cycle minus that of cycle 0, "
        "in percentage points; scars after the last cycle, in per cent of all weights; accuracy "
        "under the last probe, and the seeds that fail there, in per cent; {over}.",
    ),
    TableSpec(
        PROBED,
        "Accuracy under the probe, episodes and scars by cycle",
        "Per cent; {over}. A seed has an episode if its accuracy is below the threshold. Scars are "
        "those after the episode, in per cent of all weights.",
        rows="cycles",
    ),
)

FIGURES = (
    FigureSpec(
        PROBED,
        "Accuracy under the probe through the cycles",
        "Mean accuracy under the probe of each cycle, with 95 % intervals.",
        kind="lines",
    ),
)
