"""The published runs of several seeds on scars, and on kindling by episodes that leave them.

They are those on what happens when treatment is stopped, but the pruned network has scars from the
beginning, and each treated network also goes through the cycles of kindling.
"""

from dataclasses import asdict, replace

import numpy as np
import torch

from pipeline_lib.engines.accuracy import Subject
from pipeline_lib.measures.kindling import KINDLING, NUMBERS, probed, severity_of, values
from pipeline_lib.model.activity import mean_activity
from pipeline_lib.model.network import Network
from pipeline_lib.model.randomness import skip_draw
from pipeline_lib.names import STANDARD, UNTREATED
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.orders.ch07 import SETTINGS, stop
from pipeline_lib.replay.orders.recoveries import recoveries
from pipeline_lib.replay.single import SingleRun
from pipeline_lib.steps import Setting, take
from pipeline_lib.steps.scar import scarred

KERNELS = AVX2
EARLY = (0.0, 0.06)  # the range of the share of all weights that early adversity cost
SHARES = {number.name for number in NUMBERS if number.share}


def replay(run: SingleRun) -> None:
    """Go through the run of one seed."""
    options, *_ = (each["options"] for each in run.study["measures"][KINDLING].values())
    dose, bias = options["episode"][0]["scar"], options["probe"]["bias"]
    lowest, highest = dose["severity"]["limits"]
    found = {"scar_base": 100 * dose["fraction"], "probes": options["cycles"] + 1}
    found |= {"severity_lowest": lowest, "severity_highest": highest}
    found |= {"bias_first": bias[0], "bias_last": bias[1]}
    run.add(SETTINGS, "", found | {"autonomy_bias": options["afterwards"]["bias"]})

    def in_any_order(count: int) -> np.ndarray:
        return torch.randperm(count, generator=run.generator).numpy()

    def stop_and_kindle(name: str, network: Network) -> None:
        stop(run, name, network)
        kindle(run, name, network)

    share = np.random.RandomState(run.stream).uniform(*EARLY)
    run.add("adversity", UNTREATED, {"scars_drawn": 100 * share})
    pruned = scarred(run.pruned(run.healthy()), share, "all", "random", in_any_order)
    recoveries(run, pruned, then=stop_and_kindle)


def kindle(run: SingleRun, name: str, network: Network) -> None:
    """Take a treated network through the cycles, and add what is found."""
    options, points = run.options(KINDLING, name), run.points(STANDARD)
    # An episode was as severe as the activity at the points of the probe had it.
    at_probe = Setting(run.engine, points, run.setting.batch_size, run.stream)
    subject, cycles, rows = Subject(run.stream, name, run.engine), options["cycles"], []
    run.build()
    for cycle in range(cycles + 1):
        if cycle:
            network = run.taken(options["maintenance"], network)
        found = {"gain": network.modulation.gain, "activity": mean_activity(network, points.x)}
        found["severity"] = severity_of(options["episode"], network, points)
        skip_draw(run.generator)  # for the pass in which activity was measured
        row = probed(subject, network, points, options["probe"], cycle, cycles)
        if row.episode:
            network = take(options["episode"], network, at_probe, run.generator)
        rows.append(replace(row, scars=network.lost))
        found |= {"bias": row.bias, "sparsity": 100 * network.sparsity}
        named = {f"kindling_{number}": value for number, value in found.items()}
        run.add(KINDLING, name, named, cycle=cycle)
    rows.append(probed(subject, network, points, options["afterwards"], None, cycles))
    for each in values(map(asdict, rows), {}):
        scale = 100 if each.number in SHARES else 1
        run.add(KINDLING, name, {each.number: scale * each.value}, cycle=each.cycle)
