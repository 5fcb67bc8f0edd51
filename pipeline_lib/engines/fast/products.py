"""Products with sparse weights: loops over surviving weights, along samples.

The sum over the weights of a unit stays in registers. Samples that do not fill a vector of `WIDTH`
take a plain loop.
"""

import numpy as np

from pipeline_lib.engines.fast.compaction import Links
from pipeline_lib.engines.fast.compiled import compiled
from pipeline_lib.engines.fast.vectors import WIDTH, add_multiple, inner, load, store


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
    whole = batch // WIDTH * WIDTH
    for row in range(first, count):
        begin, end = ptr[row], ptr[row + 1]
        if begin == end:
            continue
        for s in range(0, whole, WIDTH):
            total = load(out, row, s)
            for e in range(begin, end):
                total = add_multiple(total, theta[at[e]], load(source, other[e], s))
            store(total, out, row, s)
        if whole < batch:
            rest = out[row, whole:]
            for e in range(begin, end):
                weight, values = theta[at[e]], source[other[e], whole:]
                for s in range(rest.size):
                    rest[s] += weight * values[s]


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
    whole = batch // WIDTH * WIDTH
    for row in range(first, count):
        begin, end = ptr[row], ptr[row + 1]
        if begin == end:
            continue
        # The places of a row's weights, and of those from flat units between them, are consecutive.
        gradient[at[begin] : at[end - 1] + 1] = np.float32(0)
        for s in range(0, whole, WIDTH):
            vector = load(delta, row, s)
            for e in range(begin, end):
                gradient[at[e]] += inner(vector, load(source, other[e], s))
        if whole < batch:
            rest = delta[row, whole:]
            for e in range(begin, end):
                total, values = np.float32(0), source[other[e], whole:]
                for s in range(rest.size):
                    total += rest[s] * values[s]
                gradient[at[e]] += total
