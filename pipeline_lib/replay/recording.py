"""The plain engine on one stream, with a record of its last training."""

from __future__ import annotations

from typing import Any

import torch

from pipeline_lib.engines import plain
from pipeline_lib.model.network import Network
from pipeline_lib.model.task import Points
from pipeline_lib.replay.published_run import OneStream


class Recording(OneStream):
    """One stream for every purpose.

    `options`, `losses` and `leftover` are the options of the last training, the mean loss of each
    of its mini-batches, and the gradients of the last one. The published programs do not clear
    these before they score regrowth, so they are part of the first score.
    """

    def __init__(self, stream: torch.Generator) -> None:
        super().__init__(stream)
        self.leftover: list[torch.Tensor] = []
        self.losses: list[float] = []
        self.options: dict[str, Any] = {}

    def fit(self, network: Network, points: Points, **options: Any) -> Any:
        """See `Engine.fit`."""
        self.losses.clear()
        self.options = options
        return plain.fit(network, points, **options, leftover=self.leftover, losses=self.losses)

    def gradient_magnitudes(self, *network_and_points: Any, **options: Any) -> Any:
        """See `Engine.gradient_magnitudes`."""
        return plain.gradient_magnitudes(*network_and_points, **options, leftover=self.leftover)
