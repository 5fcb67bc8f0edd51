"""How often an interval holds the true mean: candidate methods, at 10, 30 and 100 seeds.

    .venv/bin/python -m benchmarks.coverage docs/values/paper.parquet --out results/coverage.md

Every number of the given studies, and every difference between two treatments, becomes a population
of known mean: a smooth fit to its values by seed, accuracies on the logit scale and rounded to
counts of test points. Samples of seeds are drawn from it, each method makes its interval of each
sample, and the share of the intervals that hold the population's mean is the coverage. The table
justifies the method of `analysis.intervals`.
"""

import argparse
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy import special, stats

from pipeline_lib import measures
from pipeline_lib.analysis.intervals import LEVEL, unskewed
from pipeline_lib.analysis.published import read_runs
from pipeline_lib.analysis.values import by_key, of_all
from pipeline_lib.files.rows import read_rows
from pipeline_lib.files.whole import write_text
from pipeline_lib.measures import Value
from pipeline_lib.names import STATES
from pipeline_lib.numbers import PER_CENT

SEEDS = (10, 30, 100)
SAMPLES, RESAMPLES, POPULATION = 1000, 1000, 200_000
POINTS = 4000  # test points that an accuracy is a count of
TAILS = (1 - LEVEL) / 2, (1 + LEVEL) / 2


def student(x: np.ndarray, _: np.ndarray) -> np.ndarray:
    """Return Student's interval of each row's mean."""
    reach = stats.t.isf(TAILS[0], x.shape[1] - 1) * stats.sem(x, axis=1)
    return x.mean(1) + np.outer([-1, 1], reach)


def logit(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return Student's interval of the mean's logit (delta method); of what is no share, `student`.

    A mean of 100 per cent has no logit; it counts as half a test point less.
    """
    if x.min() < 0 or x.max() > 100:
        return student(x, weights)
    mean = np.clip(x.mean(1) / 100, 0.5 / POINTS, 1 - 0.5 / POINTS)
    error = stats.sem(x, axis=1) / 100 / (mean * (1 - mean))
    reach = stats.t.isf(TAILS[0], x.shape[1] - 1) * error
    return 100 * special.expit(special.logit(mean) + np.outer([-1, 1], reach))


def percentile(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the percentiles of resampled means."""
    return np.quantile(x @ weights, TAILS, axis=1)


def bca(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return Efron's bias-corrected and accelerated percentiles (1987)."""
    means, mean = np.sort(x @ weights, axis=1), x.mean(1, keepdims=True)
    below = ((means < mean - 1e-9).mean(1) + (means < mean + 1e-9).mean(1)) / 2
    bias = special.ndtri(below)[:, None]
    off = x - mean
    spread = np.maximum((off**2).sum(1, keepdims=True), 1e-300)
    acceleration = (off**3).sum(1, keepdims=True) / (6 * spread**1.5)
    z = bias + special.ndtri(TAILS)
    at = special.ndtr(bias + z / (1 - acceleration * z)) * (means.shape[1] - 1)
    places = np.nan_to_num(at).round().astype(int)
    return np.take_along_axis(means, places, axis=1).T


def bootstrap_t(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean less quantiles of resampled Student's t; resamples without scatter drop."""
    n, mean = x.shape[1], x.mean(1, keepdims=True)
    means = x @ weights
    off = x - mean
    squares = (off**2) @ weights - (off @ weights) ** 2
    error = np.sqrt(np.maximum(squares, 0) / (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(error > 1e-9, (means - mean) / error, np.nan)
    ends = np.nan_to_num(np.nanquantile(t, TAILS[::-1], axis=1))
    return mean[:, 0] - ends * stats.sem(x, axis=1)


def hall(x: np.ndarray, _: np.ndarray) -> np.ndarray:
    """Return Student's interval after Hall's transformation, as `analysis.intervals` does."""
    n, mean, sd = x.shape[1], x.mean(1), x.std(1, ddof=1)
    skew = ((x - mean[:, None]) ** 3).mean(1) / x.std(1) ** 3
    ends = unskewed(stats.t.isf(TAILS, n - 1)[:, None], skew, n)
    return mean - sd / np.sqrt(n) * ends


# Of samples (samples, n) and weights (n, resamples), each returns both ends (2, samples).
METHODS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "Student's t": student,
    "t on the logit scale": logit,
    "Percentile bootstrap": percentile,
    "BCa bootstrap": bca,
    "Bootstrap-t": bootstrap_t,
    "Hall's t": hall,
}


def populations(values: Iterable[Value], rng: np.random.Generator) -> list[np.ndarray]:
    """Return a smooth population for every number that has scatter, and for every difference."""
    numbers = measures.numbers(measures.in_order())
    found = {
        key: by_seed
        for key, by_seed in by_key(values).items()
        if key.number in numbers and numbers[key.number].compared and key.level != 0
    }
    people = []
    for key, of_seeds in found.items():
        share = numbers[key.number].unit == PER_CENT
        people.append(smooth(np.array(list(of_seeds.values())), rng, share=share))
    for first, second in itertools.combinations(found, 2):
        alike = first._replace(treatment="") == second._replace(treatment="")
        if alike and not {first.treatment, second.treatment} & {*STATES}:
            ours, theirs = of_all([found[first], found[second]]).T
            people.append(smooth(ours - theirs, rng, share=False))
    return [each for each in people if np.std(each) > 0]


def smooth(numbers: np.ndarray, rng: np.random.Generator, *, share: bool) -> np.ndarray:
    """Return a large population of the shape of some numbers, by a normal kernel.

    `share` says that they are per cent of test points: smoothed as logits, rounded to counts.
    """
    if np.ptp(numbers) < 1e-9:
        return numbers
    counts = numbers * POINTS / 100
    x = np.log((counts + 0.5) / (POINTS - counts + 0.5)) if share else numbers
    spread = min(float(np.std(x)), float(stats.iqr(x)) / 1.349 or np.inf)  # Silverman's rule
    wide = 0.9 * spread * len(x) ** -0.2
    drawn = rng.choice(x, POPULATION) + wide * rng.standard_normal(POPULATION)
    drawn = special.expit(drawn) * POINTS if share else drawn * POINTS / 100
    return np.rint(drawn) / POINTS * 100


def covered(people: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return each method's coverage of the mean at n seeds, its mean width, and its mean score.

    They are (methods, 3). The interval score (Gneiting and Raftery 2007) is the width and, for each
    miss, 40 times its distance: the smaller, the better.
    """
    x = rng.choice(people, (SAMPLES, n))
    x = x[np.ptp(x, axis=1) > 1e-9]  # a sample without scatter gets no interval
    weights = rng.multinomial(n, [1 / n] * n, size=RESAMPLES).T / n
    low, high = np.stack([method(x, weights) for method in METHODS.values()], axis=1)
    inside = (low <= people.mean() + 1e-9) & (people.mean() - 1e-9 <= high)
    missed = np.maximum(low - people.mean(), 0) + np.maximum(people.mean() - high, 0)
    score = (high - low) + 2 / (1 - LEVEL) * missed
    return np.stack([inside.mean(axis=1), (high - low).mean(axis=1), score.mean(axis=1)], axis=1)


def table(people: Sequence[np.ndarray], rng: np.random.Generator) -> str:
    """Return Markdown: coverage by method and number of seeds, over all numbers."""
    lines = [
        "| Seeds | Method | Coverage | Median | Lowest | Covered < 90 % | Width | Score |",
        "|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    for n in SEEDS:
        found = np.array([covered(each, n, rng) for each in people])
        relative = np.median(found / found[:, :1], axis=0)  # to Student's, which is the first
        for place, method in enumerate(METHODS):
            shares = 100 * found[:, place, 0]
            texts = [f"{each:.1f}" for each in (shares.mean(), np.median(shares), shares.min())]
            texts.append(f"{np.count_nonzero(shares < 90)} of {len(shares)}")
            texts += [f"{each:.2f}" for each in relative[place, 1:]]
            lines.append(f"| {n} | {method} | {' | '.join(texts)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("values", nargs="+", help="values.parquet of a study, or a CSV of runs")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    every = []
    for place, path in enumerate(options.values):
        rows = read_runs(path) if path.endswith(".csv") else read_rows(path, Value)
        # Seeds of different studies are different networks.
        every += [Value(**{**vars(row), "seed": row.seed + 1_000_000 * place}) for row in rows]
    rng = np.random.default_rng(0)
    write_text(options.out, table(populations(every, rng), rng))
