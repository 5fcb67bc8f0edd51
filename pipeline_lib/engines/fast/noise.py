"""Gaussian noise in bulk: xoshiro128++ generators side by side, then Box-Muller.

Loops over short arrays become vector instructions. Logarithm, sine and cosine are polynomials here,
because calls to library functions would prevent this.
"""

import numpy as np

from pipeline_lib.engines.fast.compiled import compiled

LANES = 32  # generators; two vectors of 512 bits, since one would wait for its own last result
CHUNK = 256  # draws of each half of a Box-Muller pair, which stay in the first-level cache


def seeded_lanes(generator: np.random.Generator) -> np.ndarray:
    """Return the state of all lanes, (4, LANES) uint32, drawn from `generator`."""
    return generator.integers(1, 2**32, size=(4, LANES), dtype=np.uint32)


@compiled
def fill_normal(state: np.ndarray, out: np.ndarray, sd: np.float32) -> None:
    """Fill `out`, 1-D float32, with draws from N(0, sd²), and advance `state`."""
    n = out.size
    radius_bits = np.empty((CHUNK // LANES, LANES), np.uint32)
    angle_bits = np.empty((CHUNK // LANES, LANES), np.uint32)
    radius = np.empty(CHUNK, np.float32)
    spare = np.empty(2 * CHUNK, np.float32)
    for at in range(0, n, 2 * CHUNK):
        _advance(state, radius_bits)
        _advance(state, angle_bits)
        whole = at + 2 * CHUNK <= n
        pairs = out[at : at + 2 * CHUNK] if whole else spare
        _radii(radius_bits.reshape(CHUNK), sd, radius)
        _project(radius, angle_bits.reshape(CHUNK), pairs[:CHUNK], pairs[CHUNK:])
        if not whole:
            out[at:] = spare[: n - at]


@compiled
def _advance(state: np.ndarray, out: np.ndarray) -> None:
    # xoshiro128++ of Blackman and Vigna, one generator per lane; `out` is (rounds, LANES).
    for at in range(out.shape[0]):
        for lane in range(LANES):
            s0, s1, s2, s3 = state[0, lane], state[1, lane], state[2, lane], state[3, lane]
            total = np.uint32(s0 + s3)
            rotated = np.uint32((total << np.uint32(7)) | (total >> np.uint32(25)))
            out[at, lane] = np.uint32(rotated + s0)
            shifted = np.uint32(s1 << np.uint32(9))
            s2 ^= s0
            s3 ^= s1
            s1 ^= s2
            s0 ^= s3
            s2 ^= shifted
            s3 = np.uint32((s3 << np.uint32(11)) | (s3 >> np.uint32(21)))
            state[0, lane], state[1, lane], state[2, lane], state[3, lane] = s0, s1, s2, s3


@compiled
def _radii(bits: np.ndarray, sd: np.float32, out: np.ndarray) -> None:
    # sd · sqrt(-2 log u), with u uniform in (0, 1] in steps of 2^-31, so at most 6.7 sd.
    one, half = np.float32(1), np.float32(0.5)
    pattern = out.view(np.int32)
    for i in range(out.size):
        out[i] = (np.float32(np.int32(bits[i] >> np.uint32(1))) + half) * np.float32(2.0**-31)
    for i in range(out.size):
        # log(u) = log(m) + e·log(2), with m between √½ and √2, from the bits of the number.
        shifted = np.int32(pattern[i] - np.int32(0x3F3504F3))
        exponent = np.float32(shifted >> np.int32(23))
        pattern[i] = np.int32((shifted & np.int32(0x007FFFFF)) + np.int32(0x3F3504F3))
        f = out[i] - one
        series = np.float32(7.0376836e-2)
        series = series * f - np.float32(1.1514610e-1)
        series = series * f + np.float32(1.1676999e-1)
        series = series * f - np.float32(1.2420141e-1)
        series = series * f + np.float32(1.4249323e-1)
        series = series * f - np.float32(1.6668058e-1)
        series = series * f + np.float32(2.0000715e-1)
        series = series * f - np.float32(2.4999994e-1)
        series = series * f + np.float32(3.3333331e-1)
        log = exponent * np.float32(0.69314718) + (f + f * f * (f * series - half))
        out[i] = np.sqrt(max(np.float32(-2) * log, np.float32(0))) * sd


@compiled
def _project(radius: np.ndarray, bits: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    # The cosine and sine of a uniform angle follow from those of half the angle, within ±π/2.
    one, half = np.float32(1), np.float32(0.5)
    for i in range(radius.size):
        a = np.float32(np.int32(bits[i])) * np.float32(2.0**-32 * np.pi)
        square = a * a
        sine = np.float32(-2.3868346e-8)
        sine = sine * square + np.float32(2.7525562e-6)
        sine = sine * square - np.float32(1.9840874e-4)
        sine = sine * square + np.float32(8.3333310e-3)
        sine = sine * square - np.float32(1.6666667e-1)
        sine = (sine * square + one) * a
        cosine = np.float32(-2.6051615e-7)
        cosine = cosine * square + np.float32(2.4760495e-5)
        cosine = cosine * square - np.float32(1.3888378e-3)
        cosine = cosine * square + np.float32(4.1666638e-2)
        cosine = cosine * square - half
        cosine = cosine * square + one
        x[i] = radius[i] * (one - np.float32(2) * sine * sine)
        y[i] = radius[i] * (np.float32(2) * sine * cosine)
