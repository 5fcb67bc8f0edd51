"""The fast engine's activation functions and their slopes."""

import numpy as np

from pipeline_lib.engines.fast.activation import Response, respond_once, tanh


def test_tanh_is_accurate_everywhere():
    x = np.concatenate([np.linspace(-12, 12, 20001), np.logspace(-12, 0, 200)]).astype(np.float32)
    found = np.array([tanh(value) for value in x])
    assert np.abs(found - np.tanh(x.astype(np.float64))).max() < 3e-7
    small = np.abs(x) < 1e-3
    assert np.allclose(found[small], x[small], rtol=1e-6)
    assert np.isnan(tanh(np.float32(np.nan)))
    plain = Response(True, np.float32(1), np.float32(0), np.float32(0))
    for saturated in (9.1, 1e30, np.inf):
        assert respond_once(np.float32(-saturated), plain) == (-1, 0)
