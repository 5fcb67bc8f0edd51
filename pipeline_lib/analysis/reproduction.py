"""The comparison of a study with published numbers.

Training is chaotic, so a seed with different random draws becomes a different network. We therefore
compare samples of seeds, and never one of our seeds with the published seed of the same name. If
the published run is known seed by seed, seeds are permuted between the two (`permutation`).
Otherwise Welch's test uses the printed mean and SD.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy

from pipeline_lib.analysis import welch
from pipeline_lib.analysis.cells import Cells, Statistics
from pipeline_lib.analysis.permutation import TIE, compare_samples
from pipeline_lib.analysis.published import Published, rounding
from pipeline_lib.analysis.values import BySeed, by_key
from pipeline_lib.analysis.welch import Difference, Summary
from pipeline_lib.measures import Value
from pipeline_lib.names import RELAPSE_CYCLE, RELAPSED
from pipeline_lib.numbers import Key, Number

CONSISTENT, INCONSISTENT = "consistent", "inconsistent"
MISSING, NOT_TESTABLE, NOT_TESTED = "missing", "not testable", "not tested"

# How a published number is tested: the first two are for means with an SD.
PERMUTATION, WELCH, FISHER, SINGLE = "permutation", "Welch", "Fisher", "Crawford-Howell"
CONSTANT, NONE = "constant", ""
OF_MEANS = (PERMUTATION, WELCH)

# How many seeds must agree for a number to be a constant of the protocol.
ENOUGH = 5
# Scatter below this share of half a printed digit is only the rounding of a quantile.
SCATTER = 0.1

BETTER = {"more": 1.0, "less": -1.0, "neither": 0.0}


@dataclass(frozen=True)
class Compared:
    """A published number beside ours, in the number's unit; None for anything that is missing.

    `table` says where the number was published, and `seed` is set if it is of a single seed; ours
    is over all seeds even then.

    - `test` is how the two were compared, empty if they were not;
    - `difference` is ours minus published, `low` to `high` its Welch interval at 1 − alpha, of a
      single seed the range of what one network could differ by. Both ends allow for the rounding of
      a printed number;
    - `p` is two-sided, `p_corrected` is corrected for all rows of this test: by the step-down
      maximum over permutations, else by Holm. Means with both kinds of test count as two families;
    - `p_directional` is for all means that were permuted: that they differ in one direction;
    - `margin` is `margin_sds` times the published SD between seeds. `p_equivalent` is that of two
      one-sided tests that the difference is smaller, uncorrected, and `equivalent` says whether it
      is below alpha;
    - `detectable` is the smallest true difference that would have been found with a power of 80 %
      after the correction, None if so few seeds can show nothing;
    - `status` is consistent or inconsistent if tested; missing if this study has no such number;
      not testable if there are too few seeds; or not tested. `reason` says why;
    - `alpha` is the family-wise error rate.
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
    test: str = NONE
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_corrected: float | None = None
    p_directional: float | None = None
    margin: float | None = None
    p_equivalent: float | None = None
    equivalent: bool | None = None
    detectable: float | None = None
    status: str = NOT_TESTED
    reason: str = ""
    alpha: float = 0.0
    margin_sds: float = 0.0

    @property
    def key(self) -> Key:
        """Return which number it is."""
        return Key(self.treatment, self.number, self.modulation, self.level, self.cycle)


def compare(
    cells: Cells,
    values: Iterable[Value],
    published: Sequence[Published],
    runs: Iterable[Value],
    numbers: Mapping[str, Number],
    alpha: float,
    margin: float,
) -> list[Compared]:
    """Compare every published number with ours, in the order of the published ones.

    `runs` has the published run seed by seed, as far as it is known; `margin` is in published SDs.
    Numbers that add no information are not tested: those that are derived from others, and level 0
    of a sweep. A number that varies in neither sample must be equal.
    """
    ours, theirs = _of_all_seeds(values), _of_all_seeds(runs)
    rows: list[Compared] = []
    for there in published:
        cell = cells.get(there.key)
        mine = cell.statistics if cell else Statistics()
        place: list[Any] = [there.table, *there.key, there.seed, *mine, *there.statistics]
        row = replace(Compared(*place), alpha=alpha, margin_sds=margin)
        if row.mean is not None and row.published_mean is not None:
            row = replace(row, difference=row.mean - row.published_mean)
        sample = theirs.get(there.key) if there.key in ours else None
        rows.append(_classified(row, numbers.get(there.key.number), sample, cells))
    tests = (PERMUTATION, WELCH, FISHER, SINGLE)
    places = {test: [i for i, row in enumerate(rows) if row.test == test] for test in tests}
    families = sum(bool(places[test]) for test in OF_MEANS)
    if permuted := [rows[i] for i in places[PERMUTATION]]:
        found = _permuted(permuted, ours, theirs, numbers, alpha, families)
        for i, row in zip(places[PERMUTATION], found, strict=True):
            rows[i] = row
    for test in (WELCH, FISHER, SINGLE):
        family = [_tested(rows[i], numbers, families * len(places[test])) for i in places[test]]
        corrected = welch.holm([row.p for row in family if row.p is not None])
        for i, row, p in zip(places[test], family, corrected, strict=True):
            rows[i] = _judged(row, p * (families if test == WELCH else 1))
    return rows


def sds(margin: float) -> str:
    """Return a number of SDs between seeds, as text."""
    return f"{margin:g} SD{'' if margin == 1 else 's'}"


def _of_all_seeds(values: Iterable[Value]) -> dict[Key, BySeed]:
    """Return the numbers that every seed has, so that whole seeds can be permuted."""
    found = by_key(values)
    seeds = max(map(list, found.values()), key=len, default=[])
    return {key: each for key, each in found.items() if list(each) == seeds}


def _classified(
    row: Compared, number: Number | None, sample: BySeed | None, cells: Cells
) -> Compared:
    """Say how a row is tested, or why it is not; `sample` is the published one, seed by seed."""
    if number is None or row.n is None:
        if row.number == RELAPSE_CYCLE and Key(row.treatment, RELAPSED) in cells:
            return replace(row, reason="no such relapse in this study")
        return replace(row, status=MISSING, reason="this study has no such number")
    single = row.seed is not None
    for reason, holds in (
        ("follows from other numbers", number.derived or row.level == 0),
        ("a range", row.published_mean is None and row.published_count is None),
        ("no SD", row.published_count is None and not single and row.published_sd is None),
    ):
        if holds:
            return replace(row, reason=reason)
    if row.published_count is not None:
        return replace(row, test=FISHER)
    assert row.min is not None
    assert row.max is not None
    assert row.difference is not None
    assert row.published_mean is not None
    printed = rounding(number)
    # Runs of fewer seeds, or whose mean does not print as the published one, are another sample.
    runs = np.array(list(sample.values())) if sample else None
    if runs is not None and (
        len(runs) < (row.published_n or 0)
        or abs(float(np.mean(runs)) - row.published_mean) > printed + TIE
    ):
        runs = None
    equal = abs(row.difference) <= printed + TIE
    varies = row.max - row.min >= SCATTER * printed
    if not single:
        spread = row.published_sd if runs is None else float(np.ptp(runs))
        assert spread is not None
        if not varies and spread < SCATTER * printed:
            if row.n < ENOUGH and not equal:
                reason = f"fewer than {ENOUGH} seeds cannot show that nothing varies"
                return replace(row, status=NOT_TESTABLE, reason=reason)
            status, reason = (CONSISTENT, "equal") if equal else (INCONSISTENT, "not equal")
            return replace(row, test=CONSTANT, status=status, reason=f"no scatter, {reason}")
    for side, n in (("this study", row.n), ("published", 2 if single else row.published_n)):
        if n is None or n < 2:
            reason = f"fewer than two seeds have no SD ({side})"
            return replace(row, status=NOT_TESTABLE, reason=reason)
    if single:
        if not (varies or equal):
            return replace(row, status=NOT_TESTABLE, reason="this study's seeds do not differ")
        return replace(row, test=SINGLE)
    return replace(row, test=WELCH if runs is None else PERMUTATION)


def _permuted(
    rows: Sequence[Compared],
    ours: Mapping[Key, BySeed],
    theirs: Mapping[Key, BySeed],
    numbers: Mapping[str, Number],
    alpha: float,
    families: int,
) -> list[Compared]:
    """Compare, all at once, the means that are known seed by seed on both sides."""
    mine, published = (
        np.array([list(side[row.key].values()) for row in rows]).T for side in (ours, theirs)
    )
    better = np.array([BETTER[numbers[row.number].better] for row in rows])
    found = compare_samples(mine, published, better, alpha / families)
    tested = []
    for row, sample, p, p_joint in zip(rows, published.T, found.p, found.p_joint, strict=True):
        side = Summary(float(np.mean(sample)), float(np.std(sample)), len(sample))
        difference = welch.compare(_ours(row), side, 0.0)
        new = _of_a_mean(row, difference, side.sd, float(p), found.alpha_of_one)
        new = replace(new, p_directional=found.p_directional)
        tested.append(_judged(new, families * float(p_joint)))
    return tested


def _tested(row: Compared, numbers: Mapping[str, Number], family: int) -> Compared:
    """Test a row by itself, as one of a family of this size."""
    if row.test == FISHER:
        sides = ((row.count, row.n), (row.published_count, row.published_n))
        table = np.array([[count or 0, (n or 0) - (count or 0)] for count, n in sides])
        return replace(row, p=float(scipy.stats.fisher_exact(table).pvalue))
    printed = rounding(numbers[row.number])
    assert row.published_mean is not None
    if row.test == SINGLE:
        difference = welch.compare_with_single(_ours(row), row.published_mean, printed)
        low, high = welch.interval(difference, 1 - row.alpha)
        p = welch.p_different(difference)
        return replace(row, difference=difference.value, low=low, high=high, p=p)
    assert row.published_sd is not None
    assert row.published_n is not None
    side = Summary(row.published_mean, row.published_sd, row.published_n)
    difference = welch.compare(_ours(row), side, printed)
    p = welch.p_different(difference)
    return _of_a_mean(row, difference, side.sd, p, row.alpha / family)


def _of_a_mean(
    row: Compared, difference: Difference, sd: float, p: float, alpha_of_one: float | None
) -> Compared:
    low, high = welch.interval(difference, 1 - row.alpha)
    margin = row.margin_sds * sd
    p_equivalent = welch.p_equivalent(difference, margin)
    return replace(
        row,
        difference=difference.value,
        low=low,
        high=high,
        p=p,
        margin=margin,
        p_equivalent=p_equivalent,
        equivalent=p_equivalent < row.alpha,
        detectable=alpha_of_one and welch.detectable(difference, alpha_of_one),
    )


def _judged(row: Compared, p_corrected: float) -> Compared:
    status = INCONSISTENT if p_corrected < row.alpha else CONSISTENT
    return replace(row, p_corrected=min(1.0, p_corrected), status=status)


def _ours(row: Compared) -> Summary:
    assert row.mean is not None
    assert row.sd is not None
    assert row.n is not None
    return Summary(row.mean, row.sd, row.n)
