"""What a study found, in sentences made from its numbers.

A sentence says no more than its numbers: which treatment is ahead, by how much, and last how sure
that is by the tests of `analysis.paired` and `analysis.survival`. Every number on which treatments
are compared gets a finding.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline_lib.analysis.claims import MARGIN, small
from pipeline_lib.analysis.intervals import ALPHA, FEW, HALL, LEVEL, WILSON
from pipeline_lib.analysis.max_t import smallest_p
from pipeline_lib.analysis.paired import Pair
from pipeline_lib.analysis.power import MOST
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
    WITHDRAWN,
)
from pipeline_lib.numbers import PER_CENT, POINTS, Key
from pipeline_lib.reporting.claims import claim_sentences
from pipeline_lib.reporting.outcomes import predictions, relapse_tests, relapses
from pipeline_lib.reporting.results import PAPER, Asked, Results
from pipeline_lib.reporting.typesetting import escaped_markdown
from pipeline_lib.reporting.wording import (
    estimate,
    heading,
    listed,
    mean,
    p_equals,
    points,
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
    claims = claim_sentences(results.claims, results.numbers, results.labels)
    found = [
        Finding("Which claims hold", list(claims)),
        Finding("What pruning does", list(_insult(results))),
    ]
    others: list[Finding] = []
    for asked in results.asked():
        name, sentences = asked.number.name, list(_ranking(results, asked))
        if name == FINAL_ACCURACY:
            sentences = [*_trajectories(results), *sentences]
        (found if name in PAPER else others).append(Finding(asked.words[0], sentences))
        if name == COMBINED:
            gains = _differences(results, asked, ((who, UNTREATED) for who in results.labels))
            found.append(Finding("Who gains over the untreated network", list(gains)))
            losses = _differences(results, asked, ((who, HEALTHY) for who in results.labels))
            found.append(Finding("Who is back where the healthy network was", list(losses)))
    found += [
        Finding(
            "Who responds, and who relapses after that",
            [*relapses(results), *relapse_tests(results)],
        ),
        Finding("What combinations add to the better of their parts", list(_additions(results))),
        Finding("What depends on the medication", list(_withdrawal(results))),
        *others,
        Finding("What predicts response, relapse and final accuracy", list(predictions(results))),
    ]
    return [finding for finding in found if finding.sentences]


def gist(results: Results) -> list[str]:
    """Return one line per question with the leading treatment, and one with the relapse counts."""
    lines = []
    for asked in results.asked():
        cells, number = results.ranking(asked), asked.number
        if len(cells) > 1 and number.better != "neither":
            best = next(iter(cells.values()))
            # Means that print alike, or lie within the margin, share the lead.
            alike = {
                who: cell.mean
                for who, cell in cells.items()
                if signed(cell.mean, number) == signed(best.mean, number)
                or small(number, cell.mean - best.mean)
            }
            ends = [signed(end(alike.values()), number) for end in (min, max)]
            span = " to ".join(dict.fromkeys(ends))
            leaders = listed(results.name(who) for who in results.labels if who in alike)
            _, short, noun = asked.words
            which = "smallest" if number.better == "less" else "highest"
            lines.append(f"{short}: {which} mean {noun} {span}{number.unit}, {leaders}.")
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
    tested = [pair for pair in results.pairs if pair.p_all is not None]
    planned = sum(pair.p_planned is not None for pair in tested)
    families = f"all {len(tested)} comparisons of the study"
    if 0 < planned < len(tested):
        families = (
            f"the {planned} planned comparisons or, where a sentence says “among all pairs”, over "
            f"{families}"
        )
    text = (
        f"Means over {results.seeds} seeds, with {100 * LEVEL:g} % intervals in brackets ({HALL} "
        f"for means, {WILSON}'s for shares of seeds; not corrected for their number). A seed is "
        "one network with its own data and noise, not a patient. Treatments are compared within "
        "seeds by sign-flip permutation tests, and p is corrected by step-down max-T over "
        f"{families}. A difference of at most {points(MARGIN)}, the margin, is too small to "
        "matter, whatever its p. A difference that is not significant may still be real: the "
        "number of seeds that it would need holds for a power of 80 %, before correction."
    )
    if results.seeds < FEW:
        text += f" With fewer than {FEW} seeds all of this is rough."
    if (least := smallest_p(results.seeds)) >= ALPHA:
        text += f" With {results.seeds} seeds no p can be below {least:.3g}."
    return text


def markdown(results: Results) -> str:
    """Return all findings in GitHub's Markdown, a section for each question."""
    sections = [escaped_markdown(reading(results))]
    for finding in findings(results):
        sentences = "\n".join(f"- {escaped_markdown(text)}" for text in finding.sentences)
        sections.append(f"## {escaped_markdown(finding.topic)}\n\n{sentences}")
    return "\n\n".join(sections) + "\n"


def difference(results: Results, pair: Pair, words: tuple[str, str] = ("above", "below")) -> str:
    """Say by how much the first of a pair differs from the other, and how sure that is.

    `words` describe a first treatment with the larger mean, and one with the smaller mean.
    """
    first, other = results.name(pair.treatment), results.name(pair.other)
    if pair.difference == 0 and pair.sd == 0:
        return f"{first} and {other} are equal in every seed."
    if abs(pair.difference) < NO_DIFFERENCE:
        return f"{first} and {other} have the same mean."
    text = f"{first} is {_amount(results, pair)} {words[pair.difference < 0]} {other}"
    return f"{text}{_certainty(results, pair)}."


def _amount(results: Results, pair: Pair) -> str:
    """Return the size of a difference, without its sign, and its interval."""
    number = results.numbers[pair.number]
    unit = POINTS if number.unit == PER_CENT else number.unit
    size = pair if pair.difference > 0 else pair.mirrored()
    return estimate(size.difference, size, number, unit)


def _certainty(results: Results, pair: Pair) -> str:
    """Return the end of a sentence on a difference: whether it is one, its p, seeds needed."""
    p, family = pair.p_planned, ""
    if p is None:
        p, family = pair.p_all, ", among all pairs"
    if p is None:
        return "; one seed allows no test"
    test = f"{p_equals(p)}{family}"
    if small(results.numbers[pair.number], pair.ci_low, pair.ci_high):
        return f", which is within the margin ({test})"
    if p < ALPHA:
        return f" ({test})"
    needed = f"about {pair.seeds_needed}" if pair.seeds_needed else f"more than {MOST}"
    if (pair.seeds_needed or MOST) > pair.n:
        test += f"; a true difference of this size would need {needed} seeds"
    return f", not significant ({test})"


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
    """Rank the treatments on a number; compare them as planned, and the first with each other.

    The largest differences come first. Where neither more nor less is better, no pair is compared,
    and the untreated network is ranked too.
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
        names = [cell.treatment for cell in cells]
        pairs = results.pairs_of(asked)
        found = [
            pairs[both]
            for both in itertools.combinations(names, 2)
            if both in pairs and (both[0] == names[0] or pairs[both].p_planned is not None)
        ]
        for pair in sorted(found, key=lambda pair: -abs(pair.difference)):
            yield difference(results, pair)


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
    places = [(COMBINED, None, "Under combined stress"), (INTERNAL, strongest, f"At {at}")]
    for treatment in results.labels:
        for name, level, where in places:
            key, number = Key(treatment, name, level=level), results.numbers[name]
            off = results.cells.get(key._replace(modulation=OFF))
            pair = results.pairs_of(Asked(number, level)).get((treatment, WITHDRAWN))
            if off and pair:
                less = "less" if pair.difference > 0 else "more"
                yield (
                    f"{where}, {results.name(treatment)} with its modulation off has "
                    f"{mean(off, number)}, {_amount(results, pair)} {less} than with it on"
                    f"{_certainty(results, pair)}."
                )
