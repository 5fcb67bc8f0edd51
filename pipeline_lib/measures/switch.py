"""Switch liability: accuracy under a push in one direction, and hidden activity.

It is defined in the author's sibling study (Zenodo 18292021). The paper's introduction announces
it but never measures it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from pipeline_lib.engines.accuracy import Subject, is_below, per_cent
from pipeline_lib.measures import EVERY_STATE, Found, RowOfFile, Value, value
from pipeline_lib.names import OFF, ON, SUMMARY
from pipeline_lib.numbers import PLAIN, FigureSpec, Key, Number, TableSpec
from pipeline_lib.options import Deviation, Model, Share, Signed

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points

TITLE = "switch liability"
APPLIES_TO = EVERY_STATE
ASSESSMENT = "switch"

BIASED, ACTIVITY, SWITCHED = "biased", "activity", "switched"


class Options(Model):
    """Switch liability: the effect of biased noise in the hidden layers, and their activity."""

    bias: Signed = Field(description="mean of the internal noise, instead of 0")
    internal_noise: Deviation = Field(description="SD σ of the internal noise")
    threshold: Share | None = Field(
        None, description="accuracy under biased noise below which a network has switched"
    )


@dataclass(frozen=True)
class Row:
    """Accuracy of one network under noise N(bias, internal_noise²), and mean absolute hidden
    activity without noise.
    """

    results: ClassVar = ("correct", "total", "accuracy", "activity")

    seed: int
    treatment: str
    modulation: str
    bias: float
    internal_noise: float
    correct: int
    total: int
    accuracy: float
    activity: float


def run(
    subject: Subject,
    network: Network,
    *,
    standard: Points,
    bias: float,
    internal_noise: float,
    withdrawal: bool,
) -> list[Row]:
    """Measure accuracy under internal noise N(bias, internal_noise²), and mean activity.

    With `withdrawal`, both are measured once more with the modulation off, under the same noise.
    """
    from pipeline_lib.model.activity import mean_activity
    from pipeline_lib.model.network import unmodulated

    states = {ON: network} | ({OFF: unmodulated(network)} if withdrawal else {})
    rows = []
    for modulation, state in states.items():
        # As in every measurement, all treatments of a seed get the same noise.
        purpose = ("measure", ASSESSMENT, bias, internal_noise)
        noise = {"input_noise": 0.0, "internal_noise": internal_noise, "internal_bias": bias}
        generator = subject.engine.generator(subject.seed, *purpose)
        correct = subject.engine.count_correct(state, standard, **noise, generator=generator)
        found = (correct, len(standard), correct / len(standard), mean_activity(state, standard.x))
        place = (subject.seed, subject.treatment, modulation, bias, internal_noise)
        rows.append(Row(*place, *found))
    return rows


def values(
    rows: Iterable[RowOfFile], found: Found, *, threshold: float | None = None
) -> Iterator[Value]:
    """Yield accuracy under biased noise in per cent, and mean activity.

    With a `threshold`, a fraction, also yield whether the network has switched.
    """
    for row in rows:
        seed, treatment, modulation = row["seed"], row["treatment"], row["modulation"]
        yield value(seed, Key(treatment, BIASED, modulation), per_cent(row))
        yield value(seed, Key(treatment, ACTIVITY, modulation), row["activity"])
        if threshold is not None:
            switched = is_below(per_cent(row), threshold)
            yield value(seed, Key(treatment, SWITCHED, modulation), float(switched))


_switch = partial(Number, tables=("switch", "state_dependence"), figures=("switch",))

NUMBERS = (
    _switch(BIASED, "Biased noise"),
    _switch(ACTIVITY, "Activity", PLAIN, 3, "neither"),
    Number(
        SWITCHED, "Switched", better="less", share=True, compared=False, tables=("switch", SUMMARY)
    ),
)

TABLES = (
    TableSpec(
        "switch",
        "Switch liability",
        "Accuracy in per cent on standard test points under internal noise whose mean is not 0, "
        "and mean absolute activity of the hidden units without noise; {over}.",
    ),
)

FIGURES = (
    FigureSpec(
        "switch",
        "Switch liability",
        "Accuracy under internal noise whose mean is not zero, and mean absolute activity of the "
        "hidden units without noise: every seed, with the mean and its 95 % interval.",
    ),
)
