"""One contender goes through the protocol of one seed, in a process of its own.

    python -m benchmarks.contender

reads a request, one line of JSON, from standard input: `contender` (`fast`, `plain`,
`straightforward`), `seed`, `study` (`slices.replay` of a study), `most_epochs` (0: all). It
writes `turn` before each training and waits for a line; last, its result as one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from benchmarks.clock import Clock, peak_memory

Protocol = Callable[[int, Mapping[str, Any], Clock], None]


def library(name: str) -> Protocol:
    """Return the study's own stages on the engine of this name."""
    from pipeline_lib import engines
    from pipeline_lib.measures.accuracy import Subject
    from pipeline_lib.measures.acute import acute_relapse
    from pipeline_lib.measures.evaluate import evaluate
    from pipeline_lib.measures.relapse import longitudinal_relapse
    from pipeline_lib.model import pruning
    from pipeline_lib.model.initialisation import initial_network
    from pipeline_lib.model.randomness import initial_state
    from pipeline_lib.model.task import clean_points, standard_points, training_points
    from pipeline_lib.steps import course as treatments

    engine = engines.load(name)

    def protocol(seed: int, study: Mapping[str, Any], clock: Clock) -> None:
        timed = instrumented(engine, clock, counting=name == "fast")
        points = training_points(seed, **study["training_points"])
        standard = standard_points(seed, **study["standard_points"])
        clean = clean_points(seed, **study["clean_points"])
        batch_size, combined = study["batch_size"], study["combined"]

        def course(steps: Any, network: Any, *purpose: str) -> Any:
            setting = treatments.Setting(timed, points, batch_size)
            return treatments.run(steps, network, setting, engine.generator(seed, *purpose))

        def evaluation(state: str, network: Any, withdrawal: bool) -> None:
            with clock.phase("evaluation"):
                evaluate(
                    Subject(seed, state, timed),
                    network,
                    standard=standard,
                    clean=clean,
                    combined=combined,
                    sweep=study["sweep"],
                    withdrawal=withdrawal,
                )

        with clock.phase("baseline"):
            healthy = initial_network(study["sizes"], study["init"], initial_state(seed))
            healthy = course([{"train": study["baseline"]}], healthy, "baseline")
        with clock.phase("prune"):
            pruned = pruning.prune(healthy, study["pruning"]["sparsity"])
        evaluation("untreated", pruned, withdrawal=False)
        treated = {}
        for state, treatment in study["treatments"].items():
            with clock.phase(f"course of {state}"):
                treated[state] = course(treatment["course"], pruned, "course", state)
            evaluation(state, treated[state], treatment["withdrawal"])
            with clock.phase("acute relapse"):
                acute_relapse(
                    Subject(seed, state, timed),
                    treated[state],
                    standard=standard,
                    combined=combined,
                    prune=study["acute"]["prune"],
                )
        for state, treatment in study["treatments"].items():
            with clock.phase(f"relapse of {state}"):
                longitudinal_relapse(
                    Subject(seed, state, timed),
                    treated[state],
                    points=points,
                    batch_size=batch_size,
                    maintenance=treatment["maintenance"],
                    standard=standard,
                    combined=combined,
                    **study["relapse"],
                )

    return protocol


def instrumented(engine: Any, clock: Clock, *, counting: bool) -> Any:
    """Return the engine with its training under the clock's rule, and its work counted."""

    def fit(network: Any, points: Any, **options: Any) -> Any:
        if counting:
            from benchmarks import floor

            with clock.unmeasured():
                clock.count(
                    *floor.training(network, len(points), options["epochs"], options["noise"])
                )
        return clock.shortened(engine.fit)(network, points, **options)

    def count_correct(network: Any, points: Any, **options: Any) -> int:
        if counting:
            from benchmarks import floor

            noise = options["input_noise"], options["internal_noise"]
            with clock.unmeasured():
                clock.count(*floor.measurement(network, len(points), *noise))
        return int(engine.count_correct(network, points, **options))

    return SimpleNamespace(
        generator=engine.generator,
        normal=engine.normal,
        gradient_magnitudes=engine.gradient_magnitudes,
        fit=fit,
        count_correct=count_correct,
    )


def straightforward() -> Protocol:
    """Return the straightforward program."""
    from benchmarks import straightforward as program

    train = program.train

    def protocol(seed: int, study: Mapping[str, Any], clock: Clock) -> None:
        experiment = program.Experiment(seed, study)
        experiment.phase = clock.phase
        program.train = clock.shortened(train)
        experiment.run()

    return protocol


def miniature(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same protocol on next to no network, data and training."""
    few = {
        "training_points": study["training_points"] | {"train": study["batch_size"]},
        "standard_points": study["standard_points"] | {"test": 40},
        "clean_points": study["clean_points"] | {"clean": 8},
        "sizes": [study["sizes"][0], *[16 for _ in study["sizes"][1:-1]], study["sizes"][-1]],
    }
    return {**study, **few}


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.readline())
    name, seed, study = request["contender"], request["seed"], request["study"]
    protocol = straightforward() if name == "straightforward" else library(name)
    imports = time.process_time()
    protocol(seed, miniature(study), Clock(most_epochs=1))
    started, memory = time.process_time(), peak_memory()
    clock = Clock(turn, request["most_epochs"])
    if not request["start_only"]:
        protocol(seed, study, clock)
    result = {
        "imports": imports,
        "first_calls": started - imports,
        "start_memory": memory,
        "memory": peak_memory(),
        "seconds": clock.seconds,
        "scaled": clock.scaled,
        "work": clock.work,
    }
    print(json.dumps(result), flush=True)


def turn() -> None:
    """Wait until the other contenders have had theirs."""
    print("turn", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
