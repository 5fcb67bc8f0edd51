"""Are these the published numbers? Every published mean beside ours, tested as one family.

Training is chaotic: with other random draws a seed becomes another network. So distributions
are compared, never single seeds, and a mean that lies within its scatter is as good as equal.
"""

from __future__ import annotations

import math

import pandas as pd

from pipeline_lib.analysis import welch
from pipeline_lib.analysis.published import is_count, is_share, rounding
from pipeline_lib.analysis.statistics import KEY, SEED, STATISTICS, Key, Numbers, by_key, frame
from pipeline_lib.analysis.welch import Sample

CONSISTENT, INCONSISTENT = "consistent", "inconsistent"
MISSING, NOT_TESTABLE, NOT_TESTED = "missing", "not testable", "not tested"

TESTS = (
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "p_equivalent",
    "detectable",
    "detectable_in_family",
)
COLUMNS = (
    *KEY,
    *STATISTICS,
    "n_seeds",
    *(f"published_{name}" for name in (*STATISTICS, "n_seeds")),
    *TESTS,
    "equivalent",
    "status",
    "reason",
    "alpha",
    "margin",
)


def compare(
    cells: pd.DataFrame, published: pd.DataFrame, alpha: float, margin: float
) -> pd.DataFrame:
    """Compare every published number with ours; both as `statistics.cells`, in per cent.

    Published means with an SD are the family that is tested; all else (counts, ranges, SDs,
    relapse cycles, improvements) is shown. `alpha` is the family-wise error rate and `margin` the
    difference, a fraction, within which two means are equivalent. Returns one row per published
    number, in its order, with the columns `COLUMNS`:

    - `difference`, ours minus published, with its Welch interval `low` to `high` at 1 − alpha,
      widened by the rounding of a printed number; percentage points;
    - `p`, that it is beyond that rounding, and `p_holm`, corrected for the family;
    - `p_equivalent` of two one-sided tests, uncorrected, and `equivalent`, whether it is below
      alpha; of accuracies alone;
    - `detectable`, the smallest true difference that would have been found with a power of 80 %
      at alpha by itself, and `detectable_in_family` at alpha over the size of the family;
    - `status`: consistent or inconsistent if tested; missing if this study has no such number;
      not testable if one side has fewer than two seeds; not tested; and the `reason` if any;
    - `alpha` and `margin`, as given.
    """
    ours = by_key(cells)
    rows = [_row(key, ours, there) for key, there in by_key(published).items()]
    family = [(row, test) for row, test in rows if test]
    corrected = welch.holm([welch.p_different(test) for _, test in family])
    for (row, test), p_holm in zip(family, corrected, strict=True):
        low, high = welch.interval(test, 1 - alpha)
        # The margin is of accuracies.
        share = is_share(str(row["metric"]))
        p_equivalent = welch.p_equivalent(test, 100.0 * margin) if share else math.nan
        row |= {
            "low": low,
            "high": high,
            "p": welch.p_different(test),
            "p_holm": p_holm,
            "p_equivalent": p_equivalent,
            "equivalent": p_equivalent < alpha if share else None,
            "detectable": welch.detectable(test, alpha),
            "detectable_in_family": welch.detectable(test, alpha / len(family)),
            "status": INCONSISTENT if p_holm < alpha else CONSISTENT,
        }
    settings = {"alpha": alpha, "margin": margin}
    comparison = frame(([(row | settings).get(c) for c in COLUMNS] for row, _ in rows), COLUMNS)
    return comparison.astype({**dict.fromkeys(TESTS, "float64"), "equivalent": "boolean"})


def verdict(comparison: pd.DataFrame) -> str:
    """Say in one line how many published means are consistent with ours; see `compare`."""
    status = comparison["status"]
    in_family = in_the_family(comparison)
    total = int(in_family.sum())
    if not total:
        return "no published mean with an SD to compare with"
    alpha, margin = comparison[["alpha", "margin"]].iloc[0]
    consistent = int((status == CONSISTENT).sum())
    details = [f"Holm-corrected, alpha {alpha:g}"]
    if comparison["equivalent"].notna().any():
        known = comparison["equivalent"].dropna()
        details.append(f"{known.sum()} of {len(known)} equivalent within {points(margin)}")
    for other in (INCONSISTENT, MISSING, NOT_TESTABLE):
        if number := int((in_family & (status == other)).sum()):
            details.append(f"{number} {other}")
    return f"{consistent} of {total} published means consistent ({'; '.join(details)})"


def in_the_family(comparison: pd.DataFrame) -> pd.Series[bool]:
    """Whether each row is a published mean with an SD."""
    return comparison["published_mean"].notna() & comparison["published_sd"].notna()


def points(margin: float) -> str:
    """Return a fraction in percentage points, as text."""
    number = round(100.0 * margin, 9)
    return f"{number:g} percentage point{'' if number == 1 else 's'}"


def _row(
    key: Key, cells: dict[Key, Numbers], there: Numbers
) -> tuple[dict[str, object], welch.Comparison | None]:
    """Return a row without the tests, and what is to be tested, if anything is."""
    ours = cells.get(key)
    row: dict[str, object] = {**key._asdict(), "status": NOT_TESTED, **(ours or {})}
    row |= {f"published_{name}": number for name, number in there.items()}
    if ours is None:
        if _is_relapse_cycle(key) and Key("4", key.treatment, "seeds_relapsed") in cells:
            return {**row, "reason": "no such relapse in this study"}, None
        return {**row, "status": MISSING, "reason": "this study has no such number"}, None
    if not (pd.isna(there["mean"]) or is_count(key.metric)):
        row["difference"] = ours["mean"] - there["mean"]
    if reason := _no_test(key, ours, there):
        return {**row, "reason": reason}, None
    for side, numbers in (("this study", ours), ("published", there)):
        if not numbers["n_seeds"] >= 2:
            reason = f"fewer than two seeds have no SD ({side})"
            return {**row, "status": NOT_TESTABLE, "reason": reason}, None
    samples = [Sample(side["mean"], side["sd"], int(side["n_seeds"])) for side in (ours, there)]
    return row, welch.compare(samples[0], samples[1], rounding(key.metric))


def _no_test(key: Key, ours: Numbers, there: Numbers) -> str | None:
    """Say why a number is shown and not tested, None if it is of the family."""
    if pd.isna(there["mean"]):
        return "a range"
    if key.metric.startswith(SEED):
        return "a single seed"
    if is_count(key.metric):
        return "a count"
    return "no SD" if pd.isna(there["sd"]) or pd.isna(ours["sd"]) else None


def _is_relapse_cycle(key: Key) -> bool:
    return key.metric == "mean_relapse_cycle" or key.metric.startswith(SEED)
