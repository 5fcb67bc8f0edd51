"""What a study found, in sentences made from its numbers.

A sentence says no more than its numbers: which treatment is ahead, by how much, and whether the
tests of `analysis.paired` and `analysis.survival` find the difference significant. Every number
on which treatments are compared gets a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline_lib.analysis.intervals import ALPHA, LEVEL
from pipeline_lib.analysis.paired import Pair
from pipeline_lib.names import (
    COMBINED,
    FINAL_ACCURACY,
    HEALTHY,
    INTERNAL,
    LONGITUDINAL,
    OFF,
    RELAPSED_AFTER_RESPONSE,
    RESPONDED,
    SPARSITY,
    STANDARD,
    TOTAL_DROP,
    UNTREATED,
)
from pipeline_lib.numbers import PER_CENT, POINTS, Key
from pipeline_lib.reporting.outcomes import predictions, relapse_tests, relapses
from pipeline_lib.reporting.results import PAPER, Asked, Results
from pipeline_lib.reporting.typesetting import escaped_markdown
from pipeline_lib.reporting.wording import (
    estimate,
    heading,
    listed,
    mean,
    p_equals,
    plural,
    signed,
)

NO_DIFFERENCE = 1e-9  # means closer than this differ only by floating-point error


@dataclass(frozen=True)
class Finding:
    """Sentences on one question."""

    topic: str
    sentences: list[str]


def findings(results: Results) -> list[Finding]:
    """Return what the study found, by question, leaving out questions that it cannot answer."""
    found = [Finding("What pruning does", list(_insult(results)))]
    others: list[Finding] = []
    for asked in results.asked():
        name, sentences = asked.number.name, list(_ranking(results, asked))
        if name == FINAL_ACCURACY:
            sentences = [*_trajectories(results), *sentences]
        (found if name in PAPER else others).append(Finding(asked.words[0], sentences))
        if name == COMBINED:
            gains = _differences(results, asked, ((who, UNTREATED) for who in results.labels))
            found.append(Finding("Who gains over the untreated network", list(gains)))
    found += [
        Finding(
            "Who responds, and who relapses after that",
            [*relapses(results), *relapse_tests(results)],
        ),
        Finding("What combinations add to the better of their parts", list(_additions(results))),
        Finding("What depends on the medication", list(_withdrawal(results))),
        *others,
        Finding("What predicts response, relapse and final accuracy", list(predictions(results))),
        Finding("What is significant", list(_significance(results))),
    ]
    return [finding for finding in found if finding.sentences]


def gist(results: Results) -> list[str]:
    """Return one line per question with the leading treatment, and one with the relapse counts."""
    lines = []
    for asked in results.asked():
        cells, number = results.ranking(asked), asked.number
        if len(cells) > 1 and number.better != "neither":
            printed = {who: signed(cell.mean, number) for who, cell in cells.items()}
            best = next(iter(printed.values()))
            # Treatments whose printed means are equal share the lead.
            alike = (who for who in results.labels if printed.get(who) == best)
            leaders = listed(map(results.name, alike))
            _, short, noun = asked.words
            which = "smallest" if number.better == "less" else "highest"
            lines.append(f"{short}: {which} mean {noun} {best}{number.unit}, {leaders}.")
    for name in (RESPONDED, RELAPSED_AFTER_RESPONSE):
        there = [
            results.cells[key] for w in results.labels if (key := Key(w, name)) in results.cells
        ]
        counts = [f"{results.name(cell.treatment)} {cell.count} of {cell.n}" for cell in there]
        if counts:
            lines.append(f"{results.numbers[name].heading}: {listed(counts)}.")
    return lines


def reading(results: Results) -> str:
    """Return the paragraph that explains how to read the numbers in the findings."""
    if results.seeds == 1:
        return (
            "The study has one seed. There are no intervals and no tests, and what follows holds "
            "only for that seed."
        )
    return (
        f"Means over {results.seeds} seeds, with {100 * LEVEL:g} % intervals in brackets (BCa "
        f"bootstrap over the seeds, Wilson's for shares of seeds). Treatments are compared within "
        f"seeds by a sign-flip permutation test. Significant means p < {ALPHA:g} after Holm's "
        f"correction; each sentence says whether over the pairs of one measurement or over all "
        f"pairs of the study."
    )


def markdown(results: Results) -> str:
    """Return all findings in GitHub's Markdown, a section for each question."""
    sections = [escaped_markdown(reading(results))]
    for finding in findings(results):
        sentences = "\n".join(f"- {escaped_markdown(text)}" for text in finding.sentences)
        sections.append(f"## {escaped_markdown(finding.topic)}\n\n{sentences}")
    return "\n\n".join(sections) + "\n"


def difference(results: Results, pair: Pair, words: tuple[str, str] = ("above", "below")) -> str:
    """Say by how much the first of a pair differs from the other, and whether it is significant.

    `words` describe a first treatment with the larger mean, and one with the smaller mean.
    """
    first, other = results.name(pair.treatment), results.name(pair.other)
    if pair.difference == 0 and pair.sd == 0:
        return f"{first} and {other} are equal in every seed."
    if abs(pair.difference) < NO_DIFFERENCE:
        return f"{first} and {other} have the same mean."
    number, larger = results.numbers[pair.number], pair.difference > 0
    unit = POINTS if number.unit == PER_CENT else number.unit
    size = pair if larger else pair.mirrored()
    amount = estimate(size.difference, size, number, unit)
    return f"{first} is {amount} {words[not larger]} {other}: {_verdict(results, pair)}."


def _verdict(results: Results, pair: Pair) -> str:
    if pair.p is None or pair.p_holm is None or pair.p_holm_number is None:
        return "one seed allows no test"
    tested = [(each.number, each.level) for each in results.pairs if each.p is not None]
    here = plural(tested.count((pair.number, pair.level)), "pair")
    within = f"among this measurement's {here} ({p_equals(pair.p_holm_number)})"
    over_all = f"among all {len(tested)} ({p_equals(pair.p_holm)})"
    if pair.p_holm < ALPHA:
        return f"significant {within} and {over_all}"
    if pair.p_holm_number < ALPHA:
        return f"significant {within}, not {over_all}"
    return f"not significant {within}"


def _insult(results: Results) -> Iterator[str]:
    sparsity = results.cells.get(Key(UNTREATED, SPARSITY))
    places = {STANDARD: "On standard test points", COMBINED: "Under combined stress"}
    for name, where in places.items():
        before, after = (results.cells.get(Key(who, name)) for who in (HEALTHY, UNTREATED))
        if before and after and sparsity:
            number, pruned = results.numbers[name], results.numbers[SPARSITY]
            yield (
                f"{where} the healthy network reaches {mean(before, number)}. The untreated "
                f"network, pruned to a sparsity of {signed(sparsity.mean, pruned)}{pruned.unit}, "
                f"reaches {mean(after, number)}."
            )


def _ranking(results: Results, asked: Asked) -> Iterator[str]:
    """Rank the treatments on a number, and compare the first with each of the others.

    Where neither more nor less is better, no pair is compared, and the untreated network is
    ranked too.
    """
    cells, number = list(results.ranking(asked).values()), asked.number
    untreated = results.cells.get(Key(UNTREATED, number.name, level=asked.level))
    if number.better == "neither" and untreated:
        cells = sorted([*cells, untreated], key=lambda cell: -cell.mean)
    if not cells:
        return
    order = "From the highest to the lowest"
    if number.better == "less":
        order = f"From the smallest {asked.words[2]} to the largest"
    if len(cells) == 1:
        order = asked.heading
    numbers = listed(f"{results.name(cell.treatment)} {mean(cell, number)}" for cell in cells)
    yield f"{order}: {numbers}."
    if number.better != "neither":
        first, *others = (cell.treatment for cell in cells)
        yield from _differences(results, asked, ((first, other) for other in others))


def _differences(results: Results, asked: Asked, names: Iterable[tuple[str, str]]) -> Iterator[str]:
    pairs = results.pairs_of(asked)
    return (difference(results, pairs[both]) for both in names if both in pairs)


def _trajectories(results: Results) -> Iterator[str]:
    number, dropped = results.numbers[FINAL_ACCURACY], results.numbers[TOTAL_DROP]
    for treatment in results.labels:
        keys = (Key(treatment, LONGITUDINAL, cycle=0), Key(treatment, FINAL_ACCURACY))
        first, final, drop = map(results.cells.get, (*keys, Key(treatment, TOTAL_DROP)))
        if first and final and drop:
            change = f"a drop of {mean(drop, dropped)}"
            if abs(drop.mean) < NO_DIFFERENCE:
                change = "no change in the mean"
            elif drop.mean < 0:
                low, high = (None if end is None else -end for end in (drop.ci_high, drop.ci_low))
                gain = replace(drop, mean=-drop.mean, ci_low=low, ci_high=high)
                change = f"a gain of {mean(gain, dropped)}"
            last = results.cells.cycles(LONGITUDINAL)[-1]
            yield (
                f"{results.name(treatment)} has {mean(first, number)} under combined stress at "
                f"cycle 0 and {mean(final, number)} after cycle {last}: {change}."
            )


def _additions(results: Results) -> Iterator[str]:
    for asked, pair in results.additions():
        less = asked.number.better == "less"
        words = ("worse than", "better than") if less else ("better than", "worse than")
        yield f"{asked.heading}: {difference(results, pair, words)}"


def _withdrawal(results: Results) -> Iterator[str]:
    strongest = results.cells.strongest(INTERNAL)
    at = heading(results.numbers[INTERNAL], strongest)
    places = [(COMBINED, None, "under combined stress"), (INTERNAL, strongest, f"at {at}")]
    for treatment in results.labels:
        parts = []
        for name, level, where in places:
            key, number = Key(treatment, name, level=level), results.numbers[name]
            on, off = map(results.cells.get, (key, key._replace(modulation=OFF)))
            if on and off:
                parts.append(f"{mean(off, number)} instead of {mean(on, number)} {where}")
        if parts:
            yield f"With its modulation off, {results.name(treatment)} has {listed(parts)}."


def _significance(results: Results) -> Iterator[str]:
    tested = [pair for pair in results.pairs if pair.p is not None]
    if not tested:
        return
    within = sum((pair.p_holm_number or 0) < ALPHA for pair in tested)
    over_all = sum((pair.p_holm or 0) < ALPHA for pair in tested)
    yield (
        f"Of {plural(len(tested), 'paired comparison')}, {within} are significant after correction "
        f"within their measurement and {over_all} after correction over all measurements."
    )
    best = min(1.0, len(tested) * min(pair.p_smallest or 1.0 for pair in tested))
    if best >= ALPHA:
        yield (
            f"With {plural(results.seeds, 'seed')}, the smallest possible p after correction over "
            f"all measurements is {best:.3g}, so no comparison could reach p < {ALPHA:g} there."
        )
