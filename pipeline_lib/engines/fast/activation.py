"""The response of a hidden unit to its pre-activation: activation, noise, modulation, slope."""

from typing import NamedTuple

import numpy as np

from pipeline_lib.engines.fast.compiled import compiled

TANH_FITTED = np.float32(7.90531110763549805)  # the rational function below is valid up to here
TANH_IS_ONE = np.float32(9.0109)  # from here on, tanh rounds to 1 in float32


class Response(NamedTuple):
    """How a hidden unit responds: activation, factor on activity, inhibition, the noise's sd."""

    is_tanh: bool | np.bool
    factor: np.float32
    inhibition: np.float32
    sigma: np.float32


class Responses(NamedTuple):
    """How the units of a compacted network respond, in the order of its `Plan.units`."""

    is_tanh: np.ndarray  # bool
    factor: np.ndarray  # float32
    inhibition: np.ndarray  # float32
    sigma: np.float32


@compiled
def tanh(x: np.float32) -> np.float32:
    """Return tanh of a float32 within 3e-7; NaN stays NaN.

    It is a rational function of degree 13 over 6, the usual minimax fit for float32. Far out the
    result is exactly 1, so that a saturated unit has no slope at all: Adam would turn even the
    smallest slope into full steps.
    """
    inner = TANH_FITTED if x > TANH_FITTED else x
    inner = -TANH_FITTED if inner < -TANH_FITTED else inner
    y = inner * inner
    p = np.float32(-2.76076847742355e-16)
    p = p * y + np.float32(2.00018790482477e-13)
    p = p * y + np.float32(-8.60467152213735e-11)
    p = p * y + np.float32(5.12229709037114e-08)
    p = p * y + np.float32(1.48572235717979e-05)
    p = p * y + np.float32(6.37261928875436e-04)
    p = p * y + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06)
    q = q * y + np.float32(1.18534705686654e-04)
    q = q * y + np.float32(2.26843463243900e-03)
    q = q * y + np.float32(4.89352518554385e-03)
    value = inner * p / q
    value = np.float32(1) if x > TANH_IS_ONE else value
    return np.float32(-1) if x < -TANH_IS_ONE else value


@compiled
def respond_once(level: np.float32, response: Response) -> tuple[np.float32, np.float32]:
    """Return activity without noise, and slope, at one pre-activation."""
    factor, inhibition = response.factor, response.inhibition
    if response.is_tanh:
        value = tanh(level)
        return value * factor - inhibition, (np.float32(1) - value * value) * factor
    # Written so that a NaN is kept.
    value = np.float32(0) if level <= 0 else level
    return value * factor - inhibition, factor if level > 0 else np.float32(0)


@compiled
def response_of(responses: Responses, place: int) -> Response:
    """Return the response of the unit at this place."""
    return Response(
        responses.is_tanh[place],
        responses.factor[place],
        responses.inhibition[place],
        responses.sigma,
    )


@compiled
def respond(levels: np.ndarray, responses: Responses, first: int, out: np.ndarray) -> None:
    """Fill in the activity of units with these pre-activations, which slopes replace.

    Both are (units or more, samples); `first` is the place of the first unit among responses.
    If there is noise, `out` must hold it at the start.
    """
    count, batch = levels.shape
    value = np.empty(batch, np.float32)
    zero, one = np.float32(0), np.float32(1)
    for unit in range(count):
        response = response_of(responses, first + unit)
        factor, inhibition = response.factor, response.inhibition
        if response.is_tanh:
            for s in range(batch):
                value[s] = tanh(levels[unit, s])
                levels[unit, s] = (one - value[s] * value[s]) * factor
        else:
            for s in range(batch):
                z = levels[unit, s]
                value[s] = zero if z < zero else z
                levels[unit, s] = factor if z > zero else zero
        if response.sigma > zero:
            for s in range(batch):
                out[unit, s] = (value[s] + out[unit, s]) * factor - inhibition
        else:
            for s in range(batch):
                out[unit, s] = value[s] * factor - inhibition
