"""The accuracies of every network: Tables 1 and 2, and state dependence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationInfo, field_validator

from pipeline_lib.engines.accuracy import Measurement, Stress, Subject, measure, per_cent
from pipeline_lib.measures import EVERY_STATE, Found, RowOfFile, Value, value
from pipeline_lib.names import (
    CLEAN,
    COMBINED,
    GAIN_OVER_UNTREATED,
    INPUT,
    INTERNAL,
    OFF,
    ON,
    SPARSITY,
    STANDARD,
    STATES,
    SUMMARY,
    UNTREATED,
)
from pipeline_lib.numbers import POINTS, FigureSpec, Key, Number, TableSpec
from pipeline_lib.options import Deviation, Model

if TYPE_CHECKING:
    from pipeline_lib.model.network import Network
    from pipeline_lib.model.task import Points

TITLE = "evaluate"
APPLIES_TO = EVERY_STATE
OPTIONAL = False


class Combined(Model):
    """The combined stress test."""

    input_noise: Deviation = Field(description="SD of the noise added to the test points")
    internal_noise: Deviation = Field(description="σ of the noise in the hidden layers")


class Options(Model):
    """What is measured in every network."""

    combined: Combined = Field(description="the combined stress test, also used under relapse")
    sweep: Annotated[list[Deviation], Field(min_length=1)] = Field(
        description="internal noise levels σ, ascending, from 0.0"
    )
    input_sweep: Annotated[list[Deviation], Field(min_length=1)] | None = Field(
        None, description="SDs of noise on the test points and nowhere else, ascending"
    )

    @field_validator("sweep", "input_sweep")
    @classmethod
    def _ascending(cls, sweep: list[float] | None, info: ValidationInfo) -> list[float] | None:
        first = "the first of them 0.0" if info.field_name == "sweep" else "all above 0"
        if sweep and ((sweep[0] == 0) != (info.field_name == "sweep") or sweep != sorted({*sweep})):
            raise ValueError(f"it must be noise levels in ascending order, {first}")
        return sweep


Row = Measurement

LEVELS = {INTERNAL: "internal_noise", INPUT: "input_noise"}  # the columns of the sweeps' levels


def run(
    subject: Subject,
    network: Network,
    *,
    standard: Points,
    clean: Points,
    combined: dict[str, float],
    sweep: Sequence[float],
    withdrawal: bool,
    input_sweep: Sequence[float] = (),
) -> list[Measurement]:
    """Measure clean, standard, combined stress and each noise level of the two sweeps.

    With `withdrawal`, combined stress and the strongest level are measured once more with the
    modulation off, under the same noise.
    """
    from pipeline_lib.model.network import unmodulated

    both = Stress(COMBINED, standard, **combined)
    levels = [Stress(INTERNAL, standard, internal_noise=sigma) for sigma in sweep]
    inputs = [Stress(INPUT, standard, input_noise=sd) for sd in input_sweep]
    stresses = [Stress(CLEAN, clean), Stress(STANDARD, standard), both, *levels, *inputs]
    rows = [measure(subject, network, stress, assessment=TITLE) for stress in stresses]
    if withdrawal:
        off = unmodulated(network)
        for stress in (both, levels[-1]):
            rows.append(measure(subject, off, stress, assessment=TITLE, modulation=OFF))
    return rows


def values(rows: Iterable[RowOfFile], found: Found) -> Iterator[Value]:
    """Yield sparsity, accuracies, and the gain in combined accuracy over the untreated network."""
    rows = list(rows)
    untreated = {
        row["seed"]: per_cent(row)
        for row in rows
        if row["treatment"] == UNTREATED and row["condition"] == COMBINED
    }
    for row in rows:
        seed, treatment, condition = row["seed"], row["treatment"], row["condition"]
        if condition == CLEAN:
            yield value(seed, Key(treatment, SPARSITY), 100.0 * row["sparsity"])
        level = row[LEVELS[condition]] if condition in LEVELS else None
        accuracy = per_cent(row)
        yield value(seed, Key(treatment, condition, row["modulation"], level), accuracy)
        treated = treatment not in STATES and row["modulation"] == ON
        if condition == COMBINED and treated and seed in untreated:
            gain = accuracy - untreated[seed]
            yield value(seed, Key(treatment, GAIN_OVER_UNTREATED), gain)


_accuracy = partial(Number, figures=("accuracy",))
_by_level = partial(_accuracy, by="level")

NUMBERS = (
    Number(SPARSITY, "Sparsity", better="neither", compared=False, tables=("table_1", SUMMARY)),
    _accuracy(CLEAN, "Clean", tables=("table_1",)),
    _accuracy(STANDARD, "Standard", tables=("table_1",)),
    _accuracy(COMBINED, "Combined stress", tables=("table_1", "state_dependence", SUMMARY)),
    _by_level(
        INTERNAL,
        "σ",
        over="Internal noise σ",
        tables=("table_2", "state_dependence", SUMMARY),
        figures=("accuracy", "resilience"),
    ),
    _by_level(INPUT, "Input noise", over="Input noise SD", tables=("table_2", SUMMARY)),
    Number(
        GAIN_OVER_UNTREATED,
        "Gain over untreated",
        POINTS,
        compared=False,
        derived=True,
        tables=("improvement",),
    ),
)

TABLES = (
    TableSpec(
        "table_1",
        "Accuracy after treatment",
        "Per cent; {over}. Combined stress is input noise and internal noise at once.",
        paper="1",
    ),
    TableSpec(
        "table_2",
        "Accuracy under internal noise",
        "Per cent of standard test points; {over}. σ is the SD of the noise in the hidden layers.",
        paper="2",
    ),
    TableSpec(
        "state_dependence",
        "State dependence",
        "Per cent; {over}. The same weights with the modulation on, then off.",
        both=True,
        empty="No treatment of this study was measured with its modulation off.",
    ),
    TableSpec(
        "improvement",
        "Improvement over untreated",
        "Combined-stress accuracy minus that of the untreated network of the same seed, in "
        "percentage points; {over}.",
    ),
)

FIGURES = (
    FigureSpec(
        "accuracy",
        "Accuracy by treatment and condition",
        "Every seed, with the mean and its 95 % interval below. Combined stress is input noise and "
        "internal noise at once.",
    ),
    FigureSpec(
        "resilience",
        "Accuracy under internal noise",
        "Mean accuracy on standard test points as internal noise grows, with 95 % intervals.",
        kind="lines",
    ),
)
