"""What was done, where the limits are and what words mean, for readers who know no paper.

Everything is said from the study's own settings, so that a study with other settings reads right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline_lib.names import COMBINED, COURSE, INSULT, INTERNAL, SPARSITY, UNTREATED
from pipeline_lib.numbers import PER_CENT, Key
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.wording import listed, plural, points, share, signed


def model(study: Mapping[str, Any], results: Results) -> list[str]:
    """Return paragraphs on the network, its damage and its tests; `study` is `slices.report`."""
    settings = study["settings"]
    task, hidden = settings["task"], settings["network"]["hidden"]
    layers = f"{plural(len(hidden), 'hidden layer')} of {listed(map(str, hidden))} units"
    stress, levels = settings["evaluate"][COMBINED], results.cells.levels(INTERNAL)
    strongest = f", or internal noise alone, up to σ = {max(levels):g}" if levels else ""
    more = ", and more damage follows (the steps of “insult” under All settings)"
    insult = more if INSULT in settings else ""
    starts = any("from" in treatment for treatment in study["treatments"].values())
    unless = ", unless it continues from another treatment" if starts else ""
    tests = ", and ".join(_further_damage(settings))
    further = f" It is also measured after more damage: {tests}." if tests else ""
    said = [
        "Cheung (2026) models depression as excessive synaptic pruning and asks which kind of "
        "recovery lasts. A neural network stands for a neural circuit, its weights stand for "
        "synapses, and each recovery is named after the drug whose proposed mechanism it imitates.",
        f"The network learns to tell {_task(task)}. It has {layers} and is trained for "
        f"{plural(settings['baseline']['epochs'], 'epoch')}. This healthy network is then pruned: "
        f"{_pruned(results)} of its connections, those with the smallest weights, are cut{insult}. "
        f"The result is the untreated network, from which each treatment of a seed starts{unless}.",
        "Accuracy is the percentage of new points that a network classifies correctly. It is "
        "measured under combined stress, which is noise on the input (SD "
        f"{stress['input_noise']:g}) and in the hidden layers (σ = {stress['internal_noise']:g}) "
        f"at once{strongest}.{further}",
    ]
    if study["drawn"]:
        drawn = listed(f"{key} is {words}" for key, words in study["drawn"].items())
        said.append(
            "Seeds do not differ only by chance. Like patients, they also differ in numbers that "
            f"are drawn for each of them: {drawn}."
        )
    return said


def _further_damage(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tests of the study that prune the treated network further."""
    if acute := settings.get("acute"):
        yield f"one sudden pruning of {share(acute['prune'])} of the remaining connections"
    if relapse := settings.get("relapse"):
        yield (
            f"{plural(relapse['cycles'], 'stress cycle')}, each of which prunes "
            f"{share(relapse['prune'])} of the remaining connections and is followed by "
            "maintenance treatment"
        )
    if kindling := settings.get("kindling"):
        yield (
            f"{plural(kindling['cycles'] + 1, 'probe')} by noise in the hidden layers, with "
            f"maintenance in between and an episode below {share(kindling['probe']['threshold'])}"
        )


def _task(task: Mapping[str, Any]) -> str:
    if "points" in task:
        return f"which class a point of {task['points']} belongs to"
    dimensions = len(task["centres"][0])
    place = {2: "in the plane", 3: "in space"}.get(dimensions, f"in {dimensions} dimensions")
    clouds, points = plural(len(task["centres"]), "cloud"), f"{task['train']:,} training points"
    return f"which of {clouds} a point {place} belongs to, from {points}"


def limitations(study: Mapping[str, Any], results: Results) -> list[str]:
    """Return what the study cannot show."""
    settings, treatments = study["settings"], study["treatments"]
    said = [
        "The treatments are names for mechanisms in a classifier of points. Nothing here is a dose,"
        " a response rate or a prognosis, and a seed is a network, not a patient.",
        "There is one task, and one kind of network. Intervals and tests describe what other seeds "
        "would give, and say nothing about other tasks or networks.",
    ]
    unmatched = []
    left = [results.cells.get(Key(name, SPARSITY)) for name in treatments]
    shares = sorted({signed(100 - cell.mean) for cell in left if cell}, key=float)
    if len(shares) > 1:
        unmatched.append(f"they leave {shares[0]} to {shares[-1]}{PER_CENT} of the connections")
    rates = [rate for rate in _found("lr", treatments) if not isinstance(rate, str)]
    if rates and max(rates) > min(rates):
        unmatched.append(f"their learning rates differ up to {max(rates) / min(rates):.3g}-fold")
    if len({tuple(_found("epochs", each[COURSE])) for each in treatments.values()}) > 1:
        unmatched.append("their courses take different numbers of epochs")
    if len(treatments) > 1 and unmatched:
        said.append(
            f"The treatments are not matched: {listed(unmatched)}. The study cannot say which "
            "of the differences between two treatments makes one better."
        )
    tested = settings["task"].get("test")
    if tested:
        error = 100 * math.sqrt(0.97 * 0.03 / tested)
        said.append(
            f"An accuracy is measured on {tested:,} points. Near 97{PER_CENT} this alone gives one "
            f"network a standard error of {points(float(f'{error:.1g}'))}, so smaller differences "
            "between networks may be errors of measurement."
        )
    if results.threshold is not None:
        said.append(
            f"Response and relapse depend on the threshold of {share(results.threshold)}, which is "
            "a convention: a network just above it counts as well and one just below it as ill. A "
            "figure in the appendix shows both outcomes at other thresholds."
        )
    return said


def _found(key: str, there: Any) -> Iterator[Any]:
    """Yield every value of a key in nested mappings and lists."""
    if isinstance(there, Mapping) and key in there:
        yield there[key]
    if isinstance(there, Mapping | list):
        for each in there.values() if isinstance(there, Mapping) else there:
            yield from _found(key, each)


def _pruned(results: Results) -> str:
    cell = results.cells.get(Key(UNTREATED, SPARSITY))
    if cell is None or cell.min is None or cell.max is None:
        return "a part"
    ends = dict.fromkeys(signed(end).replace(".0", "") for end in (cell.min, cell.max))
    return f"{' to '.join(ends)}{PER_CENT}"
