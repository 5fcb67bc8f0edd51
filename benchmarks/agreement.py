"""Do the engines give the same study? Their distributions over seeds, number by number.

    python -m benchmarks.agreement results/agreement/plain results/agreement/fast

compares two studies that differ in nothing but the engine. Every number of Tables 1 to 4 has a
sample of seeds from each. Kolmogorov-Smirnov asks about the whole distribution, Mann-Whitney
about its place; all p-values are one family, corrected after Holm. `make agreement` runs both
studies first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from pipeline_lib.analysis import welch
from pipeline_lib.analysis.statistics import values
from pipeline_lib.files.rows import MEASUREMENTS, read_table


def samples(results: Path) -> dict[tuple[str, str], np.ndarray]:
    """Return the number of each seed by treatment and metric, in per cent."""
    tables = [
        read_table(results / "metrics" / f"{kind}.parquet", MEASUREMENTS)
        for kind in ("evaluate", "acute", "relapse")
    ]
    found: dict[tuple[str, str], np.ndarray] = {}
    for (treatment, metric, cycle), rows in values(*tables).groupby(
        ["treatment", "metric", "cycle"], dropna=False
    ):
        name = metric if pd.isna(cycle) else f"{metric}_{cycle}"
        found[treatment, name] = rows.sort_values("seed")["value"].to_numpy(dtype=float)
    courses = sorted({treatment for treatment, name in found if name.startswith("longitudinal")})
    for treatment in courses:
        cycles = sum(key[0] == treatment and "longitudinal_combined" in key[1] for key in found)
        drop = found[treatment, "longitudinal_combined_0"]
        found[treatment, "total_drop"] = (
            drop - found[treatment, f"longitudinal_combined_{cycles - 1}"]
        )
    return found


def compare(ours: Path, theirs: Path) -> pd.DataFrame:
    """Return a row per number and test, with its p-value before and after Holm's correction."""
    left, right = samples(ours), samples(theirs)
    if left.keys() != right.keys():
        raise SystemExit(f"{ours} and {theirs} are not the same study")
    rows = []
    for key in left:
        a, b = left[key], right[key]
        common = (*key, len(a), len(b), a.mean(), b.mean(), a.std(), b.std())
        if np.ptp(np.concatenate([a, b])) == 0:
            continue  # the same constant on both sides
        rows.append((*common, "Kolmogorov-Smirnov", stats.ks_2samp(a, b).pvalue))
        rows.append((*common, "Mann-Whitney", stats.mannwhitneyu(a, b).pvalue))
    columns = ["treatment", "metric", "n_a", "n_b", "mean_a", "mean_b", "sd_a", "sd_b", "test", "p"]
    table = pd.DataFrame(rows, columns=columns)
    table["p_holm"] = welch.holm(table["p"].tolist())
    return table.sort_values("p", ignore_index=True)


def main() -> None:
    """Compare two results folders; exit with 1 if a number differs after correction."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", nargs=2, type=Path, help="folders of two studies")
    parser.add_argument("--out", type=Path, help="CSV file of all comparisons")
    arguments = parser.parse_args()
    table = compare(*arguments.results)
    if arguments.out:
        table.to_csv(arguments.out, index=False)
    print(table.head(10).to_string(float_format=lambda x: f"{x:.3g}"))
    different = int((table["p_holm"] < 0.05).sum())
    numbers = len(table.groupby(["treatment", "metric"]))
    print(
        f"{numbers} numbers, {len(table)} tests, {different} differ after Holm's correction; "
        f"smallest p {table['p'].min():.2g}, corrected {table['p_holm'].min():.2g}"
    )
    raise SystemExit(1 if different else 0)


if __name__ == "__main__":
    main()
