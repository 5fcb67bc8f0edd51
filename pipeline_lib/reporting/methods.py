"""What was done and where the limits are, for readers who know no paper.

Everything is said from the study's own settings, so that a study with other settings reads right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline_lib.names import (
    COMBINED,
    COURSE,
    INSULT,
    INTERNAL,
    LONGITUDINAL_SPARSITY,
    MAINTENANCE,
    SPARSITY,
    UNTREATED,
)
from pipeline_lib.numbers import PER_CENT, Key
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.typesetting import NOTHING, Column, Table
from pipeline_lib.reporting.wording import listed, plural, points, share, signed

Steps = Sequence[Mapping[str, Any]]
FROM = "from"
TRAIN, EPOCHS, RATE = "train", "epochs", "lr"
AND_TESTS = {
    1: "One more test damages the treated network further",
    2: "Two more tests damage the treated network further",
    3: "Three more tests damage the treated network further",
}


def model(study: Mapping[str, Any], results: Results) -> list[str]:
    """Return paragraphs on the network, its damage and its tests; `study` is `slices.report`."""
    settings = study["settings"]
    task, hidden = settings["task"], settings["network"]["hidden"]
    layers = f"{plural(len(hidden), 'hidden layer')} of {listed(map(str, hidden))} units"
    stress, levels = settings["evaluate"][COMBINED], results.cells.levels(INTERNAL)
    strongest = f", or internal noise alone, up to σ = {max(levels):g}" if levels else ""
    tests = list(_further_damage(settings))
    insult = f", and more damage is done: {_told(settings[INSULT])}" if INSULT in settings else ""
    starts = any(FROM in treatment for treatment in study["treatments"].values())
    unless = ", unless it starts from the network that another treatment leaves" if starts else ""
    further = f" {AND_TESTS[len(tests)]}: {', and '.join(tests)}." if tests else ""
    return [
        "Cheung (2026) models depression as excessive synaptic pruning and asks which kind of "
        "recovery lasts. A neural network stands for a neural circuit, its weights stand for "
        "synapses, and each recovery is named after the drug whose proposed mechanism it imitates.",
        f"The network learns to tell {_task(task)}. It has {layers} and is trained for "
        f"{plural(settings['baseline'][EPOCHS], 'epoch')}. This healthy "
        f"network is then pruned: {_pruned(results)} of its connections, those with the "
        f"smallest weights, are cut{insult}. The result is the untreated network, from which each "
        f"treatment of a seed starts{unless}.",
        "Accuracy is the percentage of new points that a network classifies correctly. It is "
        "measured under combined stress, which is noise on the input (SD "
        f"{stress['input_noise']:g}) and in the hidden layers (σ = {stress['internal_noise']:g}) "
        f"at once{strongest}.{further}",
        *_patients(study["drawn"]),
    ]


def _patients(drawn: Mapping[str, str]) -> Iterator[str]:
    if drawn:
        told = listed(f"{key} is {words}" for key, words in drawn.items())
        yield (
            "Seeds differ not only by chance. Like patients, they also differ in numbers that are "
            f"drawn for each of them: {told}."
        )


def _further_damage(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tests of the study that prune the treated network further."""
    if acute := settings.get("acute"):
        yield f"one sudden pruning of {share(acute['prune'])} of the remaining connections"
    if relapse := settings.get("relapse"):
        yield (
            f"{plural(relapse['cycles'], 'stress cycle')}, each of which prunes "
            f"{share(relapse['prune'])} of the remaining connections and then gives maintenance "
            "treatment"
        )
    if kindling := settings.get("kindling"):
        yield (
            f"{plural(kindling['cycles'] + 1, 'probe')} by noise in the hidden layers, with "
            f"maintenance in between and an episode below {share(kindling['probe']['threshold'])} "
            f"({_told(kindling['episode'])})"
        )


def _task(task: Mapping[str, Any]) -> str:
    if "points" in task:
        return f"which class a point of {task['points']} belongs to"
    dimensions = len(task["centres"][0])
    place = {2: "in the plane", 3: "in space"}.get(dimensions, f"in {dimensions} dimensions")
    clouds, points = plural(len(task["centres"]), "cloud"), f"{task['train']:,} training points"
    return f"which of {clouds} a point {place} belongs to, from {points}"


def side_by_side(study: Mapping[str, Any], results: Results) -> Table:
    """Return the treatments as columns: steps, learning rates, epochs, remaining connections."""
    tests = [study["settings"].get(name, {}) for name in ("relapse", "kindling")]
    cycles = next((test["cycles"] for test in tests if test), None)
    rows: dict[str, list[str]] = {}
    for name, treatment in study["treatments"].items():
        course, maintenance = (list(treatment[part]) for part in (COURSE, MAINTENANCE))
        after = Key(name, LONGITUDINAL_SPARSITY, cycle=cycles)
        told = {}
        if any(FROM in each for each in study["treatments"].values()):
            told["Starts from"] = study["labels"].get(treatment.get(FROM), "untreated")
        told |= {
            "Course": _told(course),
            "Learning rate": _each(course, RATE),
            "Epochs": _each(course, EPOCHS),
            "Connections left": _left(results, Key(name, SPARSITY)),
        }
        if cycles:
            told |= {
                "Maintenance, after each stress cycle": _told(maintenance),
                "Learning rate in maintenance": _each(maintenance, RATE),
                "Epochs in maintenance": _each(maintenance, EPOCHS),
                "Epochs in all": _total(_whole_course(study, name), maintenance, cycles),
                f"Connections left after cycle {cycles}": _left(results, after),
            }
        told["Also measured off medication"] = "yes" if treatment.get("withdrawal") else "no"
        for row, text in told.items():
            rows.setdefault(row, []).append(text)
    return Table(
        "side_by_side",
        "The treatments side by side",
        "",
        [Column("", stub=True), *(Column(label, words=True) for label in study["labels"].values())],
        [[[name, *texts]] for name, texts in rows.items()],
    )


def limitations(study: Mapping[str, Any], results: Results) -> list[str]:
    """Return what the study cannot show."""
    settings, treatments = study["settings"], study["treatments"].values()
    said = [
        "The treatments are names for mechanisms in a classifier of points. Nothing here is a dose,"
        " a response rate or a prognosis, and a seed is a network, not a patient.",
        "There is one task, and one kind of network. Intervals and tests describe what other seeds "
        "would give, and say nothing about other tasks or networks.",
    ]
    unmatched = []
    left = [results.cells.get(Key(name, SPARSITY)) for name in study["treatments"]]
    shares = sorted({signed(100 - cell.mean) for cell in left if cell}, key=float)
    if len(shares) > 1:
        unmatched.append(f"they leave {shares[0]} to {shares[-1]}{PER_CENT} of the connections")
    rates = [r for t in treatments for _, r in _trained([*t[COURSE], *t[MAINTENANCE]], RATE)]
    if rates and max(rates) > min(rates):
        unmatched.append(f"their learning rates differ up to {max(rates) / min(rates):.3g}-fold")
    courses = [_whole_course(study, name) for name in study["treatments"]]
    epochs = [sum(times * each for times, each in _trained(c, EPOCHS)) for c in courses]
    if len(set(epochs)) > 1:
        unmatched.append(f"their courses take {min(epochs)} to {max(epochs)} epochs")
    if len(study["treatments"]) > 1 and unmatched:
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
            "a convention; a network just above it counts as well and one just below it as ill. A "
            "figure in the appendix shows both outcomes at other thresholds."
        )
    return said


def _pruned(results: Results) -> str:
    cell = results.cells.get(Key(UNTREATED, SPARSITY))
    if cell is None or cell.min is None or cell.max is None:
        return "a part"
    ends = dict.fromkeys(signed(end).replace(".0", "") for end in (cell.min, cell.max))
    return f"{' to '.join(ends)}{PER_CENT}"


def _left(results: Results, key: Key) -> str:
    cell = results.cells.get(key)
    return NOTHING if cell is None else f"{signed(100 - cell.mean)}{PER_CENT}"


def _trained(steps: Steps, option: str) -> Iterator[tuple[int, Any]]:
    """Yield an option of each training step, and how many times the step is taken."""
    for step in steps:
        if options := step.get(TRAIN):
            taken = {**options, EPOCHS: options.get("stop", options[EPOCHS])}
            yield 1, taken[option]
        for times, value in _trained(step.get("repeat", {}).get("steps", []), option):
            yield times * step["repeat"]["times"], value


def _each(steps: Steps, option: str) -> str:
    found = [
        _value(value) if times == 1 or option == RATE else f"{times} × {_value(value)}"
        for times, value in _trained(steps, option)
    ]
    return ", then ".join(dict.fromkeys(found) if option == RATE else found) or NOTHING


def _total(course: Steps, maintenance: Steps, cycles: int) -> str:
    """Return the epochs of the course and of all maintenance, at most so many if left to chance."""
    total = sum(times * epochs for times, epochs in _trained(course, EPOCHS))
    for step in maintenance:
        taken = cycles // step.get("every", 1)
        total += taken * sum(times * epochs for times, epochs in _trained([step], EPOCHS))
    return f"{'at most ' if any('chance' in step for step in maintenance) else ''}{total}"


def _whole_course(study: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the steps from the untreated network on, those of the treatments before too."""
    treatments = study["treatments"]
    start = treatments[name].get(FROM)
    before = _whole_course(study, start) if start in treatments else []
    return [*before, *treatments[name][COURSE]]


def _told(steps: Steps) -> str:
    """Return steps in a few words, without what has its own row."""
    return ", then ".join(map(_step, steps)) or NOTHING


def _step(step: Mapping[str, Any]) -> str:
    (kind,) = (name for name, options in step.items() if isinstance(options, Mapping))
    options = {name: value for name, value in step.items() if name != kind}
    if kind == "repeat":
        return f"{step[kind]['times']} times ({_told(step[kind]['steps'])})"
    for name, value in step[kind].items():
        if not (kind == TRAIN and name in (EPOCHS, RATE)):
            options[name] = value
    between = " to " if kind == TRAIN else " and "
    told = [
        f"{'SD' if name == 'sd' else name.replace('_', ' ')} {_value(value, between)}"
        for name, value in options.items()
    ]
    return f"{kind} ({', '.join(told)})" if told else kind


def _value(value: Any, between: str = "") -> str:
    if isinstance(value, Mapping):
        return ", ".join(
            f"{key.replace('_', ' ')} {_value(each, ' to ')}" for key, each in value.items()
        )
    if isinstance(value, list):
        return between.join(map(_value, value))
    # Small learning rates in full: few readers are used to 1e-05.
    return f"{value:.12f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
