"""Sentences on who responds, who relapses after that, and what predicts it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline_lib.analysis.intervals import ALPHA
from pipeline_lib.analysis.predictors import AUC, Association, Forecast
from pipeline_lib.names import RELAPSE_CYCLE, RELAPSED_AFTER_RESPONSE, RESPONDED, SLOW_RESPONSE
from pipeline_lib.numbers import Key
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.wording import (
    coefficient,
    counted,
    p_equals,
    p_value,
    plural,
    share,
    signed,
)


def relapses(results: Results) -> Iterator[str]:
    """Say how many seeds of each treatment responded, at once or slowly, and how many relapsed."""
    keys = (RESPONDED, SLOW_RESPONSE, RELAPSED_AFTER_RESPONSE, RELAPSE_CYCLE)
    for treatment in results.labels:
        cells = (results.cells.get(Key(treatment, name)) for name in keys)
        responded, slow, relapsed, cycle = cells
        if responded is None or slow is None:
            continue
        who = results.name(treatment)
        said = f"{who}: {counted(responded, results.numbers[RESPONDED])} responded"
        late = slow.count or 0
        if late:
            were = "was a slow responder" if late == 1 else "were slow responders"
            said += f", and {late} more {were}: below {share(results.threshold)} at cycle 0, but "
            said += "not after the last cycle"
        yield f"{said}."
        if never := responded.n - (responded.count or 0) - late:
            yield f"{who}: {plural(never, 'seed')} responded neither at once nor slowly."
        if relapsed is None:
            yield f"{who}: no seed could relapse after response."
            continue
        how_many = counted(relapsed, results.numbers[RELAPSED_AFTER_RESPONSE])
        said = f"{who}: of the seeds that responded, {how_many} relapsed"
        if cycle and cycle.n == relapsed.count:  # else some are relapses at cycle 0
            said += f"; those that relapsed did so at cycle {signed(cycle.mean)} on average"
        yield f"{said}."


def relapse_tests(results: Results) -> Iterator[str]:
    """Say which treatments differ in the relapse of the seeds that responded."""
    tests = sorted(results.log_rank, key=lambda test: test.p_holm)
    if not tests or results.seeds == 1:
        return
    if not any(row.relapsed or row.relapsed_other for row in tests):
        yield "With no relapse after response there are no times to relapse to compare."
        return
    pairs = [f"{results.name(row.treatment)} and {results.name(row.other)}" for row in tests]
    for row, pair in zip(tests, pairs, strict=True):
        if row.p_holm < ALPHA:
            yield (
                f"Of the seeds that responded, time to relapse differs between {pair} (log-rank "
                f"test, {p_equals(row.p_holm)}; Fisher's exact test of the counts, "
                f"{p_equals(row.p_fisher_holm)}; each corrected by Holm over "
                f"{plural(len(tests), 'pair')})."
            )
    if tests[0].p_holm >= ALPHA:
        which = "The two treatments do not" if len(tests) == 1 else "No two treatments"
        yield (
            f"{which} differ significantly in the time to relapse of the seeds that responded "
            f"(log-rank test; smallest "
            f"corrected p, {pairs[0]}: {p_value(tests[0].p_holm)})."
        )


def predictions(results: Results) -> Iterator[str]:
    """Say what foretells an outcome in seeds that were left out, or that nothing does."""
    if not results.forecasts:
        return
    tested = sorted((f for f in results.forecasts if f.p is not None), key=lambda f: f.p or 0)
    if not tested:
        yield (
            "No outcome differs between enough seeds to ask whether the untreated network "
            "foretells it."
        )
        return
    untested = len(results.forecasts) - len(tested)
    rest = f"; the other {untested} hardly vary between seeds" if untested else ""
    good = [f for f in tested if f.p_holm is not None and f.p_holm < ALPHA]
    outcomes = plural(len(tested), "outcome")
    if good:
        yield (
            f"Of {outcomes} of treatments that could be tested, {len(good)} can be foretold from "
            f"the untreated network in seeds that were left out{rest}."
        )
        for forecast in good:
            yield f"{_name(results, forecast)}: {_score(forecast)}."
    else:
        yield (
            "Nothing that was measured of the untreated network foretells who responds, who "
            f"relapses or how accurate a network ends: none of {outcomes} of treatments that could "
            f"be tested is foretold better than by chance in seeds that were left out{rest}. The "
            f"best, {_name(results, tested[0])}, has {_score(tested[0])}."
        )
    yield from _single(results)


def _single(results: Results) -> Iterator[str]:
    tested = [a for a in results.associations if a.p is not None and a.p_holm is not None]
    if not tested:
        return
    by_size = sorted(tested, key=lambda a: -abs(a.rho or 0))
    good = [a for a in by_size if (a.p_holm or 0) < ALPHA]
    yield (
        f"Number by number, {len(good)} of {plural(len(tested), 'rank correlation')} are "
        f"significant after Holm's correction over all of them."
    )
    for found in good or by_size[:1]:
        number = results.numbers[found.predictor]
        lead = "" if good else "The largest: "
        yield (
            f"{lead}{_name(results, found)} with {number.at_level(found.level)} of the untreated "
            f"network, ρ = {coefficient(found.rho, found)}, "
            f"{p_equals(found.p_holm)} after correction."
        )


def _name(results: Results, of: Association | Forecast) -> str:
    return f"{results.numbers[of.outcome].heading}, {results.name(of.treatment)}"


def _score(forecast: Forecast) -> str:
    what = "an AUC" if forecast.measure == AUC else f"an {forecast.measure}"
    return (
        f"{what} of {coefficient(forecast.score)} ({coefficient(forecast.by_chance)} by chance), "
        f"{p_equals(forecast.p)}, {p_value(forecast.p_holm)} after Holm's correction"
    )
