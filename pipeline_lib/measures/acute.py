"""Acute relapse: what one sudden pruning leaves of a recovery.

The accuracy before is the combined row of `evaluate`; the drop is taken in `statistics`.
"""

from __future__ import annotations

from pipeline_lib.files.rows import Measurement
from pipeline_lib.measures.accuracy import COMBINED, Condition, Subject, measure
from pipeline_lib.model.network import Network
from pipeline_lib.model.pruning import ACUTE_CAP, prune_further
from pipeline_lib.model.task import Points

ASSESSMENT = "acute"


def acute_relapse(
    subject: Subject,
    network: Network,
    *,
    standard: Points,
    combined: dict[str, float],
    prune: float,
) -> list[Measurement]:
    """Measure combined stress after `prune` of the surviving weights are cut at once."""
    relapsed = prune_further(network, prune, cap=ACUTE_CAP)
    stress = Condition(COMBINED, standard, **combined)
    return [measure(subject, relapsed, stress, assessment=ASSESSMENT)]
