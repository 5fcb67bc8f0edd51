"""The statistics of a study, asked number by number and pair by pair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pipeline_lib import measures, names
from pipeline_lib.analysis.along import Along
from pipeline_lib.analysis.cells import Cell, Cells
from pipeline_lib.analysis.claims import Judged
from pipeline_lib.analysis.paired import Pair
from pipeline_lib.analysis.predictors import Association, Forecast
from pipeline_lib.analysis.survival import LogRank
from pipeline_lib.analysis.varied import Variant, Varied
from pipeline_lib.files.rows import Row, read_rows
from pipeline_lib.numbers import Key, Number

# These numbers are compared between treatments but get no finding. Combined stress is a harder test
# than the first two, and the drop over the cycles is reported with the final accuracy.
UNASKED = (names.CLEAN, names.STANDARD, names.TOTAL_DROP)

PAPER = {  # the paper's questions, each the topic of a finding
    names.COMBINED: "Who resists combined stress",
    names.INTERNAL: "Who resists the strongest internal noise",
    names.ACUTE_DROP: "Who resists one sudden pruning",
    names.MEAN_ACCURACY: "Who does best over the whole course",
    names.FINAL_ACCURACY: "Who holds through the stress cycles",
}


class Asked(NamedTuple):
    """A number on which treatments are ranked; for a series, its strongest level."""

    number: Number
    level: float | None

    @property
    def heading(self) -> str:
        """Return what readers call it."""
        return self.number.at_level(self.level)

    @property
    def topic(self) -> str:
        """Return the topic of its finding."""
        if self.number.name not in PAPER:
            return self.heading
        topic = PAPER[self.number.name]
        return topic if self.level is None else f"{topic} ({self.heading})"


@dataclass(frozen=True)
class Results:
    """The cells and statistics of a study; `labels` has its treatments in their order.

    `threshold` is the fraction below which a network has relapsed, None in a study without stress
    cycles, and `combines` has the treatments that each combination puts together.
    """

    cells: Cells
    pairs: Sequence[Pair]
    log_rank: Sequence[LogRank]
    labels: Mapping[str, str]
    threshold: float | None
    combines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    measures: Sequence[str] = field(default_factory=measures.in_order)
    associations: Sequence[Association] = ()
    forecasts: Sequence[Forecast] = ()
    claims: Sequence[Judged] = ()

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """The numbers of the study's measures by name, in order."""
        return measures.numbers(self.measures)

    @property
    def seeds(self) -> int:
        """How many seeds the study has."""
        return max((cell.n for cell in self.cells.values()), default=0)

    @property
    def draws(self) -> bool:
        """Whether numbers that were drawn for each seed are among the predictors."""
        return any(row.predictor not in self.numbers for row in self.associations)

    def name(self, treatment: str) -> str:
        """Return what readers call a treatment or a state."""
        return names.label(treatment, self.labels)

    def asked(self) -> list[Asked]:
        """Return the numbers on which the study ranks its treatments."""
        found = []
        for number in self.numbers.values():
            level = self.cells.strongest(number.name)
            lacks = number.by == "cycle" or (number.by == "level" and level is None)
            if number.compared and number.name not in UNASKED and not lacks:
                found.append(Asked(number, level))
        return found

    def ranking(self, asked: Asked) -> dict[str, Cell]:
        """Return the treatments' cells of a number, the best first (the highest if none is)."""
        keys = (Key(who, asked.number.name, level=asked.level) for who in self.labels)
        cells = [self.cells[key] for key in keys if key in self.cells]
        sign = 1 if asked.number.better == "less" else -1
        return {cell.treatment: cell for cell in sorted(cells, key=lambda cell: sign * cell.mean)}

    def pairs_of(self, asked: Asked) -> dict[tuple[str, str], Pair]:
        """Return the comparisons on a number, each pair in both directions."""
        here = [p for p in self.pairs if (p.number, p.level) == (asked.number.name, asked.level)]
        both = [*here, *(pair.mirrored() for pair in here)]
        return {(pair.treatment, pair.other): pair for pair in both}

    def additions(self) -> list[tuple[Asked, Pair]]:
        """Return each combination beside its better part, number by number.

        The better part is the treatment of `combines` with the better mean: the higher accuracy,
        the smaller drop.
        """
        found = []
        for asked in self.asked():
            ranking, pairs = self.ranking(asked), self.pairs_of(asked)
            for name, parts in self.combines.items():
                better = next((who for who in ranking if who in parts), "")
                if asked.number.better != "neither" and (name, better) in pairs:
                    found.append((asked, pairs[name, better]))
        return found


@dataclass(frozen=True)
class VariedResults:
    """The numbers and statistics of a study with axes; `claims` has those of each scenario.

    `labels` names the treatments, and `threshold` is the relapse threshold, a fraction, or None if
    it is what is varied.
    """

    varied: Varied
    along: Sequence[Along]
    variants: Sequence[Variant]
    claims: Sequence[Sequence[Judged]]
    labels: Mapping[str, str]
    threshold: float | None


def read_results(
    files: Mapping[str, str | Path], study: Mapping[str, Any], planned: Mapping[str, str]
) -> Results:
    """Read the files `cells`, `pairs`, `logrank` and `claims`; `study` is `slices.tables`.

    Of a study with predictors, `associations` and `forecasts` are read too. `planned` has the plan
    that must have made each file. Raises PipelineError if one is missing or damaged.
    """

    def rows(name: str, row: type[Row]) -> list[Row]:
        return read_rows(files[name], row, planned.get(name)) if files.get(name) else []

    return Results(
        Cells(rows("cells", Cell)),
        rows("pairs", Pair),
        rows("logrank", LogRank),
        **{name: study[name] for name in ("labels", "threshold", "combines", "measures")},
        associations=rows(names.ASSOCIATIONS, Association),
        forecasts=rows(names.FORECASTS, Forecast),
        claims=rows(names.CLAIMS, Judged),
    )
