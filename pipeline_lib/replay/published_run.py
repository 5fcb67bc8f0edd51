"""The published run, repeated on its own random stream.

Each job of the study has its own generator, but the published run drew everything for a seed from a
single one. This module follows the published order of work with that single generator, using the
study's measures and steps, and so reproduces the published digits. Work that draws no random
numbers may be reordered; work that draws must stay where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from pipeline_lib import measures
from pipeline_lib.engines import plain
from pipeline_lib.engines.accuracy import Measurement, Stress, Subject, measure
from pipeline_lib.model import task
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Network
from pipeline_lib.model.pruning import prune, prune_further
from pipeline_lib.names import COMBINED, STANDARD, UNTREATED
from pipeline_lib.steps import Setting, take

if TYPE_CHECKING:
    from pipeline_lib.study.kinds import Replay

EVALUATE, ACUTE, RELAPSE = "evaluate", "acute", "relapse"


class OneStream:
    """The plain engine, with the single published generator for every purpose."""

    normal = staticmethod(plain.normal)
    fit = staticmethod(plain.fit)
    gradient_magnitudes = staticmethod(plain.gradient_magnitudes)
    highest = staticmethod(plain.highest)
    count_correct = staticmethod(plain.count_correct)

    def __init__(self, stream: torch.Generator) -> None:
        self.stream = stream

    def generator(self, seed: int, *purpose: str | int | float) -> torch.Generator:
        """Return the stream, whatever the seed and the purpose."""
        return self.stream


class Run:
    """One run: its stream, its points, which are those of `seed`, and the settings of its steps."""

    def __init__(self, stream: int, study: Replay, engine: type[OneStream] = OneStream) -> None:
        self.stream, self.study = stream, study
        self.seed = stream if study["data"] is None else study["data"]
        self.generator = torch.Generator().manual_seed(stream)
        self.engine = engine(self.generator)
        baseline = study["baseline"]
        training = task.points("training", self.seed, **baseline["training"])
        self.setting = Setting(self.engine, training, baseline["batch_size"], stream)

    def build(self) -> Network:
        """Return a new network, as drawn.

        The programs build one for each copy of another network, too, and overwrite it at once.
        """
        baseline = self.study["baseline"]
        return initial_network(baseline["sizes"], baseline["init"], self.generator)

    def points(self, data: str) -> task.Points:
        """Return the test points of a data set."""
        return task.points(data, self.seed, **self.study["points"][data])

    def options(self, measure: str, treatment: str) -> dict[str, Any]:
        """Return the options that a measure has for a treatment."""
        return self.study["measures"][measure][treatment]["options"]


def replay_seed(seed: int, study: Replay) -> list[Measurement]:
    """Run the published protocol for one seed, and return the rows of its measures."""
    run = Run(seed, study)
    baseline = take(study["baseline"]["steps"], run.build(), run.setting, run.generator)
    pruned = prune(baseline, **study["pruning"])
    rows = _measured(run, EVALUATE, UNTREATED, pruned)
    treated = {}
    for name, course in study["treatments"].items():
        run.build()
        treated[name] = take(course, pruned, run.setting, run.generator)
        rows += _measured(run, EVALUATE, name, treated[name])
        rows += _measured(run, ACUTE, name, treated[name])
    return rows + _cycles(run, treated)


def _measured(run: Run, name: str, treatment: str, network: Network) -> list[Measurement]:
    points = {data: run.points(data) for data in run.study["measures"][name][treatment]["points"]}
    subject = Subject(run.seed, treatment, run.engine)
    return measures.load(name).run(subject, network, **points, **run.options(name, treatment))


def _cycles(run: Run, networks: dict[str, Network]) -> list[Measurement]:
    """Take all treatments through the stress cycles side by side, as the published run did."""
    options = {name: run.options(RELAPSE, name) for name in networks}
    (cycles,), (share,) = ({each[key] for each in options.values()} for key in ("cycles", "prune"))

    def combined(name: str, network: Network, cycle: int) -> Measurement:
        stress = Stress(COMBINED, run.points(STANDARD), **options[name]["combined"])
        subject = Subject(run.seed, name, run.engine)
        return measure(subject, network, stress, assessment=RELAPSE, cycle=cycle)

    rows = []
    for name, network in networks.items():
        run.build()
        rows.append(combined(name, network, 0))
    for cycle in range(1, cycles + 1):
        for name, network in networks.items():
            steps, pruned = options[name]["maintenance"], prune_further(network, share)
            networks[name] = take(steps, pruned, run.setting, run.generator, cycle=cycle)
        rows += [combined(name, network, cycle) for name, network in networks.items()]
    return rows
