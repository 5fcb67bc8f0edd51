"""Treatments compared on the same seeds.

All treatments of a seed start from one pruned network and are tested on the same points, so what
is compared is the difference within each seed; seeds without one of the two are left out. The
test is the sign-flip permutation test of a mean difference of 0: were two treatments alike, each
seed's difference could as well have the other sign. It asks for no normal distribution, which
accuracies near 100 per cent do not have.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats

from pipeline_lib.analysis.intervals import BATCH, mean_intervals, mean_on_grid, on_grid
from pipeline_lib.analysis.statistics import (
    FIRST_TABLE,
    INTERNAL,
    OFF_MEDICATION,
    Key,
    Measurements,
    Series,
    by_seed,
)
from pipeline_lib.analysis.welch import holm
from pipeline_lib.model.randomness import numpy_generator
from pipeline_lib.names import HEALTHY, UNTREATED

# Up to this many seeds all 2^n signs are tried, 65 536 at the most; above, as many are drawn.
EXACT_UP_TO = 16
DRAWS = 9999

COLUMNS = (
    "metric",
    "treatment",
    "other",
    "n",
    "mean",
    "mean_other",
    "difference",
    "sd",
    "ci_low",
    "ci_high",
    "method",
    "p",
    "p_smallest",
    "p_holm",
    "p_holm_metric",
    "test",
    "hedges_g",
    "superiority",
    "note",
)

_NUMBERS = [
    name
    for name in COLUMNS
    if name not in ("metric", "treatment", "other", "n", "method", "test", "note")
]


class SignFlip(NamedTuple):
    """A permutation test: its p-value, the smallest that it can give, and how it was done."""

    p: float
    p_smallest: float
    test: str


def compare_treatments(values: Measurements) -> pd.DataFrame:
    """Compare every two treatments, and each with the untreated network, on every main measurement.

    `values` is as `statistics.values` gives it. The measurements are clean, standard and combined
    accuracy, each level of internal noise but 0 (which is the standard test again), the acute
    drop, the total drop and the final accuracy, and those of switch liability. Returns one row per
    measurement and pair, in per cent (activity in its own unit), differences in percentage points,
    with the columns `COLUMNS`:

    - `n` seeds have both; `difference` is the mean of `treatment` minus `other`, `sd` the
      population SD of the differences, and the interval of the mean is as in `mean_intervals`;
    - `p` is two-sided; `p_smallest` the smallest that the test can give with n seeds; `p_holm` is
      corrected by Holm over all rows, `p_holm_metric` over the pairs of one measurement;
    - `hedges_g` and `superiority` are effect sizes, see the functions of these names;
    - `note` says what a row lacks, and why.
    """
    samples = _measurements(by_seed(values))
    rows: list[dict[str, Any]] = []
    differences: list[np.ndarray] = []
    for metric, of_treatments in samples.items():
        # Untreated comes last, so that a difference from it is a treatment's gain.
        names = sorted(of_treatments, key=lambda name: name == UNTREATED)
        for first, second in itertools.combinations(names, 2):
            ours, theirs = _matched(of_treatments[first], of_treatments[second])
            if not len(ours):
                continue
            differences.append(ours - theirs)
            rows.append(
                {
                    "metric": metric,
                    "treatment": first,
                    "other": second,
                    "n": len(ours),
                    "mean": np.mean(ours),
                    "mean_other": np.mean(theirs),
                    # Without what the subtraction of floats adds to equal differences.
                    "difference": np.round(np.mean(differences[-1]), 9),
                    "sd": np.round(np.std(differences[-1]), 9),
                }
            )
    intervals = mean_intervals([difference.tolist() for difference in differences])
    tests = sign_flip_tests(differences)
    for row, difference, interval, test in zip(rows, differences, intervals, tests, strict=True):
        g, why_none = hedges_g(difference)
        row |= {**interval.columns(), "note": why_none or interval.note}
        row |= {"hedges_g": g, "superiority": 100.0 * superiority(difference)}
        row |= test._asdict() if test else {"p": np.nan, "p_smallest": np.nan, "test": "none"}
    _correct(rows, "p_holm")
    for metric in samples:
        _correct([row for row in rows if row["metric"] == metric], "p_holm_metric")
    table = pd.DataFrame([[row[name] for name in COLUMNS] for row in rows], columns=list(COLUMNS))
    return table.astype({**dict.fromkeys(_NUMBERS, "float64"), "n": "int64"})


def sign_flip_tests(differences: Sequence[np.ndarray]) -> list[SignFlip | None]:
    """Test for each sample of differences, one per seed, whether its mean is 0, two-sided.

    Exact for up to `EXACT_UP_TO` seeds, over all 2^n signs. Above, over `DRAWS` drawn signs, the
    ones that were found counted in (Phipson and Smyth 2010), so p is never 0. All samples of one
    size meet the same signs, so a p-value depends on its sample and on nothing else. Where all
    differences are 0, p is 1. One seed has no test: None.
    """
    found: dict[int, SignFlip] = {}
    by_size: dict[int, list[int]] = {}
    for index, sample in enumerate(differences):
        if len(sample) > 1:
            by_size.setdefault(len(sample), []).append(index)
    for n, indices in by_size.items():
        exact = n <= EXACT_UP_TO
        result = stats.permutation_test(
            (np.stack([differences[index] for index in indices]),),
            mean_on_grid,
            permutation_type="samples",  # of one sample: the signs
            axis=-1,
            n_resamples=2**n if exact else DRAWS,
            batch=BATCH,
            rng=numpy_generator(0, "sign flips over seeds", n),
        )
        smallest = 2 / 2**n if exact else 2 / (DRAWS + 1)
        name = "sign-flip, exact" if exact else f"sign-flip, {DRAWS} draws"
        for index, p in zip(indices, result.pvalue.tolist(), strict=True):
            found[index] = SignFlip(p, smallest, name)
    return [found.get(index) for index in range(len(differences))]


def hedges_g(difference: np.ndarray) -> tuple[float, str]:
    """Return Hedges' g of paired samples, and why there is none, if so.

    It is Cohen's d_z, the mean difference over the sample SD of the differences, times the exact
    correction J(n - 1) for its bias, which at ten seeds is 0.91. Where all differences are 0 it
    is 0; where they are all equal but not 0, or of fewer than three seeds (J is 0 for two), it is
    NaN.
    """
    freedom = len(difference) - 1
    if freedom < 1:
        return math.nan, "one seed: no interval, no test, no Hedges' g"
    if np.ptp(on_grid(difference)) == 0:
        if on_grid(difference)[0] == 0:
            return 0.0, ""
        return math.nan, "all seeds differ by the same, so Hedges' g has no finite value"
    if freedom < 2:
        return math.nan, "two seeds: Hedges' g has no unbiased value"
    log_ratio = special.gammaln(freedom / 2) - special.gammaln((freedom - 1) / 2)
    correction = math.exp(log_ratio) * math.sqrt(2 / freedom)
    return float(correction * np.mean(difference) / np.std(difference, ddof=1)), ""


def superiority(difference: np.ndarray) -> float:
    """Return the probability of superiority, a fraction: of seeds whose difference is above 0.

    Ties count half. It is the common-language effect size of paired samples: how often the first
    treatment does better than the second, 0.5 if neither does. Unlike g it needs no scatter, and
    where the SD is tiny, as near 100 per cent, it does not grow without bound.
    """
    return float(np.mean((np.sign(on_grid(difference)) + 1) / 2))


def _measurements(samples: Mapping[Key, Series]) -> dict[str, dict[str, Series]]:
    """Return the series of the main measurements by metric and treatment."""
    found: dict[str, dict[str, Series]] = {}
    of_first_table = [metric for metric in FIRST_TABLE if metric != "sparsity"]
    for (table, treatment, metric, _), series in samples.items():
        if treatment != HEALTHY and (
            (table == "1" and metric in of_first_table)
            or (table == "2" and float(metric.removeprefix(INTERNAL)) > 0)
            or table in ("acute", "4")
            or (table == "switch" and not metric.startswith(OFF_MEDICATION))
        ):
            found.setdefault(metric, {})[treatment] = series
    return found


def _matched(first: Series, second: Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the seeds that both have, in the first's order."""
    theirs = dict(zip(*second, strict=True))
    pairs = [(ours, theirs[s]) for s, ours in zip(*first, strict=True) if s in theirs]
    matched = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return matched[:, 0], matched[:, 1]


def _correct(family: Sequence[dict[str, Any]], column: str) -> None:
    """Put Holm-corrected p-values of the rows that have one into a column."""
    tested = [row for row in family if not math.isnan(row["p"])]
    for row in family:
        row[column] = math.nan
    for row, p in zip(tested, holm([row["p"] for row in tested]), strict=True):
        row[column] = p
