"""The task: to classify points from a few Gaussian clouds (Methods, task), or a user's own points.

Each data set depends only on the seed and on its settings. A study with more test points therefore
trains on the same points as before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline_lib.errors import PipelineError
from pipeline_lib.model.randomness import data_state, numpy_generator
from pipeline_lib.points_file import read_points

Centres = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Points:
    """Labelled points: `x` (n, features) float32, `labels` (n,) int64."""

    x: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def points(data: str, seed: int, **options: Any) -> Points:
    """Return a data set of a seed by its name: training, standard or clean.

    `options` are those of `clouds`, or of `points_of_file`.
    """
    make = points_of_file if "points" in options else clouds
    return make(data, seed, **options)


def clouds(data: str, seed: int, *, centres: Centres, sd: float = 0.0, **number: int) -> Points:
    """Return a data set of a seed, whose points scatter around the centres by `sd`.

    `number` is how many there are, by its name in a study: `train`, `test` or `clean`. The clean
    points have no `sd` and lie exactly on the centres.
    """
    # Labels are drawn first, then deviations, in float64 until the end, as in the published run.
    state, (count,) = data_state(seed, data), number.values()
    means = np.asarray(centres, dtype=np.float64)
    labels = state.randint(0, len(means), count)
    x = means[labels] + state.randn(count, means.shape[1]) * sd
    return Points(x.astype(np.float32), labels.astype(np.int64))


def points_of_file(data: str, seed: int, *, points: str, digest: str, held_out: float) -> Points:
    """Return a data set of a seed from a user's file of points, which must have this digest.

    The share `held_out` of each class (but at least one point, and never all) is drawn for each
    seed; these are the standard test points, and the others are the training points. Each feature
    is scaled to a mean of 0 and an SD of 1 over the training points, and becomes 0 if it is the
    same in all of them. The clean points are the means of the classes in training, one point each.

    Raises PipelineError if the file has another digest.
    """
    found = read_points(points)
    if found.digest != digest:
        raise PipelineError(f"{points}: it was edited since the workflow was started")
    x = np.array(found.values).reshape(-1, found.features)
    labels = np.array(found.labels, dtype=np.int64)
    order = numpy_generator(seed, "held-out points").permutation(len(x))
    tested = np.zeros(len(x), dtype=bool)
    for number in range(len(found.classes)):
        own = order[labels[order] == number]
        tested[own[: min(max(round(held_out * len(own)), 1), len(own) - 1)]] = True
    trained = order[~tested[order]]
    # Rounding can leave equal numbers an SD that is not 0, so they are compared themselves.
    same = np.ptp(x[trained], axis=0) == 0
    sd = np.where(same, np.inf, x[trained].std(axis=0))
    x = (x - x[trained].mean(axis=0)) / sd
    if data == "clean":
        classes = np.arange(len(found.classes))
        means = [x[trained[labels[trained] == number]].mean(axis=0) for number in classes]
        return Points(np.array(means, dtype=np.float32), classes)
    chosen = trained if data == "training" else order[tested[order]]
    return Points(x[chosen].astype(np.float32), labels[chosen])
