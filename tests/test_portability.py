"""A sample of `python -m tests.trust.portability`: that bounds hold, and that they bite."""

from __future__ import annotations

import numpy as np
import pytest

from tests.trust import settings
from tests.trust.portability import NOISE, Bounds, compared, probed


@pytest.fixture(scope="module")
def here():
    return probed(settings.reference(), seeds=0)


@pytest.fixture(scope="module")
def bounds():
    return Bounds()


def test_more_threads_and_older_libraries_keep_every_bound(here, bounds):
    [variables] = settings.quick().values()
    found = probed(variables, seeds=0)
    cells, broken = compared(found, here, bounds)
    assert broken == []
    assert cells[0] == "same"
    # Otherwise the variables had no effect, and nothing was compared.
    assert any(not np.array_equal(found[name], here[name]) for name in here)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("exact/data sets/train", lambda x: np.nextafter(x, np.float32(9))),
        ("exact/pruning/thresholds", lambda x: np.nextafter(x, np.float32(9))),
        ("exact/random bits of noise/fast", lambda x: x ^ np.uint32(1)),
        ("fast/noise", lambda x: x + np.float32(2 * NOISE)),
        ("fast/gradient, dense", lambda x: x * np.float32(1.0001)),
        ("plain/gradient, pruned", lambda x: x * np.float32(1.0001)),
        ("fast/step, dense", lambda x: x + np.float32(1e-7)),
        ("plain/step, pruned", lambda x: x + np.float32(1e-7) * (x != 0)),
        ("fast/epoch, pruned", lambda x: x * np.float32(1.01)),
        ("plain/loss of the epoch, dense", lambda x: x * 1.00001),
    ],
)
def test_a_small_mistake_breaks_a_bound(name, change, here, bounds):
    assert compared(here, here, bounds)[1] == []
    assert len(compared({**here, name: change(here[name])}, here, bounds)[1]) == 1
