"""The second published run on three recoveries: each in many doses, compared by weight change.

It repeats the first run and goes on with its stream.
"""

import itertools
from typing import NamedTuple

import numpy as np
import torch

from pipeline_lib.measures.change import SMALLEST, weight_change
from pipeline_lib.model.network import Network, unmodulated
from pipeline_lib.names import COMBINED, GAIN_OVER_UNTREATED, OFF, WEIGHT_CHANGE_L1
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.orders.recoveries import IMPROVEMENT, OFF_MEDICATION, WHEN_OFF, recoveries
from pipeline_lib.replay.published_run import EVALUATE
from pipeline_lib.replay.single import WITHOUT_NOISE, SingleRun
from pipeline_lib.steps import kind_of
from pipeline_lib.steps.scar import scarred

KERNELS = AVX2
DOSE, TABLE, EFFICIENCY = "dose", "doses", "efficiency"
MATCHED, RANGE, SUMMARY, ALL = "matched", "range", "summary", "all"
CUT = 0.40  # of each matrix's weights in the acute test
# The option of the first step that is varied, and its values, for each treatment in order.
DOSES: list[tuple[str, list[float]]] = [
    ("fraction", [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
    ("epochs", [10, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200]),
    ("damping", [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]),
]


class Outcome(NamedTuple):
    """A dose, how far it moves the weights, and what follows."""

    dose: float
    change: float
    improvement: float
    efficiency: float
    drop: float


def replay(run: SingleRun) -> None:
    """Go through the run."""
    pruned = run.pruned(run.healthy())
    untreated = recoveries(run, pruned)
    run.rows.clear()  # the first run has them
    found = {
        treatment: [_dose(run, treatment, option, dose, pruned, untreated) for dose in doses]
        for treatment, (option, doses) in zip(run.study["treatments"], DOSES, strict=True)
    }
    _matches(run, found)
    for treatment, outcomes in found.items():
        doses, changes, improvements, efficiencies, drops = zip(*outcomes, strict=True)
        numbers = {
            "configurations": len(doses),
            WEIGHT_CHANGE_L1: np.mean(changes),
            "weight_change_l1_minimum": min(changes),
            "weight_change_l1_maximum": max(changes),
            "gain_over_untreated_maximum": max(improvements),
            "acute_drop_minimum": min(drops),
            "improvement_per_l1": np.mean(efficiencies),
            "improvement_per_l1_maximum": max(efficiencies),
            "most_efficient_value": doses[efficiencies.index(max(efficiencies))],
        }
        run.add(SUMMARY, treatment, numbers)


def _dose(
    run: SingleRun, treatment: str, option: str, dose: float, pruned: Network, untreated: float
) -> Outcome:
    first, *others = run.study["treatments"][treatment]
    kind, name = kind_of(first), f"{treatment}_{dose:g}"
    run.build()
    network = run.taken([{kind: {**first[kind], option: dose}}, *others], pruned)
    moved = _moved(pruned, network)
    run.add(DOSE, name, moved)
    combined = run.measure(TABLE, name, network, (*WITHOUT_NOISE, *WHEN_OFF))[COMBINED]
    improvement = combined - untreated
    efficiency = improvement / (moved[WEIGHT_CHANGE_L1] + 1e-8)
    run.add(IMPROVEMENT, name, {GAIN_OVER_UNTREATED: improvement})
    run.add(EFFICIENCY, name, {"improvement_per_l1": efficiency})
    if run.options(EVALUATE, treatment)["withdrawal"]:
        off = run.measure(OFF_MEDICATION, name, unmodulated(network), WHEN_OFF, modulation=OFF)
        run.add(OFF_MEDICATION, name, {"combined_change": off[COMBINED] - combined}, modulation=OFF)
    # The run cut a share of each matrix's survivors, not of the whole network's, as scars are.
    damaged = scarred(network, CUT, of="survivors", choose="weakest", draw=np.arange)
    drop = run.lost(name, damaged, combined)
    return Outcome(dose, moved[WEIGHT_CHANGE_L1], improvement, efficiency, drop)


def _moved(before: Network, after: Network) -> dict[str, float]:
    """Return how far the weights have moved, and how much the share of absent ones changes."""
    # The run added up float32 numbers with PyTorch, whose order of addition gives the last digit.
    changes = [np.abs(new - old) for new, old in zip(after.weights, before.weights, strict=True)]
    total = sum(float(torch.from_numpy(change).sum()) for change in changes)
    weights, absent = sum(change.size for change in changes), 0
    for old, new in zip(before.weights, after.weights, strict=True):
        absent += int((np.abs(new) < SMALLEST).sum()) - int((np.abs(old) < SMALLEST).sum())
    anew = {WEIGHT_CHANGE_L1: total / weights, "sparsity_change": abs(absent) / weights}
    return weight_change(before, after) | anew


def _matches(run: SingleRun, found: dict[str, list[Outcome]]) -> None:
    """Add the dose of each treatment that moves the weights about as far as the others' do."""
    changes = [[outcome.change for outcome in outcomes] for outcomes in found.values()]
    every = list(itertools.chain.from_iterable(changes))
    ends = {"dose_minimum": min(every), "dose_maximum": max(every)}
    overlap = {"overlap_minimum": max(map(min, changes)), "overlap_maximum": min(map(max, changes))}
    run.add(RANGE, ALL, ends | overlap)
    # The ranges do not overlap, so the run took percentiles of all doses.
    for level, target in enumerate(np.percentile(every, [20, 40, 60, 80]), start=1):
        run.add(MATCHED, ALL, {"target_dose": target}, level=level)
        for treatment, outcomes in found.items():
            nearest = min(outcomes, key=lambda outcome: abs(outcome.change - target))
            matched = {"matched_value": nearest.dose, "dose_difference": nearest.change - target}
            run.add(MATCHED, treatment, matched, level=level)
