"""How to read the numbers of a study, and how sure they are."""

from __future__ import annotations

import math

from pipeline_lib.analysis.claims import MARGIN
from pipeline_lib.analysis.intervals import ALPHA, FEW, HALL, LEVEL, WILSON
from pipeline_lib.analysis.permutation import smallest_p
from pipeline_lib.analysis.power import POWER, smallest_difference
from pipeline_lib.names import WITHDRAWN
from pipeline_lib.numbers import PER_CENT, POINTS
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.wording import listed, plural, points, signed


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
