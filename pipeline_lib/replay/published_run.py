"""The published run, repeated on its own random stream.

The study's jobs draw from a generator each; the published run drew everything that a seed
needs from one. This module goes through the protocol in the published order of work with that
one generator, by the same functions as the study, and so gives the published digits. Work that
draws nothing may stand anywhere; what draws must stay where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline_lib.engines import plain
from pipeline_lib.files.rows import ReplayValue
from pipeline_lib.model import pruning
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Network
from pipeline_lib.model.randomness import published_generator
from pipeline_lib.model.task import Points, clean_points, standard_points, training_points
from pipeline_lib.names import UNTREATED
from pipeline_lib.steps import course as treatments
from pipeline_lib.steps.course import Setting


def replay_seed(seed: int, study: Mapping[str, Any]) -> list[ReplayValue]:
    """Run the published protocol for one seed; `study` is `slices.replay` of a study."""
    return list(_Replay(seed, study).values())


class _Replay:
    def __init__(self, seed: int, study: Mapping[str, Any]) -> None:
        self.seed = seed
        self.study = study
        self.generator = published_generator(seed)
        self.setting = Setting(
            engine=plain,
            points=training_points(seed, **study["training_points"]),
            batch_size=study["batch_size"],
        )
        self.standard = standard_points(seed, **study["standard_points"])
        self.clean = clean_points(seed, **study["clean_points"])

    def values(self) -> Iterator[ReplayValue]:
        study, courses = self.study, self.study["treatments"]
        baseline = self.run([{"train": study["baseline"]}], self.build())
        pruned = pruning.prune(baseline, study["pruning"]["sparsity"])
        yield from self.first_table(UNTREATED, pruned)
        treated = {}
        for name, treatment in courses.items():
            self.build()
            treated[name] = self.run(treatment["course"], pruned)
            yield from self.first_table(name, treated[name])
            if treatment["withdrawal"]:
                yield from self.off_medication(name, treated[name])
            yield self.acute_relapse(name, treated[name])
        for name in courses:
            self.build()
            yield from self.cycle_values(name, 0, treated[name])
        for cycle in range(1, study["relapse"]["cycles"] + 1):
            for name in courses:
                treated[name] = pruning.prune_further(treated[name], study["relapse"]["prune"])
            for name, treatment in courses.items():
                treated[name] = self.run(treatment["maintenance"], treated[name], cycle)
            for name in courses:
                yield from self.cycle_values(name, cycle, treated[name])

    def value(self, treatment: str, metric: str, cycle: int | None, value: float) -> ReplayValue:
        return ReplayValue(self.seed, treatment, metric, cycle, value)

    def build(self) -> Network:
        # Building draws, so the published run's networks are all built here, even those whose
        # weights it overwrote at once.
        study = self.study
        return initial_network(study["sizes"], study["init"], self.generator)

    def run(self, steps: Sequence[Mapping[str, Any]], network: Network, cycle: int = 0) -> Network:
        return treatments.run(steps, network, self.setting, self.generator, cycle=cycle)

    def per_cent(
        self, network: Network, points: Points, input_noise: float = 0, internal_noise: float = 0
    ) -> float:
        correct = plain.count_correct(
            network,
            points,
            input_noise=input_noise,
            internal_noise=internal_noise,
            generator=self.generator,
        )
        return 100.0 * correct / len(points)

    def combined(self, network: Network) -> float:
        return self.per_cent(network, self.standard, **self.study["combined"])

    def first_table(self, name: str, network: Network) -> Iterator[ReplayValue]:
        yield self.value(name, "sparsity", None, 100.0 * network.sparsity)
        yield self.value(name, "clean", None, self.per_cent(network, self.clean))
        yield self.value(name, "standard", None, self.per_cent(network, self.standard))
        self.before = self.combined(network)
        yield self.value(name, "combined", None, self.before)
        for sigma in self.study["sweep"]:
            accuracy = self.per_cent(network, self.standard, internal_noise=sigma)
            yield self.value(name, f"internal_{sigma}", None, accuracy)

    def off_medication(self, name: str, network: Network) -> Iterator[ReplayValue]:
        off = treatments.withdraw(network, self.setting, self.generator)
        yield self.value(name, "off_medication_combined", None, self.combined(off))
        sigma = max(self.study["sweep"])
        accuracy = self.per_cent(off, self.standard, internal_noise=sigma)
        yield self.value(name, f"off_medication_internal_{sigma}", None, accuracy)

    def acute_relapse(self, name: str, network: Network) -> ReplayValue:
        relapsed = pruning.prune_further(network, self.study["acute"]["prune"], pruning.ACUTE_CAP)
        return self.value(name, "acute_relapse_drop", None, self.before - self.combined(relapsed))

    def cycle_values(self, name: str, cycle: int, network: Network) -> Iterator[ReplayValue]:
        yield self.value(name, "longitudinal_combined", cycle, self.combined(network))
        yield self.value(name, "longitudinal_sparsity", cycle, 100.0 * network.sparsity)
