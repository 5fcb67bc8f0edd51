"""How far a treatment moves the weights of the untreated network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from pipeline_lib.measures import TREATED, Found, RowOfFile, Value, value
from pipeline_lib.names import TURNOVER, WEIGHT_CHANGE, WEIGHT_CHANGE_L1, WEIGHT_CHANGE_L2
from pipeline_lib.numbers import PLAIN, Key, Number, TableSpec
from pipeline_lib.options import Model

if TYPE_CHECKING:
    from pipeline_lib.engines.accuracy import Subject
    from pipeline_lib.model.network import Network

TITLE = "weight change"
APPLIES_TO = TREATED

SMALLEST = 1e-8  # weights below this count as absent


class Options(Model):
    """How far each treatment moves the weights. It has no options."""


@dataclass(frozen=True)
class Row:
    """One number of how far a treatment moved the weights; see `weight_change`."""

    results: ClassVar = ("result",)

    seed: int
    treatment: str
    number: str
    result: float


def run(subject: Subject, network: Network, *, untreated: Network) -> list[Row]:
    """Compare a treated network with the untreated network of its seed."""
    found = weight_change(untreated, network)
    return [Row(subject.seed, subject.treatment, *each) for each in found.items()]


def weight_change(before: Network, after: Network) -> dict[str, float]:
    """Return how far the weights have moved, per weight: pruned weights count, biases do not.

    The L1 change is the mean absolute change, the L2 change the root of the sum of squared changes,
    divided by the number of weights. The turnover is the share of weights that change by more than
    a tenth of what they were.
    """
    import numpy as np

    weights = sum(weight.size for weight in before.weights)
    moved = squared = turned = 0.0
    for old, new in zip(before.weights, after.weights, strict=True):
        step = np.abs(new - old)
        moved += float(step.sum())
        squared += float(np.square(step).sum())
        turned += np.count_nonzero(step / np.maximum(np.abs(old), SMALLEST) > 0.1)
    l2 = float(np.sqrt(squared)) / weights
    return {WEIGHT_CHANGE_L1: moved / weights, WEIGHT_CHANGE_L2: l2, TURNOVER: turned / weights}


def values(rows: Iterable[RowOfFile], found: Found) -> Iterator[Value]:
    """Yield the numbers of the rows, the turnover in per cent."""
    for row in rows:
        scale = 100.0 if row["number"] == TURNOVER else 1.0
        key = Key(row["treatment"], row["number"])
        yield value(row["seed"], key, scale * row["result"])


_change = partial(Number, better="neither", tables=(WEIGHT_CHANGE,))

NUMBERS = (
    _change(WEIGHT_CHANGE_L1, "Weight change, L1", PLAIN, 6),
    _change(WEIGHT_CHANGE_L2, "Weight change, L2", PLAIN, 6),
    _change(TURNOVER, "Turnover"),
)

TABLES = (
    TableSpec(
        WEIGHT_CHANGE,
        "Weight change",
        "From the untreated network to the treated one, per weight, pruned weights included: the "
        "mean absolute change (L1); the root of the sum of squared changes, divided by the number "
        "of weights (L2); and the share of weights that change by more than a tenth of what they "
        "were (turnover); {over}.",
    ),
)

FIGURES = ()
