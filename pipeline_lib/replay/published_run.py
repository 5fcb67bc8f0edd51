"""The published run, repeated on its own random stream.

Each job of the study has its own generator, but the published run drew everything for a seed from a
single one. This module follows the published order of work with that single generator, using the
study's measures and steps, and so reproduces the published digits. Work that draws no random
numbers may be reordered; work that draws must stay where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_lib import measures
from pipeline_lib.engines import Engine, plain
from pipeline_lib.engines.accuracy import Measurement, Stress, Subject, measure
from pipeline_lib.model import task
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Network
from pipeline_lib.model.pruning import prune, prune_further
from pipeline_lib.model.randomness import published_generator
from pipeline_lib.names import COMBINED, UNTREATED
from pipeline_lib.steps import Setting, take

if TYPE_CHECKING:
    import torch

    from pipeline_lib.study.kinds import Replay

EVALUATE, ACUTE, RELAPSE = "evaluate", "acute", "relapse"


def replay_seed(seed: int, study: Replay) -> list[Measurement]:
    """Run the published protocol for one seed, and return the rows of its measures."""
    run = _Run(seed, study)
    baseline = take(study["baseline"]["steps"], run.build(), run.setting, run.generator)
    pruned = prune(baseline, **study["pruning"])
    rows = run.measure(EVALUATE, UNTREATED, pruned)
    treated = {}
    for name, course in study["treatments"].items():
        run.build()
        treated[name] = take(course, pruned, run.setting, run.generator)
        rows += run.measure(EVALUATE, name, treated[name])
        rows += run.measure(ACUTE, name, treated[name])
    return rows + _cycles(run, treated)


def _cycles(run: _Run, networks: dict[str, Network]) -> list[Measurement]:
    """Take all treatments through the stress cycles side by side, as the published run did."""
    options = {name: run.study["measures"][RELAPSE][name]["options"] for name in networks}
    (cycles,), (share,) = ({each[key] for each in options.values()} for key in ("cycles", "prune"))
    rows = []
    for name, network in networks.items():
        run.build()
        rows.append(run.combined(name, network, options[name], cycle=0))
    for cycle in range(1, cycles + 1):
        networks = {name: prune_further(network, share) for name, network in networks.items()}
        networks = {
            name: take(
                options[name]["maintenance"], network, run.setting, run.generator, cycle=cycle
            )
            for name, network in networks.items()
        }
        for name, network in networks.items():
            rows.append(run.combined(name, network, options[name], cycle=cycle))
    return rows


class OneStream:
    """The plain engine, with the single published generator for every purpose."""

    normal = staticmethod(plain.normal)
    fit = staticmethod(plain.fit)
    gradient_magnitudes = staticmethod(plain.gradient_magnitudes)
    count_correct = staticmethod(plain.count_correct)

    def __init__(self, stream: torch.Generator) -> None:
        self.stream = stream

    def generator(self, seed: int, *purpose: str | int | float) -> torch.Generator:
        """Return the stream, whatever the seed and the purpose."""
        return self.stream


class _Run:
    """One seed: its stream, its points, and the settings of its jobs."""

    def __init__(self, seed: int, study: Replay) -> None:
        self.seed, self.study = seed, study
        self.generator = published_generator(seed)
        self.engine: Engine = OneStream(self.generator)
        training = task.points("training", seed, **study["baseline"]["training"])
        self.setting = Setting(self.engine, training, study["baseline"]["batch_size"], seed)

    def build(self) -> Network:
        # Building a network draws random numbers, so all networks of the published run are built
        # here, even those whose weights it overwrote at once.
        baseline = self.study["baseline"]
        return initial_network(baseline["sizes"], baseline["init"], self.generator)

    def points(self, name: str, treatment: str) -> dict[str, task.Points]:
        needed = self.study["measures"][name][treatment]["points"]
        return {data: task.points(data, self.seed, **needed[data]) for data in needed}

    def measure(self, name: str, treatment: str, network: Network) -> list[Any]:
        options = self.study["measures"][name][treatment]["options"]
        subject = Subject(self.seed, treatment, self.engine)
        points = self.points(name, treatment)
        return measures.load(name).run(subject, network, **points, **options)

    def combined(
        self, treatment: str, network: Network, options: dict[str, Any], cycle: int
    ) -> Measurement:
        standard = self.points(RELAPSE, treatment)["standard"]
        stress = Stress(COMBINED, standard, **options["combined"])
        subject = Subject(self.seed, treatment, self.engine)
        return measure(subject, network, stress, assessment=RELAPSE, cycle=cycle)
