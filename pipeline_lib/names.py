"""The vocabulary of a study, spelled once: states, conditions, columns, and their labels.

A number that is used by only one measure is named in that measure's file; numbers that other
modules mention too are named here. `numbers.Number` says how a number is printed.
"""

from collections.abc import Mapping
from typing import Literal

# The states of a network before any treatment; treatments have other names.
HEALTHY, UNTREATED = STATES = ("healthy", "untreated")
STATE_LABELS = {HEALTHY: "Healthy", UNTREATED: "Untreated"}
# In a comparison, what a treatment is compared with: itself, with its modulation off.
WITHDRAWN = "withdrawn"

# The parts of a treatment, and the stages of training.
BASELINE, COURSE, MAINTENANCE = "baseline", "course", "maintenance"
INSULT = "insult"  # the steps after the pruning

# Whether the hidden layers are modulated as the treatment left them, or not modulated.
ON, OFF = MODULATIONS = ("on", "off")

# The engines, which compute training and accuracy.
EngineName = Literal["fast", "plain"]

# The data sets of a seed.
TRAINING, STANDARD_POINTS, CLEAN_POINTS = POINTS = ("training", "standard", "clean")

# The conditions under which accuracy is measured. Each is also the name of the resulting number.
CLEAN, STANDARD, COMBINED, INTERNAL = "clean", "standard", "combined", "internal"
INPUT = "input"

# The other numbers that more than one module mentions.
SPARSITY = "sparsity"
GAIN_OVER_UNTREATED = "gain_over_untreated"
ACUTE_DROP = "acute_drop"
LONGITUDINAL, LONGITUDINAL_SPARSITY = "longitudinal_combined", "longitudinal_sparsity"
TOTAL_DROP, FINAL_ACCURACY = "total_drop", "final_accuracy"
MEAN_ACCURACY = "mean_accuracy"
RESPONDED, SLOW_RESPONSE = "responded", "slow_response"
RELAPSED_AFTER_RESPONSE = "relapsed_after_response"
LIVE_UNITS, PATHS, WEIGHT_NORM, MARGIN = "live_units", "paths", "weight_norm", "clean_margin"
SCARS = "scars"
WEIGHT_CHANGE_L1, WEIGHT_CHANGE_L2 = "weight_change_l1", "weight_change_l2"
TURNOVER = "synaptic_turnover"
RELAPSED, NOT_RELAPSED, RELAPSE_CYCLE = "relapsed", "not_relapsed", "relapse_cycle"

# The tables that no measure declares: the summary of a study, which may show numbers of every
# measure, and the tables of its statistics.
SUMMARY = "summary"
STATISTICS_TABLES = CLAIMS, RESPONSE, LOG_RANK, CONTRASTS, PAIRED = (
    *("claims", "response", "log_rank", "contrasts", "paired"),
)
LEADING_FIGURES = ("trajectories", "accuracy")  # among a report's findings; others are folded
OURS_ALONE = "ours"  # the folder of tables without published numbers
RELAPSE_TABLES = (RESPONSE, LOG_RANK)  # of studies with stress cycles
COMBINATIONS = "combinations"  # of studies that combine treatments
STRUCTURE = "structure"  # a measure and its table
WEIGHT_CHANGE = "weight_change"  # a table
PREDICTION_TABLES = ASSOCIATIONS, FORECASTS = ("associations", "forecasts")  # of this measure
SCENARIOS, FITS, VARIANTS = ("scenarios", "fits", "variants")
HISTORY = "history"  # the gathered file that is not of a measure
VARIED_TABLES = (CLAIMS, SCENARIOS, FITS, VARIANTS)  # of axes


def label(state: str, labels: Mapping[str, str]) -> str:
    """Return the label of a treatment or a state; `labels` has the treatments' labels."""
    return labels.get(state) or {**STATE_LABELS, WITHDRAWN: "Withdrawn"}.get(state, state)
