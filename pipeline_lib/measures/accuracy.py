"""One accuracy under one condition, and the noise that it is measured under."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline_lib.engines import Engine
from pipeline_lib.files.rows import Measurement
from pipeline_lib.model.network import Network
from pipeline_lib.model.task import Points

CLEAN, STANDARD, COMBINED, INTERNAL = "clean", "standard", "combined", "internal"

MODULATION_ON, MODULATION_OFF = "on", "off"


@dataclass(frozen=True)
class Subject:
    """Whose network it is, and the engine that measures it."""

    seed: int
    treatment: str
    engine: Engine


@dataclass(frozen=True)
class Condition:
    """The points and the noise of a measurement; noise levels are standard deviations."""

    name: str
    points: Points
    input_noise: float = 0.0
    internal_noise: float = 0.0


def measure(
    subject: Subject,
    network: Network,
    condition: Condition,
    *,
    assessment: str,
    modulation: str = MODULATION_ON,
    cycle: int | None = None,
) -> Measurement:
    """Return the network's accuracy under this condition.

    The noise depends on the seed, the assessment, the condition and the cycle, not on the
    treatment: all treatments of a seed meet the same perturbations.
    """
    generator = subject.engine.generator(
        subject.seed,
        "measure",
        assessment,
        condition.name,
        condition.input_noise,
        condition.internal_noise,
        -1 if cycle is None else cycle,
    )
    correct = subject.engine.count_correct(
        network,
        condition.points,
        input_noise=condition.input_noise,
        internal_noise=condition.internal_noise,
        generator=generator,
    )
    return Measurement(
        seed=subject.seed,
        treatment=subject.treatment,
        assessment=assessment,
        condition=condition.name,
        modulation=modulation,
        input_noise=condition.input_noise,
        internal_noise=condition.internal_noise,
        cycle=cycle,
        sparsity=network.sparsity,
        correct=correct,
        total=len(condition.points),
        accuracy=correct / len(condition.points),
    )
