"""The published run of one seed on switch liability, which measured in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.orders.ch05 import recoveries
from pipeline_lib.replay.single import Replayed, SingleRun

if TYPE_CHECKING:
    from pipeline_lib.study.kinds import Replay

KERNELS = AVX2


def replay(stream: int, study: Replay) -> list[Replayed]:
    """Return the numbers of the run."""
    return recoveries(SingleRun(stream, study), sweep_last=False)
