"""Acute relapse: how much of a recovery survives one sudden pruning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from pipeline_lib.engines.accuracy import Measurement, Stress, Subject, measure, per_cent
from pipeline_lib.measures import TREATED, Found, RowOfFile, Value, value
from pipeline_lib.names import ACUTE_DROP, COMBINED, SUMMARY
from pipeline_lib.numbers import POINTS, Key, Number, TableSpec
from pipeline_lib.options import Model, Share, SomePart

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points

TITLE = "acute relapse"
APPLIES_TO = TREATED
AFTER = ("evaluate",)


class Options(Model):
    """Acute relapse: one sudden pruning of the treated network."""

    prune: Share = Field(description="fraction of the surviving weights that is cut at once")
    cap: SomePart = Field(description="sparsity that this pruning never goes beyond")


Row = Measurement


def run(
    subject: Subject,
    network: Network,
    *,
    standard: Points,
    combined: dict[str, float],
    prune: float,
    cap: float,
) -> list[Measurement]:
    """Measure combined stress after `prune` of the surviving weights are cut at once."""
    from pipeline_lib.model.pruning import prune_further

    relapsed = prune_further(network, prune, cap)
    stress = Stress(COMBINED, standard, **combined)
    return [measure(subject, relapsed, stress, assessment="acute")]


def values(rows: Iterable[RowOfFile], found: Found) -> Iterator[Value]:
    """Yield how far combined accuracy drops below what `evaluate` found for the same network."""
    for row in rows:
        before = found[row["seed"], Key(row["treatment"], COMBINED)]
        yield value(row["seed"], Key(row["treatment"], ACUTE_DROP), before - per_cent(row))


NUMBERS = (
    Number(ACUTE_DROP, "Acute drop", unit=POINTS, better="less", tables=("acute_relapse", SUMMARY)),
)

TABLES = (
    TableSpec(
        "acute_relapse",
        "Acute relapse",
        "Drop in combined-stress accuracy after one sudden pruning, in percentage points; {over}.",
    ),
)

FIGURES = ()
