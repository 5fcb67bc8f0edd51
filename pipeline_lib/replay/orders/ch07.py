"""The published runs of several seeds on what happens when treatment is stopped.

They are those on switch liability, in which each treated network was also kept on its drug and on a
mood stabiliser for several durations, and pushed after the drug was stopped.
"""

from functools import partial

import numpy as np

from pipeline_lib.engines.accuracy import is_below
from pipeline_lib.model.network import Network
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.orders.recoveries import recoveries, stops
from pipeline_lib.replay.single import SWITCH, SingleRun

KERNELS = AVX2
TABLE, SETTINGS = "discontinuation", "settings"
STEPS = 50  # in which the stabiliser wore off, linearly


def replay(run: SingleRun) -> None:
    """Go through the run of one seed."""
    recoveries(run, run.pruned(run.healthy()), then=partial(stop, run))


def stop(run: SingleRun, name: str, treated: Network) -> None:
    """Keep a treated network for each duration, stop its drug, and push it."""
    threshold = run.study["values"][SWITCH]["threshold"]
    switched = []
    for arm in stops(run, name):
        run.build()
        network = run.treated(arm, treated)
        biased = run.biased(arm, network)
        switched.append(100.0 * is_below(biased, threshold))
        whole = run.study["treatments"][arm][0]["modulate"]["inhibition"]
        left = network.modulation.inhibition / whole
        found = {"biased": biased, "switched": switched[-1], "protection": left}
        run.add(TABLE, arm, found | {"effective_gain": network.modulation.effective_gain})
    run.add(TABLE, name, {"relapse_probability": float(np.mean(switched))})
    run.add(SETTINGS, name, {"washout_total": 1 - left, "washout_rate": (1 - left) / STEPS})
