"""The comparison of a study with published numbers.

Training is chaotic, so a seed with different random draws becomes a different network. We therefore
compare samples of seeds, and never one of our seeds with the published seed of the same name. If
the published run is known seed by seed, seeds are permuted between the two (`permutation`).
Otherwise Welch's test uses the printed mean and SD.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy

from pipeline_lib.analysis import welch
from pipeline_lib.analysis.cells import Cells, Statistics
from pipeline_lib.analysis.intervals import SAME
from pipeline_lib.analysis.permutation import compare_samples
from pipeline_lib.analysis.published import Published, rounding
from pipeline_lib.analysis.values import BySeed, Series, by_key
from pipeline_lib.analysis.welch import Difference, Summary
from pipeline_lib.measures import Value
from pipeline_lib.names import RELAPSE_CYCLE, RELAPSED
from pipeline_lib.numbers import Key, Number, Numbers

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

    `seed` is set if the published number is of a single seed; ours is over all seeds even then.
    `reason` says why the status is what it is.
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
    numbers: Numbers,
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
        cell, number = cells.get(there.key), numbers.get(there.key.number)
        mine = cell.statistics if cell else Statistics()
        place: list[Any] = [there.table, *there.key, there.seed, *mine, *there.statistics]
        row = replace(Compared(*place), alpha=alpha, margin_sds=margin)
        if row.mean is not None and row.published_mean is not None:
            row = replace(row, difference=row.mean - row.published_mean)
        if number and cell:
            sample = theirs.get(there.key) if there.key in ours else None
            test, status, reason = _test_of(row, number, sample)
        elif row.number == RELAPSE_CYCLE and Key(row.treatment, RELAPSED) in cells:
            test, status, reason = NONE, NOT_TESTED, "no such relapse in this study"
        else:
            test, status, reason = NONE, MISSING, "this study has no such number"
        rows.append(replace(row, test=test, status=status, reason=reason))
    families = len({row.test for row in rows if row.test in OF_MEANS})
    for test in (PERMUTATION, WELCH, FISHER, SINGLE):
        places = [i for i, row in enumerate(rows) if row.test == test]
        family = [rows[i] for i in places]
        share = families if test in OF_MEANS else 1
        if family and test == PERMUTATION:
            family, corrected = _permuted(family, ours, theirs, numbers, alpha / families)
        else:
            family = [_tested(row, numbers, alpha / (share * len(places))) for row in family]
            corrected = welch.holm([row.p for row in family if row.p is not None])
        for i, row, p in zip(places, family, corrected, strict=True):
            status = INCONSISTENT if share * p < alpha else CONSISTENT
            rows[i] = replace(row, p_corrected=min(1.0, share * p), status=status)
    return rows


def sds(margin: float) -> str:
    """Return a number of SDs between seeds, as text."""
    return f"{margin:g} SD{'' if margin == 1 else 's'}"


def _of_all_seeds(values: Iterable[Value]) -> dict[Key, BySeed]:
    """Return the numbers that every seed has, so that whole seeds can be permuted."""
    found = by_key(values)
    seeds = max(map(list, found.values()), key=len, default=[])
    return {key: each for key, each in found.items() if list(each) == seeds}


def _test_of(row: Compared, number: Number, sample: BySeed | None) -> tuple[str, str, str]:
    """Return how a row is tested, its status so far, and the reason if it is not tested.

    `sample` is the published one, seed by seed.
    """
    single, printed = row.seed is not None, rounding(number)
    if number.derived or row.level == 0:
        return NONE, NOT_TESTED, "follows from other numbers"
    if number.share:
        if row.published_count is None or row.published_n is None:
            return NONE, NOT_TESTED, "no count, or no number of seeds"
        return FISHER, NOT_TESTED, ""
    if row.published_mean is None:
        return NONE, NOT_TESTED, "a range"
    if row.published_sd is None and not single:
        return NONE, NOT_TESTED, "no SD"
    # Runs of fewer seeds, or whose mean does not print as the published one, are another sample.
    runs = np.array(list(sample.values())) if sample else None
    if runs is not None and (
        len(runs) < (row.published_n or 0)
        or abs(float(np.mean(runs)) - row.published_mean) > printed + SAME
    ):
        runs = None
    equal = abs(row.difference or 0.0) <= printed + SAME
    varies = (row.max or 0.0) - (row.min or 0.0) >= SCATTER * printed
    if not (single or varies):
        spread = (row.published_sd or 0.0) if runs is None else float(np.ptp(runs))
        if spread < SCATTER * printed:
            if (row.n or 0) < ENOUGH and not equal:
                reason = f"fewer than {ENOUGH} seeds cannot show that nothing varies"
                return NONE, NOT_TESTABLE, reason
            status, reason = (CONSISTENT, "equal") if equal else (INCONSISTENT, "not equal")
            return CONSTANT, status, f"no scatter, {reason}"
    for side, n in (("this study", row.n), ("published", 2 if single else row.published_n)):
        if n is None or n < 2:
            return NONE, NOT_TESTABLE, f"fewer than two seeds have no SD ({side})"
    if single and not (varies or equal):
        return NONE, NOT_TESTABLE, "this study's seeds do not differ"
    of_mean = WELCH if runs is None else PERMUTATION
    return SINGLE if single else of_mean, NOT_TESTED, ""


def _permuted(
    rows: Sequence[Compared], ours: Series, theirs: Series, numbers: Numbers, alpha: float
) -> tuple[list[Compared], list[float]]:
    """Compare, all at once, the means that are known seed by seed; also return the joint p."""
    mine, published = (
        np.array([list(side[row.key].values()) for row in rows]).T for side in (ours, theirs)
    )
    better = np.array([BETTER[numbers[row.number].better] for row in rows])
    found = compare_samples(mine, published, better, alpha)
    tested = []
    for row, sample, p in zip(rows, published.T, found.p.tolist(), strict=True):
        side = Summary(float(np.mean(sample)), float(np.std(sample)), len(sample))
        new = _of_a_mean(row, side, 0.0, found.alpha_of_one)
        tested.append(replace(new, p=p, p_directional=found.p_directional))
    return tested, found.p_joint.tolist()


def _tested(row: Compared, numbers: Numbers, alpha: float) -> Compared:
    """Test a row by itself; `alpha` is for the smallest p of its family."""
    if row.test == FISHER:
        sides = ((row.count, row.n), (row.published_count, row.published_n))
        table = np.array([[count or 0, (n or 0) - (count or 0)] for count, n in sides])
        return replace(row, p=float(scipy.stats.fisher_exact(table).pvalue))
    theirs, printed = _summary(row, "published_"), rounding(numbers[row.number])
    if row.test == SINGLE:
        return _different(row, welch.compare_with_single(_summary(row), theirs.mean, printed))
    return _of_a_mean(row, theirs, printed, alpha)


def _of_a_mean(
    row: Compared, theirs: Summary, printed: float, alpha_of_one: float | None
) -> Compared:
    """Tell how far our mean is from theirs, which may have been rounded."""
    difference, margin = welch.compare(_summary(row), theirs, printed), row.margin_sds * theirs.sd
    p_equivalent = welch.p_equivalent(difference, margin)
    return replace(
        _different(row, difference),
        margin=margin,
        p_equivalent=p_equivalent,
        equivalent=p_equivalent < row.alpha,
        detectable=alpha_of_one and welch.detectable(difference, alpha_of_one),
    )


def _different(row: Compared, difference: Difference) -> Compared:
    low, high = welch.interval(difference, 1 - row.alpha)
    p = welch.p_different(difference)
    return replace(row, difference=difference.value, low=low, high=high, p=p)


def _summary(row: Compared, side: str = "") -> Summary:
    return Summary(*(getattr(row, side + name) for name in ("mean", "sd", "n")))
