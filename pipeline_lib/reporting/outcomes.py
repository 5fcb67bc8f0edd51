"""Sentences on response, on relapse after it, and on what predicts them."""

from collections.abc import Iterator

from pipeline_lib.analysis.intervals import ALPHA
from pipeline_lib.analysis.power import MOST_OF_SHARES, seeds_for_shares
from pipeline_lib.analysis.predictors import Association, Forecast, detectable, predictor_text
from pipeline_lib.analysis.survival import LogRank
from pipeline_lib.names import RELAPSE_CYCLE, RELAPSED_AFTER_RESPONSE, RESPONDED, SLOW_RESPONSE
from pipeline_lib.numbers import PER_CENT, Key
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
    """Say how many seeds of each treatment responded, at once or slowly, and how many relapsed.

    A seed can relapse only after it responded. The paper counts every seed that was ever below the
    threshold.
    """
    keys = (RESPONDED, SLOW_RESPONSE, RELAPSED_AFTER_RESPONSE, RELAPSE_CYCLE)
    for treatment in results.labels:
        cells = (results.cells.get(Key(treatment, name)) for name in keys)
        responded, slow, relapsed_later, cycle = cells
        if responded is None or slow is None or results.threshold is None:
            continue
        who = results.name(treatment)
        said = f"{who}: {counted(responded)} responded"
        if relapsed_later:
            said += f", and of these {counted(relapsed_later)} relapsed"
            if cycle and cycle.n == relapsed_later.count:  # otherwise some relapsed at cycle 0
                said += f", at cycle {signed(cycle.mean)} on average"
        late = slow.count or 0
        if late:
            were = "was a slow responder" if late == 1 else "were slow responders"
            more = "Another " if responded.count else ""
            said += f". {more}{late} {were}, below {share(results.threshold)} at cycle 0 but "
            said += "not after the last cycle"
        if never := responded.n - (responded.count or 0) - late:
            said += f". {plural(never, 'seed')} responded neither at once nor slowly"
        yield f"{said}."


def relapse_tests(results: Results) -> Iterator[str]:
    """Say which treatments differ in the relapse of the seeds that responded."""
    tests = sorted(results.log_rank, key=lambda test: (test.p_holm, test.p))
    if not tests or results.seeds == 1:
        return
    if not any(row.relapsed or row.relapsed_other for row in tests):
        yield "No seed relapsed after response, so there are no times to relapse to compare."
        return
    pairs = [f"{results.name(row.treatment)} and {results.name(row.other)}" for row in tests]
    for row, pair in zip(tests, pairs, strict=True):
        if row.p_holm < ALPHA:
            yield (
                f"Among the seeds that responded, time to relapse differs between {pair} (log-rank "
                f"test, {p_equals(row.p_holm)}; Fisher's exact test of the counts, "
                f"{p_equals(row.p_fisher_holm)}; both corrected by Holm's procedure over "
                f"{plural(len(tests), 'pair')})."
            )
    if tests[0].p_holm >= ALPHA:
        which = "The two treatments do not" if len(tests) == 1 else "No two treatments"
        yield (
            f"{which} differ significantly in the time to relapse of the seeds that responded "
            f"(log-rank test; the smallest corrected p is {p_value(tests[0].p_holm)}, for "
            f"{pairs[0]}){_shares_need(tests[0])}."
        )


def _shares_need(row: LogRank) -> str:
    """Return, as a second sentence, how many seeds tell the shares that relapsed apart."""
    shares = row.relapsed / row.n, row.relapsed_other / row.n_other
    needed = seeds_for_shares(*shares)
    # The test of so many seeds is not corrected, and would do with those that there are.
    enough = (needed or MOST_OF_SHARES) <= min(row.n, row.n_other)
    if shares[0] == shares[1] or enough:
        return ""
    many = f"more than {MOST_OF_SHARES}" if needed is None else f"about {needed}"
    return (
        f". It would take {many} seeds that responded to each to tell shares of {row.relapsed} of "
        f"{row.n} and {row.relapsed_other} of {row.n_other} apart (Fisher's test, power of "
        f"80{PER_CENT})"
    )


def predictions(results: Results) -> Iterator[str]:
    """Say what predicts an outcome in seeds that were left out, or that nothing was found."""
    tested = sorted((f for f in results.forecasts if f.p is not None), key=lambda f: f.p or 0)
    good = [f for f in tested if (f.p_holm or 0) < ALPHA]
    known = f"the untreated network{' and the drawn numbers' if results.draws else ''}"
    untested = len(results.forecasts) - len(tested)
    others = f"the other {untested} differ" if untested > 1 else "the other one differs"
    rest = f" ({others} in too few seeds)" if untested else ""
    if tested:
        yield (
            f"Of {plural(len(tested), 'outcome')} of treatments that could be tested{rest}, "
            f"{len(good) or 'none'} {'were' if len(good) > 1 else 'was'} predicted better than "
            f"chance from {known}, in seeds that were left out of the fit."
        )
        for forecast in good or tested[:1]:
            lead = "" if good else "The best is "
            yield (
                f"{lead}{_name(results, forecast)}: an {forecast.measure} of "
                f"{coefficient(forecast.score)} ({coefficient(forecast.by_chance)} by chance; "
                f"{p_equals(forecast.p)}, {p_value(forecast.p_holm)} after Holm's correction)."
            )
    elif results.forecasts:
        yield f"Too few seeds differ in their outcomes to predict them from {known}."
    yield from _correlations(results)


def _correlations(results: Results) -> Iterator[str]:
    tested = [a for a in results.associations if a.p is not None]
    by_size = sorted(tested, key=lambda a: -abs(a.rho or 0))
    good = [a for a in by_size if (a.p_holm or 0) < ALPHA]
    if tested:
        yield (
            f"Of {plural(len(tested), 'rank correlation')} between one measure of the untreated "
            f"network{', or one drawn number,' if results.draws else ''} and one outcome, "
            f"{len(good)} {'is' if len(good) == 1 else 'are'} significant after Holm's correction."
        )
    for found in good or by_size[:1]:
        lead = "" if good else "The largest is "
        predictor = predictor_text(found.predictor, found.level, results.numbers, results.labels)
        yield (
            f"{lead}“{predictor}” and {_name(results, found)}: ρ = "
            f"{coefficient(found.rho, found)}, {p_equals(found.p_holm)} after correction."
        )
    if tested and not good and (least := detectable(max(a.n for a in tested))):
        yield (
            f"With this many seeds, a true ρ below {coefficient(least)} would be missed more than "
            "one time in five, even before correction."
        )


def _name(results: Results, of: Association | Forecast) -> str:
    outcome = results.numbers[of.outcome].heading
    return f"“{outcome}” under {results.name(of.treatment)}"
