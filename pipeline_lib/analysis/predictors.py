"""Which numbers of the pruned network predict response, relapse and final accuracy.

The numbers that were drawn for each seed, such as how severely it is damaged, are among them.
Each predictor is compared with each outcome by Spearman's rank correlation. A ridge regression uses
all predictors together, and is judged on seeds to which it was not fitted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import scipy

from pipeline_lib import names
from pipeline_lib.analysis.intervals import LEVEL, SAME
from pipeline_lib.analysis.power import POWER
from pipeline_lib.analysis.values import BySeed, by_key, of_all
from pipeline_lib.analysis.welch import holm
from pipeline_lib.measures import Value
from pipeline_lib.model.randomness import numpy_generator
from pipeline_lib.names import FINAL_ACCURACY, ON, RELAPSED_AFTER_RESPONSE, RESPONDED, UNTREATED
from pipeline_lib.numbers import NOTHING_DRAWN, Drawn, Key, Numbers, axis_text, drawn_keys

PREDICTORS = (
    *(names.CLEAN, names.STANDARD, names.COMBINED),
    *(names.LIVE_UNITS, names.PATHS, names.WEIGHT_NORM, names.MARGIN),
)
SHARES = (RESPONDED, RELAPSED_AFTER_RESPONSE)  # 0 or 1 in each seed
OUTCOMES = (*SHARES, FINAL_ACCURACY)

DRAWS = 9999  # orders of the seeds by which a correlation is tested
FOLDS, REPEATS, SHUFFLES = 5, 20, 999  # of cross-validation
# The penalties of ridge regression; the seeds to which it is fitted decide between them.
PENALTIES = np.logspace(-1, 5, 13)

ALIKE = "all seeds have the same outcome"


@dataclass(frozen=True)
class Association:
    """Spearman's rho of a number of the untreated network with an outcome of a treatment.

    The predictor may also be a key of the study whose number was drawn for each seed. A field is
    None if it cannot be computed, and `note` says why.
    """

    treatment: str
    outcome: str
    predictor: str
    level: float | None
    n: int
    rho: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Forecast:
    """How well all predictors together predict an outcome in seeds that were left out.

    A share has the AUC and its number of `events`, other outcomes have R²; None is what cannot be
    computed, and `note` says why.
    """

    treatment: str
    outcome: str
    n: int
    events: int | None
    measure: str
    score: float | None = None
    low: float | None = None
    high: float | None = None
    by_chance: float | None = None
    p: float | None = None
    p_holm: float | None = None
    note: str = ""


Row = TypeVar("Row", Association, Forecast)


def associations(values: Iterable[Value], drawn: Drawn = NOTHING_DRAWN) -> list[Association]:
    """Return the correlation of every predictor with every outcome, by treatment."""
    found = []
    for key, predictors, x, y in _samples(values, drawn):
        rho, p = _correlations(x, y)
        for predictor, each, p_each in zip(predictors, rho.tolist(), p.tolist(), strict=True):
            place = (key.treatment, key.number, predictor.number, predictor.level, len(y))
            if np.isnan(each):
                note = ALIKE if np.ptp(y) == 0 else "all seeds have the same predictor"
                found.append(Association(*place, note=note))
            else:
                ends = _interval(each, len(y))
                note = "" if ends[0] is not None else "too few seeds for an interval"
                found.append(Association(*place, each, *ends, p_each, note=note))
    return _corrected(found)


def forecasts(values: Iterable[Value], drawn: Drawn = NOTHING_DRAWN) -> list[Forecast]:
    """Return how well the predictors together predict each outcome of each treatment."""
    found = []
    for key, _, x, y in _samples(values, drawn):
        share, n = key.number in SHARES, len(y)
        events = int(y.sum()) if share else None
        head = (key.treatment, key.number, n, events, "AUC" if share else "R²")
        if np.ptp(y) == 0:
            found.append(Forecast(*head, note=ALIKE))
        elif n < 2 * FOLDS:
            found.append(Forecast(*head, note=f"fewer than {2 * FOLDS} seeds"))
        elif events is not None and min(events, n - events) < FOLDS:
            note = f"fewer than {FOLDS} seeds with one of the two outcomes"
            found.append(Forecast(*head, note=note))
        else:
            scores = _out_of_sample(x, y, share)
            means = scores.mean(axis=0)
            low, high = np.quantile(scores[:, 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
            p = float(np.mean(means >= means[0] - SAME))  # the observed scores count too
            score, by_chance = float(means[0]), float(means[1:].mean())
            found.append(Forecast(*head, score, low, high, by_chance, p))
    return _corrected(found)


def predictor_text(
    predictor: str, level: float | None, numbers: Numbers, labels: Mapping[str, str]
) -> str:
    """Return what readers call a predictor: the heading of its number, or what was drawn.

    `numbers` has the numbers of the study's measures, and `labels` names its treatments.
    """
    known = predictor in numbers
    return numbers[predictor].at_level(level) if known else axis_text(predictor, labels)


def _samples(
    values: Iterable[Value], drawn: Drawn
) -> Iterator[tuple[Key, list[Key], np.ndarray, np.ndarray]]:
    """Yield each outcome, its predictors, and what the seeds that have all have of them.

    That is (seeds, predictors) of the predictors and (seeds,) of the outcome.
    """
    series = by_key(values)
    predictors: dict[Key, BySeed] = {
        key: series[key]
        for name in PREDICTORS
        for key in series
        if (key.number, key.treatment, key.modulation) == (name, UNTREATED, ON)
    }
    for name in drawn_keys(drawn):
        predictors[Key(UNTREATED, name)] = {seed: of_seed[name] for seed, of_seed in drawn.items()}
    for key in (key for name in OUTCOMES for key in series if key.number == name):
        both = of_all([series[key], *predictors.values()])
        yield key, list(predictors), both[:, 1:], both[:, 0]


def _correlations(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Spearman's rho of each column of x with y, NaN if constant, and its permutation p."""
    ranks, outcome = (scipy.stats.rankdata(numbers, axis=0) for numbers in (x, y))
    for each in (ranks, outcome):
        each -= each.mean(axis=0)
        with np.errstate(invalid="ignore"):  # constant numbers give 0/0, and rho is NaN
            each /= np.sqrt((each**2).sum(axis=0))
    rho = outcome @ ranks
    generator = numpy_generator(0, "orders of the seeds", len(y))
    orders = generator.permuted(np.tile(np.arange(len(y)), (DRAWS, 1)), axis=1)
    drawn = np.abs(outcome[orders] @ ranks)
    as_high = np.count_nonzero(drawn >= np.abs(rho) - SAME, axis=0)
    return rho, (1 + as_high) / (1 + DRAWS)


def _interval(rho: float, n: int) -> tuple[float | None, float | None]:
    if n < 4 or abs(rho) > 1 - SAME:
        return None, None
    reach = scipy.stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(rho) + np.array([-reach, reach])).tolist()
    return low, high


def detectable(n: int) -> float | None:
    """Return the true correlation that a two-sided test over n seeds detects with `power.POWER`.

    The test is at the level 1 - `LEVEL`, in Fisher's approximation. None for fewer than four seeds.
    """
    if n < 4:
        return None
    reach = scipy.stats.norm.ppf((1 + LEVEL) / 2) + scipy.stats.norm.ppf(POWER)
    return float(np.tanh(reach / np.sqrt(n - 3)))


def _out_of_sample(x: np.ndarray, y: np.ndarray, share: bool) -> np.ndarray:
    """Return scores (REPEATS, 1 + SHUFFLES) for the outcome, then for its shuffled copies."""
    # Imported here because it takes seconds, and those who only read the rows do not need it.
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    generator = numpy_generator(0, "cross-validation", len(y))
    orders = [np.arange(len(y)), *(generator.permutation(len(y)) for _ in range(SHUFFLES))]
    outcomes = np.stack([y[order] for order in orders], axis=1)
    scores = []
    for _ in range(REPEATS):
        folds = []
        for left_out in np.array_split(generator.permutation(len(y)), FOLDS):
            others = np.setdiff1d(np.arange(len(y)), left_out)
            model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES, alpha_per_target=True))
            model.fit(x[others], outcomes[others])
            usual = outcomes[others].mean(axis=0)
            folds.append((model.predict(x[left_out]) - usual, outcomes[left_out] - usual))
        scores.append(_auc(folds) if share else _r_squared(folds))
    return np.stack(scores)


Folds = Sequence[tuple[np.ndarray, np.ndarray]]  # predictions and outcomes (seeds, shuffles)


def _r_squared(folds: Folds) -> np.ndarray:
    """Return R² (shuffles,); both are differences from the mean of the other seeds."""
    left = sum(((true - predicted) ** 2).sum(axis=0) for predicted, true in folds)
    return np.asarray(1 - left / sum((true**2).sum(axis=0) for _, true in folds))


def _auc(folds: Folds) -> np.ndarray:
    """Return how often a seed with the outcome has the larger prediction (shuffles,).

    Only seeds of one fold are compared. The model of a fold that happens to have many seeds with
    the outcome was fitted to few of them, so across folds predictions would be worse than chance.
    """
    larger, pairs = np.zeros(folds[0][1].shape[1]), np.zeros(folds[0][1].shape[1])
    for predicted, true in folds:
        events = true > 0
        ranks = scipy.stats.rankdata(predicted.round(12), axis=0)
        ones = events.sum(axis=0)
        larger += (ranks * events).sum(axis=0) - ones * (ones + 1) / 2
        pairs += ones * (len(events) - ones)
    area: np.ndarray = np.divide(larger, pairs, out=np.full(len(pairs), 0.5), where=pairs > 0)
    return area


def _corrected(rows: Sequence[Row]) -> list[Row]:
    corrected = iter(holm([row.p for row in rows if row.p is not None]))
    return [row if row.p is None else replace(row, p_holm=next(corrected)) for row in rows]
