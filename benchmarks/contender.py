"""One contender goes through the protocol of one seed, in a process of its own.

    python -m benchmarks.contender

reads a request, one line of JSON, from standard input: `contender` (`fast`, `plain`,
`straightforward`), `seed`, `study` (`slices.replay` of a study), `most_epochs` (0: all). It
writes `turn` before each training and waits for a line; last, its result as one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class Clock:
    """CPU-seconds by phase.

    `turn` is called before each training, to wait until it may go on. With `most_epochs`, no
    training has more epochs, and its time counts as many times as epochs were left out.
    """

    def __init__(self, turn: Callable[[], None] = lambda: None, most_epochs: int = 0) -> None:
        self.turn = turn
        self.most_epochs = most_epochs
        self.seconds: dict[str, float] = defaultdict(float)
        self.scaled: dict[str, float] = defaultdict(float)  # how much of `seconds` is scaled up
        self.current = ""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the CPU time of what is done inside to a phase."""
        self.current = name
        began = time.process_time()
        yield
        self.seconds[name] += time.process_time() - began

    def shortened(self, train: Callable[..., Any]) -> Callable[..., Any]:
        """Return `train` with at most so many epochs, the first of the whole training."""

        def shortened(
            *arguments: Any, epochs: int, noise: tuple[float, float] = (0.0, 0.0), **options: Any
        ) -> Any:
            self.turn()
            few = min(epochs, self.most_epochs or epochs)
            share = (few - 1) / max(epochs - 1, 1)
            last = noise[0] + share * (noise[1] - noise[0])
            began = time.process_time()
            result = train(*arguments, epochs=few, noise=(noise[0], last), **options)
            extra = (time.process_time() - began) * (epochs - few) / max(few, 1)
            self.seconds[self.current] += extra
            self.scaled[self.current] += extra
            return result

        return shortened


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
        timed = SimpleNamespace(**{**vars(engine), "fit": clock.shortened(engine.fit)})
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
    started = time.process_time()
    clock = Clock(turn, request["most_epochs"])
    protocol(seed, study, clock)
    result = {
        "imports": imports,
        "first_calls": started - imports,
        "memory": peak_memory(),
        "seconds": clock.seconds,
        "scaled": clock.scaled,
    }
    print(json.dumps(result), flush=True)


def peak_memory() -> float:
    """Return the most memory that this process has held so far, in MB."""
    # Linux lets a process inherit ru_maxrss from the one that started it; this it does not.
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def turn() -> None:
    """Wait until the other contenders have had theirs."""
    print("turn", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
