"""The statistics of a study as tables for readers: combinations, relapses, tests."""

from pipeline_lib import names
from pipeline_lib.analysis.cells import Cell
from pipeline_lib.analysis.intervals import LEVEL
from pipeline_lib.analysis.paired import Pair
from pipeline_lib.analysis.power import MOST
from pipeline_lib.analysis.predictors import Association, Forecast, predictor_text
from pipeline_lib.analysis.survival import LogRank
from pipeline_lib.numbers import Key
from pipeline_lib.reporting.claims import claim_table
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.typesetting import NOTHING, Table, columns, in_blocks, rows_of
from pipeline_lib.reporting.wording import (
    coefficient,
    counted,
    ends,
    own_units,
    p_value,
    signed,
    with_ends,
)

_ADDED = (
    *("number", "level", "treatment", "other", "n", "mean", "mean_other", "difference"),
    *("ci_low", "ci_high", "p", "p_planned", "p_all"),
)


def statistics_tables(results: Results) -> list[Table]:
    """Return what combinations add, if there are any, then relapses, tests of them, and pairs."""
    combined = [combination_table(results)] if results.combines else []
    predicted = [forecast_table(results), association_table(results)] if results.forecasts else []
    pairs = [paired_table(results, planned=planned) for planned in (True, False)]
    claims = claim_table([results.claims], [{}], results.numbers, results.labels)
    others = [claims, relapse_table(results), log_rank_table(results), *pairs]
    return [*combined, *others, *predicted]


def combination_table(results: Results) -> Table:
    """Return what each combination adds to the better of its parts."""
    found = results.additions()
    lines = []
    for asked, pair in found:
        stubs = [asked.heading, results.name(pair.treatment), results.name(pair.other)]
        means = (pair.mean, pair.mean_other, pair.difference)
        texts = [*(signed(each, asked.number) for each in means), ends(pair, asked.number)]
        lines.append([*stubs, *texts, p_value(pair.p_planned or pair.p_all)])
    return Table(
        names.COMBINATIONS,
        "What combinations add",
        "The means of each combination and of its better part, in per cent; what the combination "
        f"adds, in percentage points, with its {100 * LEVEL:g} % interval. For a drop, less is "
        "better. p is corrected as in the table of planned contrasts or, if the pair is not in it, "
        "as in the table of all pairs.",
        columns(
            ("Measure", "Combination", "Better part"),
            ("Mean", "Mean of the part", "Added", "Interval", "p"),
        ),
        in_blocks(lines),
        [_ADDED, *([getattr(pair, name) for name in _ADDED] for _, pair in found)],
        empty="This study has no combination of treatments.",
    )


def relapse_table(results: Results) -> Table:
    """Return how many seeds responded and relapsed, and accuracy over the whole course."""
    numbers = [each for each in results.numbers.values() if names.RESPONSE in each.tables]
    blocks: list[list[list[str]]] = []
    there: list[Cell] = []
    for who in results.labels:
        cells = [results.cells.get(Key(who, number.name)) for number in numbers]
        pairs = zip(cells, numbers, strict=True)
        texts = [counted(cell, number) if cell else NOTHING for cell, number in pairs]
        there += filter(None, cells)
        if any(cells):
            blocks.append([[results.name(who), *texts]])
    return Table(
        names.RESPONSE,
        "Response and relapse",
        "Combined-stress accuracy in per cent, and counts of seeds, with 95 % intervals. A seed "
        "responded if it was not below the threshold at cycle 0, before any stress; a slow "
        "responder was below it then and not after the last cycle. Only a seed that responded can "
        "relapse after its response.",
        columns(["Treatment"], [number.heading for number in numbers]),
        blocks,
        rows_of(Cell, there),
        empty="This study has no such measurement.",
    )


def log_rank_table(results: Results) -> Table:
    """Return the log-rank tests, pair by pair."""
    blocks = []
    heads = ["Relapsed", "Other relapsed", "χ²", "p", "p (Holm)", "Fisher's p", "Fisher's p (Holm)"]
    for row in results.log_rank:
        stubs = (results.name(row.treatment), results.name(row.other))
        counts = [f"{row.relapsed} of {row.n}", f"{row.relapsed_other} of {row.n_other}"]
        p_values = (row.p, row.p_holm, row.p_fisher, row.p_fisher_holm)
        blocks.append([[*stubs, *counts, f"{row.chi_square:.2f}", *map(p_value, p_values)]])
    return Table(
        names.LOG_RANK,
        "Relapse after response, pair by pair",
        "Only seeds that responded are counted. χ² and p are from the log-rank test, with one "
        "degree of freedom, and Fisher's p is from the exact test of the counts. Both are "
        "corrected by Holm's procedure over the pairs. The tests treat the two samples as "
        "independent and ignore that they share seeds.",
        columns(["Treatment", "Other"], heads),
        blocks,
        rows_of(LogRank, results.log_rank),
        empty="No two treatments have a seed that responded.",
    )


def paired_table(results: Results, *, planned: bool) -> Table:
    """Return comparisons within seeds, number by number: those that were planned, or all."""
    pairs = [pair for pair in results.pairs if pair.p_planned is not None or not planned]
    lines = []
    for pair in pairs:
        number = results.numbers[pair.number]
        unknown = NOTHING if pair.sd == 0 or pair.n < 2 else f"> {MOST}"
        line = [
            *(number.at_level(pair.level), results.name(pair.treatment), results.name(pair.other)),
            with_ends(signed(pair.difference, number), pair, number),
            NOTHING if pair.g_z is None else signed(pair.g_z),
            f"{pair.superiority:.0f} %",
            unknown if pair.seeds_needed is None else str(pair.seeds_needed),
            *map(p_value, (pair.p, pair.p_planned if planned else pair.p_all)),
        ]
        lines.append(line)
    units = own_units(results.numbers[pair.number] for pair in pairs)
    heads = ["Difference", "g_z", "Superiority", "Seeds needed", "p", "p (corrected)"]
    return Table(
        names.CONTRASTS if planned else names.PAIRED,
        "Planned contrasts" if planned else "All pairs",
        f"Differences within seeds, in percentage points{units}, with {100 * LEVEL:g} % intervals. "
        "g_z: mean difference over the SD of the differences, corrected for bias. Superiority: "
        "share of seeds in which the treatment has the larger number; ties count half. Seeds "
        "needed: how many would show a difference of this size and scatter with a power of 80 %, "
        "before any correction. p: sign-flip test, uncorrected, and corrected for all rows by "
        "step-down max-T.",
        columns(["Measure", "Treatment", "Other"], heads),
        in_blocks(lines),
        rows_of(Pair, pairs),
        empty="This study has no such pair.",
    )


def forecast_table(results: Results) -> Table:
    """Return how well the untreated network predicts each outcome."""
    blocks = []
    drawn = " and on the drawn numbers" if results.draws else ""
    for row in results.forecasts:
        size = f"{row.n}" if row.events is None else f"{row.events} of {row.n}"
        spread = NOTHING
        if row.low is not None and row.high is not None:
            spread = f"{coefficient(row.low)} to {coefficient(row.high)}"
        texts = [size, row.measure, coefficient(row.score), spread, coefficient(row.by_chance)]
        stubs = [results.name(row.treatment), results.numbers[row.outcome].heading]
        blocks.append([[*stubs, *texts, *map(p_value, (row.p, row.p_holm)), row.note]])
    return Table(
        names.FORECASTS,
        "Outcomes predicted from the untreated network",
        "Predictions come from a ridge regression on everything measured in the untreated "
        f"network{drawn}, judged on seeds that were left out of the fit (five-fold "
        "cross-validation, repeated twenty times). The score is the AUC for a yes/no outcome, and "
        "R² for an accuracy, where 0 is no better than the mean. The spread is over the repeats, "
        "and is not a confidence interval. The score by chance, and p, come from shuffling the "
        "outcomes among the seeds.",
        columns(
            ["Treatment", "Outcome"],
            ["Seeds", "Score", "Mean", "Spread", "By chance", "p", "p (Holm)", "Note"],
        ),
        blocks,
        rows_of(Forecast, results.forecasts),
        empty="There is nothing to predict.",
    )


def association_table(results: Results) -> Table:
    """Return the correlations of single numbers of the untreated network with the outcomes."""
    lines = []
    predictor_head = "Predictor" if results.draws else "Untreated network"
    for row in results.associations:
        if row.rho is not None:
            stubs = [results.name(row.treatment), results.numbers[row.outcome].heading]
            predictor = predictor_text(row.predictor, row.level, results.numbers, results.labels)
            texts = [f"{row.n}", coefficient(row.rho, row), *map(p_value, (row.p, row.p_holm))]
            lines.append([*stubs, predictor, *texts])
    return Table(
        names.ASSOCIATIONS,
        "Outcomes and single numbers of the untreated network",
        "Spearman's ρ over the seeds, with 95 % intervals (Bonett and Wright) and p from a "
        "permutation test, corrected by Holm's procedure over all rows. Outcomes and numbers that "
        "are the same in all seeds are left out.",
        columns(["Treatment", "Outcome", predictor_head], ["Seeds", "ρ", "p", "p (Holm)"]),
        in_blocks(lines, 2),
        rows_of(Association, results.associations),
        empty="No outcome differs between seeds.",
    )
