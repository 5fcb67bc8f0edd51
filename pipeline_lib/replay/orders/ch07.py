"""The published runs of several seeds on what happens when treatment is stopped.

They are those on switch liability, in which each treated network was also kept on its drug and on a
mood stabiliser for several durations, and pushed after the drug was stopped.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from pipeline_lib.engines.accuracy import is_below
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.orders.ch05 import recoveries
from pipeline_lib.replay.single import SWITCH, Replayed, SingleRun

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.study.kinds import Replay

KERNELS = AVX2
TABLE, SETTINGS = "discontinuation", "settings"
STEPS = 50  # in which the stabiliser wore off, linearly


def replay(stream: int, study: Replay) -> list[Replayed]:
    """Return the numbers of the run of one seed."""
    run = SingleRun(stream, study)
    return recoveries(run, sweep_last=True, names=drugs(study), then=partial(stop, run))


def drugs(study: Replay) -> list[str]:
    """Return the treatments that are stopped."""
    return [name for name in study["treatments"] if _durations(study, name)]


def _durations(study: Replay, name: str) -> list[str]:
    # An arm that stops a treatment is called after it and its duration.
    return [arm for arm in study["treatments"] if re.fullmatch(rf"{name}_\d+", arm)]


def stop(run: SingleRun, name: str, treated: Network) -> None:
    """Keep a treated network for each duration, stop its drug, and push it."""
    threshold = run.study["values"][SWITCH]["threshold"]
    switched = []
    for arm in _durations(run.study, name):
        run.build()
        network = run.treated(arm, treated)
        biased = run.biased(arm, network)
        switched.append(100.0 * is_below(biased, threshold))
        whole = run.study["treatments"][arm][0]["modulate"]["inhibition"]
        left = network.modulation.inhibition / whole
        run.add(TABLE, arm, "biased", biased)
        run.add(TABLE, arm, "switched", switched[-1])
        run.add(TABLE, arm, "protection", left)
        run.add(TABLE, arm, "effective_gain", network.modulation.effective_gain)
    run.add(TABLE, name, "relapse_probability", float(np.mean(switched)))
    run.add(SETTINGS, name, "washout_total", 1 - left)
    run.add(SETTINGS, name, "washout_rate", (1 - left) / STEPS)
