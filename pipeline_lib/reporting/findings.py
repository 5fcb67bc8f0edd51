"""What a study found, in sentences made from its numbers.

A sentence says no more than its numbers: which treatment is ahead, by how much, and last how sure
that is by the tests of `analysis.paired` and `analysis.survival`. Every number on which treatments
are compared gets a finding.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pipeline_lib import names
from pipeline_lib.analysis.claims import small
from pipeline_lib.analysis.intervals import ALPHA, EQUAL, mirrored
from pipeline_lib.analysis.paired import Pair
from pipeline_lib.analysis.power import MOST
from pipeline_lib.numbers import PER_CENT, Key
from pipeline_lib.reporting.claims import claim_sentences
from pipeline_lib.reporting.outcomes import predictions, relapse_tests, relapses
from pipeline_lib.reporting.results import PAPER, Asked, Results
from pipeline_lib.reporting.typesetting import escaped_markdown
from pipeline_lib.reporting.wording import listed, mean, p_equals, share, signed, size

# How a treatment with the larger mean differs from the other, and one with the smaller mean.
ABOVE = "is {} above", "is {} below"
BETTER = "is {} better than", "is {} worse than"
LOSES = "loses {} more than", "loses {} less than"
FEW_AHEAD = 65.0  # per cent of the seeds; fewer that are ahead are worth telling
NO_DIFFERENCE = 1e-9  # means closer than this differ only by floating-point error


@dataclass(frozen=True)
class Finding:
    """Sentences on one question, and those on differences, the largest first."""

    topic: str
    sentences: list[str]
    differences: list[str] = field(default_factory=list)


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
        if name == names.FINAL_ACCURACY:
            sentences += _changes(results)
        finding = Finding(asked.topic, sentences, _differences(results, asked))
        (found if name in PAPER else others).append(finding)
        if name == names.COMBINED:
            for state, topic in (
                (names.UNTREATED, "Who gains over the untreated network under combined stress"),
                (names.HEALTHY, "Who is as good as the healthy network under combined stress"),
            ):
                pairs = [(who, state) for who in results.labels]
                found.append(Finding(topic, [], _told(results, asked, pairs)))
    responses = [*relapses(results), *relapse_tests(results)]
    found += [
        Finding("Who responds, and who relapses after that", responses),
        Finding("What combinations add to the better of their parts", list(_additions(results))),
        Finding("What depends on the medication", list(_withdrawal(results))),
        *others,
        Finding("What predicts response, relapse and final accuracy", list(predictions(results))),
    ]
    return [finding for finding in found if finding.sentences or finding.differences]


def markdown(lead: str, findings: Iterable[Finding]) -> str:
    """Return findings in GitHub's Markdown, below `lead` and with a section for each question."""
    sections = [escaped_markdown(lead)]
    for finding in findings:
        told = [*finding.sentences, *finding.differences]
        sentences = "\n".join(f"- {escaped_markdown(text)}" for text in told)
        sections.append(f"## {escaped_markdown(finding.topic)}\n\n{sentences}")
    return "\n\n".join(sections) + "\n"


def difference(results: Results, pair: Pair, words: tuple[str, str] = ABOVE) -> str:
    """Say by how much the first of a pair differs from the other, and how sure that is.

    `words` say so of a first treatment with the larger mean, and of one with the smaller mean.
    """
    first, other = results.name(pair.treatment), results.name(pair.other)
    if pair.difference == 0 and pair.sd == 0:
        return f"{first} and {other} are equal in every seed."
    if abs(pair.difference) < NO_DIFFERENCE:
        return f"{first} and {other} have the same mean."
    amount = size(pair, results.numbers[pair.number])
    differs = words[pair.difference < 0].format(amount)
    return f"{first} {differs} {other}{_certainty(results, pair)}."


def _certainty(results: Results, pair: Pair) -> str:
    """Return the end of a sentence on a difference: whether it is one, its p, seeds needed."""
    p = pair.p_all if pair.p_planned is None else pair.p_planned
    if p is None:
        return "; one seed allows no test"
    test = p_equals(p) + (", among all pairs" if pair.p_planned is None else "")
    if small(results.numbers[pair.number], pair.ci_low, pair.ci_high):
        return f", a difference too small to matter ({test})"
    if p < ALPHA:
        ahead = (pair if pair.difference > 0 else pair.mirrored()).superiority
        only = f", but in only {ahead:.0f}{PER_CENT} of the seeds, counting ties half"
        return f"{only if ahead < FEW_AHEAD else ''} ({test})"
    needed = f"about {pair.seeds_needed}" if pair.seeds_needed else f"more than {MOST}"
    if pair.method != EQUAL and (pair.seeds_needed or MOST) > pair.n:  # equal: no scatter is known
        test += f"; detecting a true difference of this size would need {needed} seeds"
    return f", a difference that is not significant ({test})"


def _insult(results: Results) -> Iterator[str]:
    sparsity = results.cells.get(Key(names.UNTREATED, names.SPARSITY))
    places = {names.STANDARD: "On standard test points", names.COMBINED: "Under combined stress"}
    for name, where in places.items():
        before, after = (results.cells.get(Key(state, name)) for state in names.STATES)
        if before and after and sparsity:
            number, pruned = results.numbers[name], results.numbers[names.SPARSITY]
            yield (
                f"{where} the healthy network reaches {mean(before, number)}. The untreated "
                f"network, pruned to a sparsity of {signed(sparsity.mean, pruned)}{pruned.unit}, "
                f"reaches {mean(after, number)}."
            )
    healthy = results.cells.get(Key(names.HEALTHY, names.COMBINED))
    if healthy and results.threshold is not None and healthy.mean < 100 * results.threshold:
        yield (
            f"The healthy network is itself below the threshold of {share(results.threshold)} "
            "under combined stress, so little can be said about recovery. It may need more "
            "epochs of training."
        )


def _ranking(results: Results, asked: Asked) -> Iterator[str]:
    """Rank the treatments on a number, with the untreated network if neither end is better."""
    cells, number = list(results.ranking(asked).values()), asked.number
    untreated = results.cells.get(Key(names.UNTREATED, number.name, level=asked.level))
    if number.better == "neither" and untreated:
        cells = sorted([*cells, untreated], key=lambda cell: -cell.mean)
    if not cells:
        return
    noun = "drop" if number.name == names.ACUTE_DROP else "value"
    order = f"From the smallest {noun} to the largest"
    if len(cells) == 1:
        order = asked.heading
    elif number.better != "less":
        order = "From highest to lowest"
    numbers = listed(f"{results.name(cell.treatment)} {mean(cell, number)}" for cell in cells)
    yield f"{order}: {numbers}."


def _differences(results: Results, asked: Asked) -> list[str]:
    """Compare the treatments as planned, and the first on a number with all others."""
    if asked.number.better == "neither":
        return []
    ranking, pairs = list(results.ranking(asked)), results.pairs_of(asked)
    planned = {both for both, pair in pairs.items() if pair.p_planned is not None}
    every = itertools.combinations(ranking, 2)
    return _told(
        results, asked, [both for both in every if both[0] == ranking[0] or both in planned]
    )


def _told(results: Results, asked: Asked, every: Iterable[tuple[str, str]]) -> list[str]:
    """Return a sentence on each of these pairs that was compared, the largest difference first."""
    pairs = results.pairs_of(asked)
    found = [pairs[both] for both in every if both in pairs]
    words = LOSES if asked.number.name == names.ACUTE_DROP else ABOVE
    by_size = sorted(found, key=lambda pair: -abs(pair.difference))
    return [difference(results, pair, words) for pair in by_size]


def _changes(results: Results) -> Iterator[str]:
    """Say how much accuracy each treatment gains or loses over the stress cycles."""
    number, told, gains = results.numbers[names.TOTAL_DROP], [], False
    for treatment in results.labels:
        if cell := results.cells.get(Key(treatment, names.TOTAL_DROP)):
            verb = "loses" if cell.mean > 0 else "gains"
            if signed(abs(cell.mean), number) == signed(0.0, number):
                verb = "changes by"
            if verb != "loses":
                low, high = mirrored(cell.ci_low, cell.ci_high)
                cell = replace(cell, mean=-cell.mean + 0.0, ci_low=low, ci_high=high)
            gains |= verb == "gains"
            told.append(f"{results.name(treatment)} {verb} {mean(cell, number)}")
    cycles = results.cells.cycles(names.LONGITUDINAL)
    if told and cycles:
        yield f"From cycle 0 to cycle {cycles[-1]}, {listed(told)}."
        if gains:
            yield (
                "Maintenance after each cycle is more training, so a gain is not an effect of "
                "stress."
            )


def _additions(results: Results) -> Iterator[str]:
    for asked, pair in results.additions():
        words = BETTER[::-1] if asked.number.better == "less" else BETTER
        yield f"{asked.heading}: {difference(results, pair, words)}"


def _withdrawal(results: Results) -> Iterator[str]:
    strongest = results.cells.strongest(names.INTERNAL)
    at = results.numbers[names.INTERNAL].at_level(strongest)
    combined, internal = (results.numbers[name] for name in (names.COMBINED, names.INTERNAL))
    places = [(combined, None, "Under combined stress"), (internal, strongest, f"At {at}")]
    for treatment in results.labels:
        for number, level, where in places:
            off = results.cells.get(Key(treatment, number.name, names.OFF, level))
            pair = results.pairs_of(Asked(number, level)).get((treatment, names.WITHDRAWN))
            if off and pair:
                if pair.difference == 0 and pair.sd == 0:
                    change = "which is the same as with it on in every seed"
                else:
                    lower = "lower" if pair.difference > 0 else "higher"
                    change = f"{size(pair, number)} {lower} than with it on"
                    change += _certainty(results, pair)
                yield (
                    f"{where}, {results.name(treatment)} reaches {mean(off, number)} with its "
                    f"modulation off, {change}."
                )
