"""The measurement of one accuracy: one network under one stress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pipeline_lib.names import ON

if TYPE_CHECKING:
    from pipeline_lib.engines import Engine
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points


@dataclass(frozen=True)
class Measurement:
    """One accuracy of one network; noise levels are SDs, `cycle` is for the longitudinal test."""

    results: ClassVar[tuple[str, ...]] = ("sparsity", "correct", "total", "accuracy")

    seed: int
    treatment: str
    assessment: str
    condition: str
    modulation: str
    input_noise: float
    internal_noise: float
    cycle: int | None
    sparsity: float
    correct: int
    total: int
    accuracy: float


@dataclass(frozen=True)
class Subject:
    """The seed and treatment of a network, its engine, and the training done by a measure."""

    seed: int
    treatment: str
    engine: Engine
    history: list[Any] = field(default_factory=list)  # rows of `steps.HistoryRow`


@dataclass(frozen=True)
class Stress:
    """The points and the noise of a measurement: standard deviations, and the internal mean."""

    condition: str
    points: Points
    input_noise: float = 0.0
    internal_noise: float = 0.0
    bias: float = 0.0


def measure(
    subject: Subject,
    network: Network,
    stress: Stress,
    *,
    assessment: str,
    modulation: str = ON,
    cycle: int | None = None,
) -> Measurement:
    """Return the network's accuracy under this stress.

    The noise depends on the seed, the assessment, the stress and the cycle, but not on the
    treatment: all treatments of a seed get the same noise, whatever its mean.
    """
    noise = {"input_noise": stress.input_noise, "internal_noise": stress.internal_noise}
    at = -1 if cycle is None else cycle
    generator = subject.engine.generator(
        subject.seed, "measure", assessment, stress.condition, *noise.values(), at
    )
    correct = subject.engine.count_correct(
        network, stress.points, **noise, internal_bias=stress.bias, generator=generator
    )
    total = len(stress.points)
    place = (subject.seed, subject.treatment, assessment, stress.condition, modulation)
    found = (network.sparsity, correct, total, correct / total)
    return Measurement(*place, stress.input_noise, stress.internal_noise, cycle, *found)


def per_cent(row: Mapping[str, Any]) -> float:
    """Return the accuracy of a row that has counts, in per cent."""
    # Computed from the counts, because 100 * (3706 / 4000) need not be the float 92.65, and this
    # can decide whether a mean is printed as 92.6 or 92.7.
    return float(100.0 * row["correct"] / row["total"])


def is_below(accuracy: float, threshold: float) -> bool:
    """Tell whether an accuracy, in per cent, is below a threshold, a fraction."""
    # 100 * 0.55 is a little more than 55, and an accuracy of exactly 55 is not below 0.55.
    return accuracy < round(100.0 * threshold, 9)
