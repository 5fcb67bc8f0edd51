"""The choice of the highest scores without PyTorch, which takes 0.8 s to import.

Most scores of pruned weights are exactly 0, and which of these are chosen decides what kind of
network regrows. These are therefore the same that `torch.topk` chooses. It calls C++'s
`nth_element`, a quickselect, whose swaps are done here all at once for each pivot.
"""

import numpy as np


def highest(scores: np.ndarray, count: int) -> np.ndarray:
    """See `Engine.highest`."""
    places, values = np.arange(scores.size), scores.copy()
    first, last = 0, scores.size
    # PyTorch takes another way for few of many, and C++ after many rounds.
    few = 64 * count <= scores.size
    rounds = 0 if few else 2 * scores.size.bit_length() - 2
    while last - first > 3 and rounds:
        cut = first + _parted(values[first:last], places[first:last])
        first, last = (cut, last) if cut < count else (first, cut)
        rounds -= 1
    if few or last - first > 3:
        import torch

        return torch.topk(torch.from_numpy(scores), count).indices.numpy()
    places[first:last] = places[first:last][np.argsort(-values[first:last], kind="stable")]
    chosen = places[:count]
    return chosen[np.argsort(-scores[chosen], kind="stable")]


def _parted(values: np.ndarray, places: np.ndarray) -> int:
    """Move higher values before lower ones, and their places alike; return where these begin."""
    middle, end = values.size // 2, values.size - 1
    pivot = _median(values, 1, middle, end)
    _swap(values, places, np.array([0]), np.array([pivot]))
    # From the left, each value that is not above the pivot, the first, changes places with one that
    # is not below it, from the right, until the two meet.
    left = 1 + np.flatnonzero(values[1:] <= values[0])
    right = 1 + np.flatnonzero(values[1:] >= values[0])[::-1]
    both = min(left.size, right.size)
    swaps = np.count_nonzero(left[:both] < right[:both])
    _swap(values, places, left[:swaps], right[:swaps])
    return int(min([*left[swaps : swaps + 1], *right[:swaps][-1:]]))


def _median(values: np.ndarray, a: int, b: int, c: int) -> int:
    """Return which of three values is the middle one; among equals, C++'s choice."""
    if values[a] > values[b]:
        return b if values[b] > values[c] else c if values[a] > values[c] else a
    return a if values[a] > values[c] else c if values[b] > values[c] else b


def _swap(values: np.ndarray, places: np.ndarray, one: np.ndarray, other: np.ndarray) -> None:
    for array in (values, places):
        array[one], array[other] = array[other], array[one]
