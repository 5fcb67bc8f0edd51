"""Every random generator of a study is made here.

A job derives its generators from the seed and the purpose, never from what ran before. Any subset
of the study therefore gives the same bytes in any order.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import torch

    MersenneTwister: TypeAlias = np.random.RandomState | torch.Generator

OFFSETS = {"training": 100, "standard": 200, "clean": 300}


def derive(seed: int, *purpose: str | int | float) -> int:
    """Return a 64-bit integer that depends on the seed and the purpose."""
    text = json.dumps([int(seed), *purpose], ensure_ascii=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def data_state(seed: int, data: str) -> np.random.RandomState:
    """Return the generator of a seed's data set, which gives the published points."""
    return np.random.RandomState(1000 * seed + OFFSETS[data])


def initial_state(seed: int) -> np.random.RandomState:
    """Return the generator of a seed's initial weights."""
    return np.random.RandomState(derive(seed, "initial weights") & 0xFFFFFFFF)


def below_2_to_24(generator: MersenneTwister, count: int) -> np.ndarray:
    """Return `count` integers below 2^24, each from one step of the generator.

    NumPy's and PyTorch's Mersenne twisters give the same integers for the same seed.
    """
    if isinstance(generator, np.random.RandomState):
        return generator.randint(0, 2**32, count, dtype=np.uint32) & np.uint32(2**24 - 1)
    import torch

    drawn = torch.empty(count, dtype=torch.int64).random_(2**24, generator=generator)
    return drawn.numpy()


def normal_float32(generator: MersenneTwister, count: int, sd: float) -> np.ndarray:
    """Return `count` draws from N(0, sd²), float32; the two kinds of generator draw differently."""
    if isinstance(generator, np.random.RandomState):
        return generator.normal(0.0, sd, count).astype(np.float32)
    import torch

    return torch.empty(count).normal_(0.0, sd, generator=generator).numpy()


def numpy_generator(seed: int, *purpose: str | int | float) -> np.random.Generator:
    """Return NumPy's generator for this seed and purpose."""
    return np.random.Generator(np.random.PCG64(derive(seed, *purpose)))


def torch_generator(seed: int, *purpose: str | int | float) -> torch.Generator:
    """Return PyTorch's CPU generator for this seed and purpose.

    PyTorch seeds its Mersenne twister with 32 bits, so only those of `derive` are used.
    """
    import torch

    return torch.Generator().manual_seed(derive(seed, *purpose) & 0xFFFFFFFF)


def shuffled(count: int, generator: torch.Generator) -> torch.Tensor:
    """Return an order of `count` training points, (count,) int64.

    Two integers are drawn: the published run drew and discarded the first, and seeded the
    permutation's own generator with the second.
    """
    import torch

    skip_draw(generator)
    seed = torch.empty((), dtype=torch.int64).random_(generator=generator).item()
    return torch.randperm(count, generator=torch.Generator().manual_seed(int(seed)))


def skip_draw(generator: torch.Generator) -> None:
    """Draw and discard the integer that the published run drew before each pass over points."""
    import torch

    torch.empty((), dtype=torch.int64).random_(generator=generator)
