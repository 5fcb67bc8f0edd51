"""The vocabulary of a study, spelled once: states, conditions, columns, and what readers call them.

A number that only one measure knows is named in that measure's file; numbers that other modules
mention too are named here. How a number is printed is said by `numbers.Number`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

# The states of a network before any treatment; treatments have other names.
HEALTHY, UNTREATED = STATES = ("healthy", "untreated")
STATE_LABELS = {HEALTHY: "Healthy", UNTREATED: "Untreated"}

# The parts of a treatment, and the stages of training.
BASELINE, COURSE, MAINTENANCE = "baseline", "course", "maintenance"

# Whether the hidden layers are modulated as the treatment left them, or not at all.
ON, OFF = MODULATIONS = ("on", "off")

# What computes training and accuracy.
EngineName = Literal["fast", "plain"]

# The data sets of a seed.
TRAINING, STANDARD_POINTS, CLEAN_POINTS = POINTS = ("training", "standard", "clean")

# Conditions of a measured accuracy. Each is also the name of the number that it gives.
CLEAN, STANDARD, COMBINED, INTERNAL = "clean", "standard", "combined", "internal"

# The other numbers that more than one module mentions.
SPARSITY = "sparsity"
GAIN_OVER_UNTREATED = "gain_over_untreated"
ACUTE_DROP = "acute_drop"
LONGITUDINAL, LONGITUDINAL_SPARSITY = "longitudinal_combined", "longitudinal_sparsity"
TOTAL_DROP, FINAL_ACCURACY = "total_drop", "final_accuracy"
RELAPSED, NOT_RELAPSED, RELAPSE_CYCLE = "relapsed", "not_relapsed", "relapse_cycle"

# The tables that no measure declares: the summary of a study, which may show numbers of every
# measure, and the tables of its statistics.
SUMMARY = "summary"
STATISTICS_TABLES = RELAPSES, LOG_RANK, PAIRED = ("relapse", "log_rank", "paired")
COMBINATIONS = "combinations"  # of studies that combine treatments
VARIED_TABLES = SCENARIOS, FITS, VARIANTS = ("scenarios", "fits", "variants")  # of axes

# The columns that say which number a value, a cell or a published number is.
KEY = ("treatment", "number", "modulation", "level", "cycle")


def label(state: str, labels: Mapping[str, str]) -> str:
    """Return what readers call a treatment or a state; `labels` has the treatments' labels."""
    return labels.get(state) or STATE_LABELS.get(state, state)
