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
    theta: np.ndarray, links: Links, begin: int, end: int, source: np.ndarray, out: np.ndarray
) -> None:
    """Add to `out` (samples,) each weight times the row of `source` at its other end."""
    other, at = links.other, links.at
    n = out.size
    fours = begin + (end - begin) // 4 * 4
    for e in range(begin, fours, 4):
        a, b, c, d = theta[at[e]], theta[at[e + 1]], theta[at[e + 2]], theta[at[e + 3]]
        p, q = source[other[e]], source[other[e + 1]]
        r, t = source[other[e + 2]], source[other[e + 3]]
        for s in range(n):
            out[s] += a * p[s] + b * q[s] + c * r[s] + d * t[s]
    for e in range(fours, end):
        a, p = theta[at[e]], source[other[e]]
        for s in range(n):
            out[s] += a * p[s]


@compiled
def correlate(
    gradient: np.ndarray, links: Links, begin: int, end: int, source: np.ndarray, delta: np.ndarray
) -> None:
    """Write to each weight's place the sum over samples of `delta` times its row of `source`."""
    other, at = links.other, links.at
    n = delta.size
    fours = begin + (end - begin) // 4 * 4
    for e in range(begin, fours, 4):
        p, q = source[other[e]], source[other[e + 1]]
        r, t = source[other[e + 2]], source[other[e + 3]]
        a = b = c = d = np.float32(0)
        for s in range(n):
            a += delta[s] * p[s]
            b += delta[s] * q[s]
            c += delta[s] * r[s]
            d += delta[s] * t[s]
        gradient[at[e]], gradient[at[e + 1]] = a, b
        gradient[at[e + 2]], gradient[at[e + 3]] = c, d
    for e in range(fours, end):
        p = source[other[e]]
        a = np.float32(0)
        for s in range(n):
            a += delta[s] * p[s]
        gradient[at[e]] = a
