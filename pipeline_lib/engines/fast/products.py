"""Products with sparse weights: loops over surviving weights, along samples.

They take four weights at a time, so that the row that these share is read and written only a
quarter as often.
"""

from __future__ import annotations

import numpy as np

from pipeline_lib.engines.fast.compaction import Links
from pipeline_lib.engines.fast.compiled import compiled


@compiled
def rows_of(flat: np.ndarray, first: int, count: int, batch: int) -> np.ndarray:
    """Return `count` rows of `batch` samples from a vector that holds the rows one by one."""
    return flat[first * batch : (first + count) * batch].reshape((count, batch))


@compiled
def add_products(
    theta: np.ndarray,
    links: Links,
    ptr: np.ndarray,
    first: int,
    source: np.ndarray,
    out: np.ndarray,
) -> None:
    """Add to each row of `out`, from `first` on, its weights times the rows of `source`.

    Both are (units, samples); `ptr` delimits the weights of each row of `out` in `links`.
    """
    other, at = links.other, links.at
    count, batch = out.shape
    for row in range(first, count):
        begin, end = ptr[row], ptr[row + 1]
        fours = begin + (end - begin) // 4 * 4
        for e in range(begin, fours, 4):
            a, b, c, d = theta[at[e]], theta[at[e + 1]], theta[at[e + 2]], theta[at[e + 3]]
            p, q, r, t = other[e], other[e + 1], other[e + 2], other[e + 3]
            for s in range(batch):
                out[row, s] += (
                    a * source[p, s] + b * source[q, s] + c * source[r, s] + d * source[t, s]
                )
        for e in range(fours, end):
            a, p = theta[at[e]], other[e]
            for s in range(batch):
                out[row, s] += a * source[p, s]


@compiled
def correlate(
    gradient: np.ndarray,
    links: Links,
    ptr: np.ndarray,
    first: int,
    source: np.ndarray,
    delta: np.ndarray,
) -> None:
    """Write to each weight's place the sum over samples of `delta` times its row of `source`.

    The weights are those of the rows of `delta`, (units, samples), from `first` on, which `ptr`
    delimits in `links`.
    """
    other, at = links.other, links.at
    count, batch = delta.shape
    for row in range(first, count):
        begin, end = ptr[row], ptr[row + 1]
        fours = begin + (end - begin) // 4 * 4
        for e in range(begin, fours, 4):
            p, q, r, t = other[e], other[e + 1], other[e + 2], other[e + 3]
            a = b = c = d = np.float32(0)
            for s in range(batch):
                a += delta[row, s] * source[p, s]
                b += delta[row, s] * source[q, s]
                c += delta[row, s] * source[r, s]
                d += delta[row, s] * source[t, s]
            gradient[at[e]], gradient[at[e + 1]] = a, b
            gradient[at[e + 2]], gradient[at[e + 3]] = c, d
        for e in range(fours, end):
            p = other[e]
            a = np.float32(0)
            for s in range(batch):
                a += delta[row, s] * source[p, s]
            gradient[at[e]] = a
