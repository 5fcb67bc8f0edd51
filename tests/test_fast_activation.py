"""The fast engine's activation functions and their slopes."""

import numpy as np
import pytest

from pipeline_lib.engines.fast.activation import Response, respond, respond_once, tanh


def test_tanh_is_accurate_everywhere():
    x = np.concatenate([np.linspace(-12, 12, 20001), np.logspace(-12, 0, 200)]).astype(np.float32)
    found = np.array([tanh(value) for value in x])
    assert np.abs(found - np.tanh(x.astype(np.float64))).max() < 3e-7
    small = np.abs(x) < 1e-3
    assert np.allclose(found[small], x[small], rtol=1e-6)
    assert np.isnan(tanh(np.float32(np.nan)))


@pytest.mark.parametrize("x", [9.1, 20.0, 1e30, np.inf])
def test_a_saturated_tanh_is_exactly_one_and_has_no_slope(x):
    for sign in (1, -1):
        value, slope = respond_once(
            np.float32(sign * x), Response(True, np.float32(1), np.float32(0), np.float32(0))
        )
        assert value == sign
        assert slope == 0


@pytest.mark.parametrize("sigma", [0.0, 0.5])
@pytest.mark.parametrize("is_tanh", [False, True])
def test_hidden_units_activate_then_add_noise_then_damp_then_inhibit(is_tanh, sigma):
    response = Response(is_tanh, np.float32(0.7), np.float32(0.15), np.float32(sigma))
    level = np.array([-12, -1, 0, 0.3, 2, 12, np.nan], np.float32)
    noise = np.linspace(-1, 1, level.size).astype(np.float32)
    out, slope = noise.copy(), np.empty_like(level)
    respond(level.copy(), response, out, slope)
    value = np.tanh(level) if is_tanh else np.maximum(level, 0)
    assert np.allclose(out, (value + noise * (sigma > 0)) * 0.7 - 0.15, atol=1e-6, equal_nan=True)
    if is_tanh:
        assert np.allclose(slope, (1 - value**2) * 0.7, atol=1e-6, equal_nan=True)
    else:
        assert np.array_equal(slope, np.where(level > 0, np.float32(0.7), np.float32(0)))
    for x, y, d in zip(level, value, slope, strict=True):
        alone = respond_once(x, response)
        assert np.allclose(
            alone, (y * np.float32(0.7) - np.float32(0.15), d), atol=1e-6, equal_nan=True
        )
