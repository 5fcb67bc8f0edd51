"""Do the engines give the same results? A comparison of distributions over seeds by number.

    python -m benchmarks.agreement results/agreement/plain results/agreement/fast

compares two studies that differ in nothing but the engine. Every number has a sample of seeds
from each, but for relapse, which is counted. Kolmogorov-Smirnov asks about the whole
distribution, Mann-Whitney about its place; all p-values are one family, corrected after Holm.
`make agreement` runs both studies first.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from pipeline_lib.analysis.values import by_key
from pipeline_lib.analysis.welch import holm
from pipeline_lib.files.rows import read_rows
from pipeline_lib.measures import Value
from pipeline_lib.names import NOT_RELAPSED, RELAPSE_CYCLE, RELAPSED
from pipeline_lib.numbers import Key

COUNTED = (RELAPSED, NOT_RELAPSED, RELAPSE_CYCLE)
TESTS = {"Kolmogorov-Smirnov": stats.ks_2samp, "Mann-Whitney": stats.mannwhitneyu}


def samples(results: Path) -> dict[Key, list[float]]:
    """Return each number of a study, by seed."""
    values = by_key(read_rows(results / "values.parquet", Value))
    return {key: [*each.values()] for key, each in values.items() if key.number not in COUNTED}


def compare(ours: Path, theirs: Path) -> pd.DataFrame:
    """Return a row per number and test, with its p-value before and after Holm's correction.

    A number that is the same constant on both sides is not tested.
    """
    left, right = samples(ours), samples(theirs)
    if left.keys() != right.keys():
        raise SystemExit(f"{ours} and {theirs} are not the same study")
    table = pd.DataFrame(
        {
            **key._asdict(),
            **{"n_a": len(a), "n_b": len(b), "mean_a": np.mean(a), "mean_b": np.mean(b)},
            **{"sd_a": np.std(a), "sd_b": np.std(b), "test": name, "p": test(a, b).pvalue},
        }
        for key, a, b in ((key, left[key], right[key]) for key in left)
        for name, test in TESTS.items()
        if len({*a, *b}) > 1
    )
    table["p_holm"] = holm(table["p"].tolist())
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
    print(
        f"{len(table) // len(TESTS)} numbers, {len(table)} tests, {different} differ after Holm's "
        f"correction; smallest p {table['p'].min():.2g}, corrected {table['p_holm'].min():.2g}"
    )
    raise SystemExit(1 if different else 0)


if __name__ == "__main__":
    main()
