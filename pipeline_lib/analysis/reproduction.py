"""Are these the published numbers? Every published mean beside ours, tested as one family.

Training is chaotic: with different random draws, the same seed gives a different network. Only
distributions over seeds can therefore be compared, never single seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline_lib.analysis import welch
from pipeline_lib.analysis.cells import Cells, Statistics, by_place
from pipeline_lib.analysis.published import Published, rounding
from pipeline_lib.analysis.welch import Summary
from pipeline_lib.measures import Value
from pipeline_lib.names import RELAPSE_CYCLE, RELAPSED
from pipeline_lib.numbers import PER_CENT, POINTS, Key, Number

CONSISTENT, INCONSISTENT = "consistent", "inconsistent"
MISSING, NOT_TESTABLE, NOT_TESTED = "missing", "not testable", "not tested"

_NO_TEST = (None,) * 8  # from `low` to `equivalent`


@dataclass(frozen=True)
class Compared:
    """A published number beside ours, in the number's unit; None for anything that is missing.

    `table` is where the number was published, and `seed` is set if it is of a single seed.

    - `difference` is ours minus published, and `low` to `high` is its Welch interval at 1 − alpha,
      widened by the rounding of a printed number;
    - `p` tests for a difference beyond that rounding; `p_holm` is corrected over the family;
    - `p_equivalent` is from two one-sided tests, uncorrected, and `equivalent` says whether it
      is below alpha; only numbers in per cent or percentage points have them;
    - `detectable` is the smallest true difference that would have been found with a power of 80 %
      at alpha, and `detectable_in_family` at alpha over the size of the family;
    - `status` is consistent or inconsistent if tested; missing if this study has no such number;
      not testable if one side has fewer than two seeds; or not tested. `reason` says why;
    - `alpha` is the family-wise error rate and `margin` the difference, a fraction, within which
      two means are equivalent.
    """

    table: str
    treatment: str
    number: str
    modulation: str
    level: float | None
    cycle: int | None
    seed: int | None
    mean: float | None
    sd: float | None
    min: float | None
    max: float | None
    count: int | None
    n: int | None
    published_mean: float | None
    published_sd: float | None
    published_min: float | None
    published_max: float | None
    published_count: int | None
    published_n: int | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    p_equivalent: float | None
    detectable: float | None
    detectable_in_family: float | None
    equivalent: bool | None
    status: str
    reason: str
    alpha: float
    margin: float


def compare(
    cells: Cells,
    values: Iterable[Value],
    published: Sequence[Published],
    numbers: Mapping[str, Number],
    alpha: float,
    margin: float,
) -> list[Compared]:
    """Compare every published number with ours, in the order of the published ones.

    The published means with an SD form the family that is tested. Other numbers (counts, ranges,
    relapse cycles, gains) are only shown. Numbers of single seeds are looked up in `values`.
    """
    study = by_place(cells, values)
    rows: list[Compared] = []
    family: dict[int, welch.Difference] = {}
    for there in published:
        ours, theirs = study.get(there.place, Statistics()), there.statistics
        difference = None
        if ours.mean is not None and theirs.mean is not None and there.seed is None:
            difference = ours.mean - theirs.mean
        status, reason = _untested(there, ours, cells)
        if not status:
            printed = rounding(numbers[there.key.number])
            family[len(rows)] = welch.compare(_summary(ours), _summary(theirs), printed)
        row: list[Any] = [there.table, *there.key, there.seed, *ours, *theirs]
        row += [difference, *_NO_TEST, status, reason, alpha, margin]
        rows.append(Compared(*row))
    corrected = welch.holm([welch.p_different(test) for test in family.values()])
    for (index, test), p_holm in zip(family.items(), corrected, strict=True):
        unit = numbers[rows[index].number].unit
        rows[index] = _tested(rows[index], test, p_holm, unit, len(family))
    return rows


def verdict(comparison: Sequence[Compared]) -> str:
    """Say in one line how many published means are consistent with ours; see `compare`."""
    family = [row for row in comparison if in_the_family(row)]
    if not family:
        return "no published mean with an SD to compare with"
    consistent = sum(row.status == CONSISTENT for row in family)
    details = [f"Holm-corrected, alpha {family[0].alpha:g}"]
    if known := [row.equivalent for row in family if row.equivalent is not None]:
        within = points(family[0].margin)
        details.append(f"{sum(known)} of {len(known)} equivalent within {within}")
    for other in (INCONSISTENT, MISSING, NOT_TESTABLE):
        if number := sum(row.status == other for row in family):
            details.append(f"{number} {other}")
    return f"{consistent} of {len(family)} published means consistent ({'; '.join(details)})"


def in_the_family(row: Compared) -> bool:
    """Tell whether a row is for a published mean with an SD."""
    return row.published_mean is not None and row.published_sd is not None


def points(margin: float) -> str:
    """Return a fraction in percentage points, as text."""
    number = round(100.0 * margin, 9)
    return f"{number:g} percentage point{'' if number == 1 else 's'}"


def _summary(side: Statistics) -> Summary:
    assert side.mean is not None
    assert side.sd is not None
    assert side.n is not None
    return Summary(side.mean, side.sd, side.n)


def _untested(there: Published, ours: Statistics, cells: Cells) -> tuple[str, str]:
    """Return the status of an untested number and the reason; two empty texts if it is tested."""
    if ours.n is None:
        if there.key.number == RELAPSE_CYCLE and Key(there.key.treatment, RELAPSED) in cells:
            return NOT_TESTED, "no such relapse in this study"
        return MISSING, "this study has no such number"
    theirs = there.statistics
    for reason, holds in (
        ("a single seed", there.seed is not None),
        ("a count", theirs.count is not None),
        ("a range", theirs.mean is None),
        ("no SD", theirs.sd is None or ours.sd is None),
    ):
        if holds:
            return NOT_TESTED, reason
    for side, n in (("this study", ours.n), ("published", theirs.n)):
        if n is None or n < 2:
            return NOT_TESTABLE, f"there is no SD with fewer than two seeds ({side})"
    return "", ""


def _tested(
    row: Compared, test: welch.Difference, p_holm: float, unit: str, family: int
) -> Compared:
    low, high = welch.interval(test, 1 - row.alpha)
    in_per_cent = unit in (PER_CENT, POINTS)  # as the margin is
    p_equivalent = welch.p_equivalent(test, 100.0 * row.margin) if in_per_cent else None
    return replace(
        row,
        low=low,
        high=high,
        p=welch.p_different(test),
        p_holm=p_holm,
        p_equivalent=p_equivalent,
        equivalent=None if p_equivalent is None else p_equivalent < row.alpha,
        detectable=welch.detectable(test, row.alpha),
        detectable_in_family=welch.detectable(test, row.alpha / family),
        status=INCONSISTENT if p_holm < row.alpha else CONSISTENT,
    )
