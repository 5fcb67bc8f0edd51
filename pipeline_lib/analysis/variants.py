"""Named variants of a study against the first of them, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline_lib.analysis.intervals import mean_interval
from pipeline_lib.analysis.varied import Varied
from pipeline_lib.numbers import is_numeric


@dataclass(frozen=True)
class Variant:
    """A number of a treatment in a variant and in the first one, over the seeds that have both.

    `difference` is the mean of `variant` minus that of `base`, in the number's own unit, with the
    interval of `mean_interval` over the seeds' differences; a share is in per cent. `others` has
    the values of the other axes in words.
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
    found = []
    for axis in (axis for axis, values in varied.axes.items() if not is_numeric(values[0])):
        for line in varied.lines(axis):
            base, *variants = map(str, line.values)
            for key in varied.summary():
                for treatment in varied.treatments:
                    numbers = varied.along(line, key._replace(treatment=treatment))
                    for place, variant in enumerate(variants if len(numbers) else (), start=1):
                        names = (axis, line.where, variant, base, treatment, key.number, key.level)
                        found.append((names, numbers[:, place], numbers[:, 0]))
    rows = []
    for names, ours, theirs in found:
        difference = ours - theirs
        means = (float(ours.mean()), float(theirs.mean()), float(difference.mean()))
        interval = mean_interval(difference, *varied.numbers[names[5]].limits_of_difference)
        rows.append(Variant(*names, len(ours), *means, *interval))  # type: ignore[arg-type]
    return rows
