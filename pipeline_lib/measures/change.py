"""How far a treatment moves the weights of the untreated network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pipeline_lib.measures import TREATED, Found, RowOfFile, Value, value
from pipeline_lib.names import (
    SPARSITY,
    TURNOVER,
    WEIGHT_CHANGE,
    WEIGHT_CHANGE_L1,
    WEIGHT_CHANGE_L2,
)
from pipeline_lib.numbers import PER_CENT, PLAIN, Key, Number, TableSpec
from pipeline_lib.options import Model

if TYPE_CHECKING:
    from pipeline_lib.engines.accuracy import Subject
    from pipeline_lib.model.network import Network

TITLE = "weight change"
APPLIES_TO = TREATED
OPTIONAL = True
AFTER = ()


class Options(Model):
    """How far each treatment moves the weights. It has no options."""


@dataclass(frozen=True)
class Row:
    """The change of one network's weights; see `model.change.WeightChange`."""

    results: ClassVar = ("l1", "l2", "turnover", SPARSITY)

    seed: int
    treatment: str
    l1: float
    l2: float
    turnover: float
    sparsity: float


def run(subject: Subject, network: Network, *, untreated: Network) -> list[Row]:
    """Compare a treated network with the untreated network of its seed."""
    from pipeline_lib.model.change import weight_change

    return [Row(subject.seed, subject.treatment, **vars(weight_change(untreated, network)))]


def values(rows: Iterable[RowOfFile], found: Found) -> Iterator[Value]:
    """Yield the numbers of the rows, the turnover in per cent."""
    for row in rows:
        for name, result in (
            (WEIGHT_CHANGE_L1, row["l1"]),
            (WEIGHT_CHANGE_L2, row["l2"]),
            (TURNOVER, 100.0 * row["turnover"]),
        ):
            yield value(row["seed"], Key(row["treatment"], name), result)


NUMBERS = tuple(
    Number(name, heading, unit=unit, decimals=decimals, better="neither", tables=(WEIGHT_CHANGE,))
    for name, heading, unit, decimals in (
        (WEIGHT_CHANGE_L1, "Weight change, L1", PLAIN, 6),
        (WEIGHT_CHANGE_L2, "Weight change, L2", PLAIN, 6),
        (TURNOVER, "Turnover", PER_CENT, 1),
    )
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
