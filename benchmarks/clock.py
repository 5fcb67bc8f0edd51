"""CPU-seconds by phase of one seed, with training that may be cut short and scaled up."""

from __future__ import annotations

import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Clock:
    """What each phase costs.

    `turn` is called before each training, to wait until it may go on. With `most_epochs`, no
    training has more epochs, and its time counts as many times as epochs were left out.
    """

    def __init__(self, turn: Callable[[], None] = lambda: None, most_epochs: int = 0) -> None:
        self.turn = turn
        self.most_epochs = most_epochs
        self.seconds: dict[str, float] = defaultdict(float)
        self.scaled: dict[str, float] = defaultdict(float)  # how much of `seconds` is scaled up
        self.work: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])  # flop, noise draws
        self.current = ""
        self.excluded = 0.0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the CPU time of what is done inside to a phase."""
        self.current, self.excluded = name, 0.0
        began = time.process_time()
        yield
        self.seconds[name] += time.process_time() - began - self.excluded

    @contextmanager
    def unmeasured(self) -> Iterator[None]:
        """Leave what is done inside out of the phase."""
        began = time.process_time()
        yield
        self.excluded += time.process_time() - began

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

    def count(self, flop: float, draws: float) -> None:
        """Add to the work of the phase."""
        self.work[self.current][0] += flop
        self.work[self.current][1] += draws


def peak_memory() -> float:
    """Return the most memory that this process has held so far, in MB."""
    # Linux lets a process inherit ru_maxrss from the one that started it; this it does not.
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
