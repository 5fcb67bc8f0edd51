"""The task: to classify points from a few Gaussian clouds in the plane (Methods, task).

Each data set depends only on the seed and on its settings. A study with more test points therefore
trains on the same points as before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline_lib.model.randomness import data_state

Centres = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Points:
    """Labelled points: `x` (n, 2) float32, `labels` (n,) int64."""

    x: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def training_points(seed: int, *, centres: Centres, sd: float, train: int) -> Points:
    """Return the `train` points that the networks of a seed learn from."""
    return _draw(seed, "train", train, centres, sd)


def standard_points(seed: int, *, centres: Centres, sd: float, test: int) -> Points:
    """Return the `test` "standard" test points, scattered like the training points."""
    return _draw(seed, "standard", test, centres, sd)


def clean_points(seed: int, *, centres: Centres, clean: int) -> Points:
    """Return the `clean` "clean" test points, which lie exactly on the centres."""
    return _draw(seed, "clean", clean, centres, 0.0)


DATA_SETS: dict[str, Callable[..., Points]] = {
    "training": training_points,
    "standard": standard_points,
    "clean": clean_points,
}


def points(data: str, seed: int, **options: Any) -> Points:
    """Return a data set of a seed by its name: training, standard or clean."""
    return DATA_SETS[data](seed, **options)


def _draw(seed: int, split: str, count: int, centres: Centres, sd: float) -> Points:
    # Labels are drawn first, then deviations, in float64 until the end, as in the published run.
    state = data_state(seed, split)
    means = np.asarray(centres, dtype=np.float64)
    labels = state.randint(0, len(means), count)
    x = means[labels] + state.randn(count, 2) * sd
    return Points(x.astype(np.float32), labels.astype(np.int64))
