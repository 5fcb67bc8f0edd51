"""The engines, which compute training and accuracy.

An engine is a module with the functions of `Engine`. `plain` is the readable reference, with which
the others must agree.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from pipeline_lib.errors import PipelineError

if TYPE_CHECKING:
    import numpy as np

    from pipeline_lib.engines.training import Epoch
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points


class Engine(Protocol):
    """The functions of an engine. `generator` arguments take what its `generator()` returns."""

    def generator(self, seed: int, *purpose: str | int | float) -> Any:
        """Return the generator of this seed and purpose."""

    def normal(self, count: int, sd: float, generator: Any) -> np.ndarray:
        """Return `count` draws from N(0, sd²), (count,) float32."""

    def fit(
        self,
        network: Network,
        points: Points,
        *,
        epochs: int,
        lr: float,
        batch_size: int,
        noise: tuple[float, float],
        input_noise: tuple[float, float] = (0.0, 0.0),
        gain: tuple[float, float] | None = None,
        stop: int | None = None,
        generator: Any,
    ) -> tuple[Network, list[Epoch]]:
        """Return the network after `epochs` of a fresh Adam on its surviving parameters.

        Each epoch goes through all points once, in a new order, in batches of `batch_size`
        (the last one may be short). σ runs linearly over the epochs from `noise[0]` to
        `noise[1]`; so do the SD of noise on the inputs, new in each epoch, and the modulation's
        gain, if `gain` is given, whose last value the network keeps. A pruned weight stays
        exactly zero. With `stop`, only the first epochs of this training take place.
        """

    def gradient_magnitudes(
        self, network: Network, points: Points, *, batches: int, batch_size: int, generator: Any
    ) -> tuple[np.ndarray, ...]:
        """Return the gradient magnitudes of each weight matrix, (n_out, n_in) float32 each.

        They are abs(gradient of the mean cross-entropy), summed over the first `batches`
        mini-batches of one pass (all, if there are fewer), without noise. Pruned weights have
        gradients too.
        """

    def highest(self, scores: np.ndarray, count: int) -> np.ndarray:
        """Return the places of the `count` highest scores, (n,) float32, the highest first.

        Which of equal scores are among them is PyTorch's choice, as in the published run.
        """

    def count_correct(
        self,
        network: Network,
        points: Points,
        *,
        input_noise: float,
        internal_noise: float,
        internal_bias: float = 0.0,
        generator: Any,
    ) -> int:
        """Return how many points the network classifies correctly under noise of these SDs.

        `internal_bias` is the mean of the internal noise.
        """


def no_answer(input_noise: float, internal_noise: float, internal_bias: float) -> PipelineError:
    """Return the error of a network whose logits are not finite numbers under this noise."""
    return PipelineError(
        "the network's output is not finite, so it names no class, under input noise"
        f" {input_noise:g}, internal noise {internal_noise:g} and its mean {internal_bias:g};"
        " use a smaller noise, gain, damping or lr, whichever is very large"
    )


def load(name: str) -> Engine:
    """Return the engine of this name, without importing the others."""
    return cast(Engine, importlib.import_module(f"pipeline_lib.engines.{name}"))
