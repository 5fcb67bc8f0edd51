"""What every engine's training shares: Adam's constants, the noise schedule, an epoch's record."""

from __future__ import annotations

import logging
from dataclasses import dataclass

logger = logging.getLogger(__name__)

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # Adam's, everywhere in the published Methods

LOG_LINES = 10  # at the most, for one course of training


@dataclass(frozen=True)
class Epoch:
    """One epoch: its index from 0, the internal noise σ, and the mean loss over its points."""

    epoch: int
    noise: float
    loss: float


def ramp(epoch: int, epochs: int, ends: tuple[float, float]) -> float:
    """Return an epoch's σ or gain: linear from the first epoch's to the last one's."""
    start, end = ends
    return start + (epoch / max(epochs - 1, 1)) * (end - start)


def log_epoch(record: Epoch, epochs: int) -> None:
    """Tell how training goes, in about `LOG_LINES` lines however many epochs there are."""
    every = -(-epochs // LOG_LINES)
    if (record.epoch + 1) % every == 0 or record.epoch + 1 == epochs:
        logger.info(
            "epoch %d of %d: loss %.4f, internal noise %.3f",
            record.epoch + 1,
            epochs,
            record.loss,
            record.noise,
        )
