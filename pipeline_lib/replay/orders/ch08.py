"""The published runs of several seeds on scars, and on kindling by episodes that leave them.

They are those on what happens when treatment is stopped, but the pruned network has scars from the
beginning, and each treated network also goes through the cycles of kindling.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from pipeline_lib.engines.accuracy import Subject
from pipeline_lib.measures.kindling import KINDLING, NUMBERS, probed, severity_of, values
from pipeline_lib.model import task
from pipeline_lib.model.activity import mean_activity
from pipeline_lib.model.randomness import skip_draw
from pipeline_lib.names import SCARS, STANDARD, UNTREATED
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.orders.ch05 import recoveries
from pipeline_lib.replay.orders.ch07 import SETTINGS, drugs, stop
from pipeline_lib.replay.single import Replayed, SingleRun
from pipeline_lib.steps import Setting, take
from pipeline_lib.steps.scar import scarred

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.study.kinds import Replay

KERNELS = AVX2
EARLY = (0.0, 0.06)  # the range of the share of all weights that early adversity cost
SHARES = {number.name for number in NUMBERS if number.share}


def replay(stream: int, study: Replay) -> list[Replayed]:
    """Return the numbers of the run of one seed."""
    run = _Run(stream, study)
    options = next(iter(study["measures"][KINDLING].values()))["options"]
    dose, bias = options["episode"][0]["scar"], options["probe"]["bias"]
    for number, value in (
        ("scar_base", 100 * dose["fraction"]),
        ("severity_lowest", dose["severity"]["limits"][0]),
        ("severity_highest", dose["severity"]["limits"][1]),
        ("probes", options["cycles"] + 1),
        ("bias_first", bias[0]),
        ("bias_last", bias[1]),
        ("autonomy_bias", options["afterwards"]["bias"]),
    ):
        run.add(SETTINGS, "", number, value)
    return recoveries(run, sweep_last=True, names=drugs(study), then=run.stop_and_kindle)


class _Run(SingleRun):
    def pruned(self, network: Network, sparsity: float | None = None) -> Network:
        share = np.random.RandomState(self.stream).uniform(*EARLY)
        self.add("adversity", UNTREATED, "scars_drawn", 100 * share)

        def draw(count: int) -> np.ndarray:
            return torch.randperm(count, generator=self.generator).numpy()

        return scarred(super().pruned(network, sparsity), share, "all", "random", draw)

    def sparsity(self, table: str, treatment: str, network: Network) -> None:
        super().sparsity(table, treatment, network)
        self.add(table, treatment, SCARS, 100 * network.lost)

    def stop_and_kindle(self, name: str, network: Network) -> None:
        """Stop a treatment, take the treated network through the cycles, and add what is found."""
        stop(self, name, network)
        options = self.study["measures"][KINDLING][name]["options"]
        points = task.points(STANDARD, self.seed, **self.study["points"][STANDARD])
        # An episode was as severe as the activity at the points of the probe had it.
        at_probe = Setting(self.engine, points, self.setting.batch_size, self.stream)
        subject, cycles, rows = Subject(self.stream, name, self.engine), options["cycles"], []
        self.build()
        for cycle in range(cycles + 1):
            if cycle:
                network = self.taken(options["maintenance"], network)
            told = {"gain": network.modulation.gain, "activity": mean_activity(network, points.x)}
            told["severity"] = severity_of(options["episode"], network, points)
            skip_draw(self.generator)  # for the pass in which activity was measured
            row = probed(subject, network, points, options["probe"], cycle, cycles)
            if row.episode:
                network = take(options["episode"], network, at_probe, self.generator)
            rows.append(replace(row, scars=network.lost))
            told |= {"bias": row.bias, "sparsity": 100 * network.sparsity}
            for number, value in told.items():
                self.add(KINDLING, name, f"kindling_{number}", value, cycle=cycle)
        rows.append(probed(subject, network, points, options["afterwards"], None, cycles))
        for each in values(map(asdict, rows), {}):
            found = 100 * each.value if each.number in SHARES else each.value
            self.add(KINDLING, name, each.number, found, cycle=each.cycle)
