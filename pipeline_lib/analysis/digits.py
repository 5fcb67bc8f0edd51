"""The replay of the published run compared with the published numbers, digit for digit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from pipeline_lib.analysis.cells import Cells, Statistics, by_place
from pipeline_lib.analysis.published import STATISTICS, Published
from pipeline_lib.measures import Value
from pipeline_lib.numbers import Key, Number, Numbers, printed
from pipeline_lib.replay.single import Replayed

DECIMALS = 4  # of the runs' values


@dataclass(frozen=True)
class Digits:
    """A published number and ours, both as printed; `ours` is empty if the replay has none.

    A value from the published protocol's run of a seed has no `table` and four decimals.
    """

    table: str
    treatment: str
    number: str
    modulation: str
    level: float | None
    cycle: int | None
    seed: int | None
    statistic: str
    published: str
    ours: str
    equal: bool


def as_printed(
    cells: Cells, values: Iterable[Value], published: Iterable[Published], numbers: Numbers
) -> list[Digits]:
    """Compare every published number with ours, both as printed.

    Returns one row per published mean, SD, minimum, maximum and count. Numbers of single seeds are
    looked up in `values`.
    """
    study = by_place(cells, values)
    rows: list[Digits] = []
    for there in published:
        number = numbers.get(there.key.number, Number(there.key.number, ""))
        ours = study.get(there.place, Statistics())
        decimals = 0 if there.seed is not None else number.decimals
        rows += _digits(there, ours, decimals, printed)
    return rows


def single_as_printed(rows: Iterable[Replayed], published: Iterable[Published]) -> list[Digits]:
    """Compare the numbers of published runs with those replayed, table by table.

    A number without a seed is a statistic over all runs. Both are printed with the decimals of the
    published mean, and zero keeps its sign.
    """
    by_seed: dict[tuple[str, Key], dict[int, float]] = {}
    for row in rows:
        by_seed.setdefault((row.table, row.key), {})[row.seed] = row.value
    found: list[Digits] = []
    for there in published:
        of_number = by_seed.get((there.table, there.key), {})
        ours = Statistics()
        if runs := [value for seed, value in of_number.items() if there.seed in (None, seed)]:
            # The SD is of these runs, as the programs have it; a share counts those that have it.
            sd, count = float(np.std(runs)), int(np.count_nonzero(runs))
            ours = Statistics(float(np.mean(runs)), sd, min(runs), max(runs), count)
        found += _digits(there, ours, there.decimals, "{:.{}f}".format)
    return found


def _digits(
    there: Published, ours: Statistics, decimals: int, text: Callable[[float, int], str]
) -> Iterator[Digits]:
    for statistic in STATISTICS:
        value, found = getattr(there.statistics, statistic), getattr(ours, statistic)
        if value is not None:
            shown = 0 if statistic == "count" else decimals
            both = text(value, shown), "" if found is None else text(found, shown)
            place = (there.table, *there.key, there.seed, statistic)
            yield Digits(*place, *both, both[0] == both[1])


def against_runs(values: Iterable[Value], runs: Iterable[Value]) -> list[Digits]:
    """Compare the replay with the published protocol's runs, value by value, to four decimals.

    Returns one row per value of the runs, for the seeds that were replayed.
    """
    ours = {(each.seed, each.key): each.value for each in values}
    seeds = {seed for seed, _ in ours}
    found: list[Digits] = []
    for run in (run for run in runs if run.seed in seeds):
        there = Published("", run.key, run.seed, Statistics(run.value))
        mine = Statistics(ours.get((run.seed, run.key)))
        found += _digits(there, mine, DECIMALS, "{:.{}f}".format)
    return found


def printed_verdict(comparison: Sequence[Digits]) -> str:
    """Say in one line how many of the published numbers `as_printed` found equal."""
    equal = sum(row.equal for row in comparison)
    why = "; where many differ, the processor may be the cause (see docs/series.md)"
    verdict = f"{equal} of {len(comparison)} published numbers equal as printed"
    return verdict if equal == len(comparison) else verdict + why


def runs_verdict(comparison: Sequence[Digits]) -> str:
    """Say in one line how many values `against_runs` found equal, of how many seeds."""
    equal, seeds = sum(row.equal for row in comparison), len({row.seed for row in comparison})
    noun = "seed" if seeds == 1 else "seeds"
    return f"{equal} of {len(comparison)} values of {seeds} {noun} equal to {DECIMALS} decimals"


def differences(comparison: Iterable[Digits]) -> list[str]:
    """Say of each number that differs which one it is, and both of its values."""
    lines = []
    for row in comparison:
        if not row.equal:
            *place, _, _, _ = asdict(row).items()
            where = ", ".join(f"{name} {value}" for name, value in place if value not in (None, ""))
            lines.append(f"{where}: published {row.published}, ours {row.ours or 'missing'}")
    return lines
