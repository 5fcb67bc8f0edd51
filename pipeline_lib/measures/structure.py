"""The structure that pruning leaves: live units, paths, weights, and the margin of decisions.

These numbers of the pruned network may predict response and relapse (`analysis.predictors`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from pipeline_lib.measures import EVERY_STATE, Found, RowOfFile, Value, value
from pipeline_lib.names import LIVE_UNITS, MARGIN, PATHS, SCARS, STRUCTURE, WEIGHT_NORM
from pipeline_lib.numbers import PLAIN, Key, Number, TableSpec
from pipeline_lib.options import Model

if TYPE_CHECKING:
    import numpy as np

    from pipeline_lib.engines.accuracy import Subject
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points

TITLE = "structure"
APPLIES_TO = EVERY_STATE


class Options(Model):
    """Structure of each network: live units, paths, weights, margin. It has no options."""


@dataclass(frozen=True)
class Row:
    """One number of a network's structure; `layer` counts the hidden layers from 1."""

    results: ClassVar = ("result",)

    seed: int
    treatment: str
    number: str
    layer: int | None
    result: float


def run(subject: Subject, network: Network, *, clean: Points) -> list[Row]:
    """Measure the structure of a network, and its margin on clean points.

    A hidden unit is live if it lies on a path of surviving weights from the input to the output;
    their share is a fraction. Paths are counted as log10(1 + n). The weight norm is the square root
    of the sum of all squared weights, and scars are the fraction of weights that are lost for good.
    The margin is the logit of the right class minus the largest other one, averaged over the
    points, without noise and with the network's modulation.
    """
    import numpy as np

    from pipeline_lib.model.activity import logits

    first, *hidden, _ = paths_through(network)
    out = logits(network, clean.x).astype(np.float64)
    right = np.arange(len(clean)), clean.labels
    other = out.copy()
    other[right] = -np.inf
    margins = out[right] - other.max(axis=1)
    squares = sum(float(np.sum(weight.astype(np.float64) ** 2)) for weight in network.weights)
    live = [(LIVE_UNITS, at, np.mean(paths > 0)) for at, paths in enumerate(hidden, start=1)]
    of_network = [
        (PATHS, None, np.log10(1 + first.sum())),
        (WEIGHT_NORM, None, np.sqrt(squares)),
        (MARGIN, None, margins.mean()),
        (SCARS, None, network.lost),
    ]
    whose = (subject.seed, subject.treatment)
    return [Row(*whose, name, at, float(result)) for name, at, result in (*live, *of_network)]


def paths_through(network: Network) -> list[np.ndarray]:
    """Return how many paths lead through each unit, layer by layer, each (units,) float64.

    The first layer is the input and the last the output. A path has one surviving weight from each
    layer to the next. A unit without any is cut off from the input or from the output.
    """
    import numpy as np

    masks = [mask.astype(np.float64) for mask in network.masks]
    from_input, to_output = [np.ones(network.sizes[0])], [np.ones(network.sizes[-1])]
    for mask in masks:
        from_input.append(mask @ from_input[-1])
    for mask in reversed(masks):
        to_output.append(to_output[-1] @ mask)
    return [above * below for above, below in zip(from_input, reversed(to_output), strict=True)]


def values(rows: Iterable[RowOfFile], found: Found) -> Iterator[Value]:
    """Yield the numbers of the rows, live units and scars in per cent."""
    for row in rows:
        level = None if row["layer"] is None else float(row["layer"])
        scale = 100.0 if row["number"] in (LIVE_UNITS, SCARS) else 1.0
        key = Key(row["treatment"], row["number"], level=level)
        yield value(row["seed"], key, scale * row["result"])


_neither = partial(Number, better="neither", compared=False, tables=(STRUCTURE,))

NUMBERS = (
    _neither(LIVE_UNITS, "Live units", by="level", over="Hidden layer", at="Live units, layer"),
    _neither(PATHS, "Paths, log₁₀", PLAIN, 2),
    _neither(WEIGHT_NORM, "Weight norm", PLAIN, 2),
    _neither(MARGIN, "Margin", PLAIN, 2),
    _neither(SCARS, "Scars"),
)

TABLES = (
    TableSpec(
        STRUCTURE,
        "Structure",
        "Hidden units on a path of surviving weights from the input to the output, in per cent of "
        "their layer; log₁₀(1 + n) for n of these paths; the norm of all weights; the margin "
        "on clean points, which is the logit of the right class minus the largest other one; and "
        "scars, which are weights that are lost for good, in per cent of all; {over}.",
    ),
)

FIGURES = ()
