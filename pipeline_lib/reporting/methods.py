"""What was done, how sure the numbers are and where the limits are, for readers who know no paper.

Everything is said from the study's own settings, so that a study with other settings reads right.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline_lib.analysis.claims import MARGIN
from pipeline_lib.analysis.intervals import ALPHA, FEW, HALL, LEVEL, WILSON
from pipeline_lib.analysis.permutation import smallest_p
from pipeline_lib.analysis.power import POWER, smallest_difference
from pipeline_lib.names import COMBINED, COURSE, INSULT, INTERNAL, SPARSITY, UNTREATED, WITHDRAWN
from pipeline_lib.numbers import PER_CENT, POINTS, Key
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
    if own := [study["labels"][who] for who, of in study["treatments"].items() if of.get("stress")]:
        further += f" These tests differ for {listed(own)} (see “stress” under The treatments)."
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


def few_seeds(seeds: int) -> str:
    """Say, after another sentence, that the seeds are few, or nothing."""
    return f" With fewer than {FEW} seeds, all results are rough." if seeds < FEW else ""


def least_p(seeds: int) -> str:
    """Say, after another sentence, that no p of so few seeds is significant, or nothing."""
    least = smallest_p(seeds)
    return f" With {plural(seeds, 'seed')} no p can be below {least:.3g}." if least >= ALPHA else ""


def reading(results: Results) -> dict[str, str]:
    """Return how to read the numbers in the findings and how sure they are, by topic."""
    seeds = results.seeds
    if seeds == 1:
        alone = "There are no intervals and no tests, and what follows holds only for that seed."
        return {"Seeds": f"The study has one seed. {alone}"}
    tested = [pair for pair in results.pairs if pair.p_all is not None]
    planned = sum(pair.p_planned is not None for pair in tested)
    families = f"all {len(tested)} comparisons of the study"
    if 0 < planned < len(tested):
        families = (
            f"the {planned} planned comparisons or, where a sentence says “among all pairs”, over "
            f"{families}"
        )
    return {
        "Seeds": f"Numbers are means over {seeds} seeds. A seed is one network with its own data "
        f"and noise, not a patient.{few_seeds(seeds)}",
        "Intervals": f"Numbers in brackets are {100 * LEVEL:g} % intervals, by {HALL} for means "
        f"and by {WILSON}'s method for shares of seeds. The intervals are not corrected for "
        "multiple comparisons, but p is.",
        "Size": "A difference is called too small to matter, whatever its p, if its whole interval "
        f"is within {points(MARGIN)} of 0, a limit that we chose.",
        "Tests": "Treatments are compared within seeds by sign-flip permutation tests, and p is "
        f"corrected by step-down max-T over {families}; claims are corrected among "
        f"themselves.{least_p(seeds)}",
        "Power": _power(results),
    }


def _power(results: Results) -> str:
    """Say which true differences this many seeds can show, from the scatter of the seeds."""
    sds = smallest_difference(results.seeds)
    text = (
        "A difference that is not significant may still be real. Where we say how many seeds would "
        f"detect it, this is for a power of {100 * POWER:g} %, before correction."
    )
    found = []
    planned = [pair for pair in results.pairs if pair.p_planned is not None and pair.sd > 0]
    for asked in results.asked():
        scatter = [
            pair.sd * math.sqrt(pair.n / (pair.n - 1))
            for pair in planned
            if (pair.number, pair.level) == (asked.number.name, asked.level)
            and pair.other != WITHDRAWN
        ]
        if scatter and asked.number.unit in (PER_CENT, POINTS):
            ends = (signed(sds * each, asked.number) for each in (min(scatter), max(scatter)))
            found.append(f"{' to '.join(dict.fromkeys(ends))} ({asked.heading})")
    if found and smallest_p(results.seeds) < ALPHA:
        text += (
            f" With {results.seeds} seeds, four out of five studies would detect a true difference "
            f"of {sds:.1f} standard deviations of the within-seed differences, before correction. "
            "For the planned comparisons of treatments this corresponds, in percentage points, to "
            f"{listed(found)}."
        )
    return text


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
