"""A sample of `python -m tests.trust.portability`: bounds hold, and small mistakes exceed them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.trust.portability import BOUNDS, ONE, compared, probed, settings


@pytest.fixture(scope="module")
def here():
    return probed(ONE)


def test_more_threads_and_older_libraries_keep_every_bound(here):
    found = probed(list(settings().values())[:2][-1])
    assert compared(found, here)[1] == []
    # Otherwise the variables had no effect, and nothing was compared.
    assert any(not np.array_equal(found[name], here[name]) for name in here)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("exact:data set of 12000", lambda x: np.nextafter(x, np.float32(9))),
        ("exact:thresholds torch", lambda x: np.nextafter(x, np.float32(9))),
        ("exact:random bits fast", lambda x: x ^ np.uint32(1)),
        ("fast:noise", lambda x: x + np.float32(2 * BOUNDS["noise"])),
        ("fast:gradient dense", lambda x: x * np.float32(1.0001)),
        ("plain:gradient pruned", lambda x: x * np.float32(1.0001)),
        ("fast:epoch pruned", lambda x: x * np.float32(1.01)),
        ("plain:loss dense", lambda x: x * 1.00001),
    ],
)
def test_a_small_mistake_breaks_a_bound(name, change, here):
    assert compared(here, here)[1] == []
    assert compared({**here, name: change(here[name])}, here)[1] == [name]
