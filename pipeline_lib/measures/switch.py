"""Switch liability: does a push in one direction upset the network, and how active is it?

From the author's sibling study (Zenodo 18292021), which the paper's introduction announces.
"""

from __future__ import annotations

import numpy as np

from pipeline_lib.files.rows import SwitchRow
from pipeline_lib.measures.accuracy import MODULATION_OFF, MODULATION_ON, Subject
from pipeline_lib.model.activity import hidden_activity
from pipeline_lib.model.network import UNMODULATED, Network, modulated
from pipeline_lib.model.task import Points

ASSESSMENT = "switch"


def switch_liability(
    subject: Subject,
    network: Network,
    *,
    standard: Points,
    bias: float,
    internal_noise: float,
    withdrawal: bool,
) -> list[SwitchRow]:
    """Measure accuracy under internal noise N(bias, internal_noise²), and mean activity.

    With `withdrawal`, both are measured once more with the modulation off, under the same noise.
    """
    states = {MODULATION_ON: network}
    if withdrawal:
        states[MODULATION_OFF] = modulated(network, UNMODULATED)
    return [
        _row(subject, state, standard, bias, internal_noise, modulation)
        for modulation, state in states.items()
    ]


def mean_activity(network: Network, points: Points) -> float:
    """Return the mean absolute activity of the hidden units without noise, averaged over layers."""
    layers = hidden_activity(network, points.x)
    return float(np.mean([np.abs(layer).mean(dtype=np.float64) for layer in layers]))


def _row(
    subject: Subject,
    network: Network,
    standard: Points,
    bias: float,
    internal_noise: float,
    modulation: str,
) -> SwitchRow:
    # As in `measure`: all treatments of a seed meet the same noise.
    generator = subject.engine.generator(subject.seed, "measure", ASSESSMENT, bias, internal_noise)
    correct = subject.engine.count_correct(
        network,
        standard,
        input_noise=0.0,
        internal_noise=internal_noise,
        internal_bias=bias,
        generator=generator,
    )
    return SwitchRow(
        seed=subject.seed,
        treatment=subject.treatment,
        modulation=modulation,
        bias=bias,
        internal_noise=internal_noise,
        correct=correct,
        total=len(standard),
        accuracy=correct / len(standard),
        activity=mean_activity(network, standard),
    )
