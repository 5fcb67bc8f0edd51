"""What the engines' training has in common: Adam's constants, the ramps, the end of an epoch."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline_lib.errors import PipelineError
from pipeline_lib.model.network import Network

logger = logging.getLogger(__name__)

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # Adam's, everywhere in the published Methods

LOG_LINES = 10  # the most lines in the log for one course of training


@dataclass(frozen=True)
class Epoch:
    """One epoch: its index from 0, the internal noise σ, and the mean loss over its points."""

    epoch: int
    noise: float
    loss: float


def ramp(epoch: int, epochs: int, ends: float | Sequence[float]) -> float:
    """Return an epoch's σ or gain, which is steady or changes linearly from first to last."""
    start, end = ends if isinstance(ends, Sequence) else (ends, ends)
    return start + (epoch / max(epochs - 1, 1)) * (end - start)


def end_epoch(record: Epoch, epochs: int, lr: float) -> None:
    """Log the progress of training, in about `LOG_LINES` lines for any number of epochs.

    Raises PipelineError if the loss is not a finite number.
    """
    if not math.isfinite(record.loss):
        raise PipelineError(
            f"the loss of epoch {record.epoch + 1} of {epochs} is {record.loss}: training at lr"
            f" {lr:g} and noise {record.noise:g} has diverged; use a smaller lr or, if one of them"
            " is very large, a smaller noise, gain, damping, centre or initial weight"
        )
    every = -(-epochs // LOG_LINES)
    if (record.epoch + 1) % every == 0 or record.epoch + 1 == epochs:
        told = (record.epoch + 1, epochs, record.loss, record.noise)
        logger.info("epoch %d of %d: loss %.4f, internal noise %.3f", *told)


def trained(network: Network, lr: float) -> Network:
    """Return the network at the end of training.

    Raises PipelineError if a parameter is not a finite number, which no loss shows after the last
    step.
    """
    if not network.is_finite:
        raise PipelineError(
            f"after the last epoch weights are not finite: training at lr {lr:g} has diverged;"
            " use a smaller lr"
        )
    return network
