"""What is measured of every network: Tables 1 and 2, and state dependence."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_lib.files.rows import Measurement
from pipeline_lib.measures.accuracy import (
    CLEAN,
    COMBINED,
    INTERNAL,
    MODULATION_OFF,
    STANDARD,
    Condition,
    Subject,
    measure,
)
from pipeline_lib.model.network import UNMODULATED, Network, modulated
from pipeline_lib.model.task import Points

ASSESSMENT = "evaluate"


def evaluate(
    subject: Subject,
    network: Network,
    *,
    standard: Points,
    clean: Points,
    combined: dict[str, float],
    sweep: Sequence[float],
    withdrawal: bool,
) -> list[Measurement]:
    """Measure clean, standard, combined stress and each internal noise level of the sweep.

    With `withdrawal`, combined stress and the strongest level are measured once more with the
    modulation off, under the same noise.
    """
    stress = Condition(COMBINED, standard, **combined)
    levels = [Condition(INTERNAL, standard, internal_noise=sigma) for sigma in sweep]
    conditions = [Condition(CLEAN, clean), Condition(STANDARD, standard), stress, *levels]
    rows = [measure(subject, network, c, assessment=ASSESSMENT) for c in conditions]
    if withdrawal:
        off = modulated(network, UNMODULATED)
        strongest = max(levels, key=lambda level: level.internal_noise)
        rows += [
            measure(subject, off, c, assessment=ASSESSMENT, modulation=MODULATION_OFF)
            for c in (stress, strongest)
        ]
    return rows
