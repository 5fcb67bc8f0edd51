"""Longitudinal relapse: cycles of pruning, each followed by maintenance (Tables 3 and 4)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline_lib.files.rows import HistoryRow, Measurement, history_rows
from pipeline_lib.measures.accuracy import COMBINED, Condition, Subject, measure
from pipeline_lib.model.network import Network
from pipeline_lib.model.pruning import prune_further
from pipeline_lib.model.task import Points
from pipeline_lib.steps import course as treatments
from pipeline_lib.steps.course import Setting

ASSESSMENT = "relapse"

logger = logging.getLogger(__name__)


def longitudinal_relapse(
    subject: Subject,
    network: Network,
    *,
    points: Points,
    batch_size: int,
    maintenance: Sequence[Mapping[str, Any]],
    standard: Points,
    combined: dict[str, float],
    cycles: int,
    prune: float,
) -> tuple[list[Measurement], list[HistoryRow]]:
    """Measure combined stress at cycle 0 and after each of `cycles` cycles.

    A cycle cuts `prune` of the surviving weights and goes through the steps of `maintenance`.
    Each cycle draws from a generator of its own, so more cycles leave the first ones as they
    were. Returns the measurements, and the history of the training in maintenance.
    """
    stress = Condition(COMBINED, standard, **combined)
    rows = [measure(subject, network, stress, assessment=ASSESSMENT, cycle=0)]
    history: list[HistoryRow] = []
    for cycle in range(1, cycles + 1):
        generator = subject.engine.generator(subject.seed, "maintenance", subject.treatment, cycle)
        setting = Setting(subject.engine, points, batch_size)
        pruned = prune_further(network, prune)
        network = treatments.run(maintenance, pruned, setting, generator, cycle=cycle)
        rows.append(measure(subject, network, stress, assessment=ASSESSMENT, cycle=cycle))
        history += history_rows(
            setting.history,
            seed=subject.seed,
            treatment=subject.treatment,
            stage="maintenance",
            cycle=cycle,
        )
        logger.info(
            "cycle %d of %d: sparsity %.1f %%, combined accuracy %.1f %%",
            cycle,
            cycles,
            100 * rows[-1].sparsity,
            100 * rows[-1].accuracy,
        )
    return rows, history
