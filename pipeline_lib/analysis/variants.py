"""Named variants of a study against the first of them, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline_lib.analysis.intervals import difference_interval
from pipeline_lib.analysis.varied import Varied


@dataclass(frozen=True)
class Variant:
    """A number of a treatment in a variant and in the first one, over the seeds that have both.

    `difference` is the mean of `variant` minus that of `base`, in the number's own unit, with the
    interval of `difference_interval`, or of `mean_interval` if every seed has the same in both; a
    share is in per cent. `others` has the values of the other axes in words.
    """

    axis: str
    others: str
    variant: str
    base: str
    treatment: str
    number: str
    level: float | None
    n: int
    mean: float
    mean_base: float
    difference: float
    ci_low: float | None
    ci_high: float | None
    method: str
    note: str


def study_variants(varied: Varied) -> list[Variant]:
    """Return every number of the summary in each variant against the first, axis by axis."""
    rows = []
    for line, key, numbers in varied.series(numeric=False):
        base, *variants = map(str, line.values)
        number = varied.numbers[key.number]
        for variant, ours in zip(variants, numbers.T[1:], strict=True):
            names = (line.axis, line.where, variant, base, key.treatment, key.number, key.level)
            sides = (ours, numbers[:, 0], ours - numbers[:, 0])
            mean, mean_base, difference = (float(side.mean()) for side in sides)
            means = (len(ours), mean, mean_base, difference)
            share = number.share and bool(np.any(sides[-1]))
            limits = number.limits_of_difference
            interval = difference_interval(ours, numbers[:, 0], share, *limits)
            rows.append(Variant(*names, *means, *interval))
    return rows
