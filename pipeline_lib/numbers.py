"""Declarations of a measure's numbers: how each is printed, compared and shown."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from pipeline_lib.names import COMBINED, FINAL_ACCURACY, MAINTENANCE, ON, RELAPSED

MAIN = (COMBINED, FINAL_ACCURACY, RELAPSED)  # the numbers that maps show and variants are told by

Axes = Mapping[str, float | str]  # the value of each axis in one scenario
Drawn = Mapping[int, Mapping[str, float]]  # the numbers that were drawn for each seed, by key
NOTHING_DRAWN: Drawn = MappingProxyType({})

WORDS = {"lr": "learning rate", "sd": "SD"}  # parts of an axis that readers may not know

# Units as they appear after a number in a sentence.
PER_CENT, POINTS, CYCLES, PLAIN = "\N{NO-BREAK SPACE}%", " points", " cycles", ""


class Key(NamedTuple):
    """The identity of a number in a study: its treatment, its name and its conditions.

    `level` is a level of a sweep (an internal noise σ) and `cycle` a stress cycle; each is None for
    a number that has none. `modulation` is "off" if the measurement was made without modulation.
    """

    treatment: str
    number: str
    modulation: str = ON
    level: float | None = None
    cycle: int | None = None


@dataclass(frozen=True)
class Number:
    """A number that a measure gives for every seed.

    `by` is set if it is a series over noise levels or cycles. A `share` is 0 or 1 in each seed and
    is reported as a count of seeds. A number that is `compared` is tested between treatments,
    except at level 0, which repeats a measurement without noise. `tables` and `figures` name the
    tables and figures that show it. `over` labels the axis of its levels, and `at` a level at the
    head of a column, if the heading does not.
    """

    name: str
    heading: str
    unit: str = PER_CENT
    decimals: int = 1
    better: Literal["more", "less", "neither"] = "more"
    by: Literal["level", "cycle"] | None = None
    over: str = ""
    at: str = ""
    share: bool = False
    compared: bool = True
    derived: bool = False
    tables: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest mean that it can have."""
        known = {PER_CENT: (0.0, 100.0), CYCLES: (0.0, math.inf)}
        return known.get(self.unit, (-math.inf, math.inf))

    @property
    def limits_of_difference(self) -> tuple[float, float]:
        """The lowest and the highest difference of two of its means."""
        low, high = self.limits
        return low - high, high - low

    def at_level(self, level: float | None, modulation: str = ON) -> str:
        """Return its heading, with its level if it belongs to a series, and "off" if it is off."""
        text = self.heading
        if level is not None:
            text = f"{self.at} = {level:g}" if self.at else f"{self.heading} = {level}"
        return text if modulation == ON else f"{text}, off"


Numbers = Mapping[str, Number]  # those of some measures, by name


@dataclass(frozen=True)
class TableSpec:
    """A table of the numbers that name it; its caption has `{over}` or `{seeds}` for the seeds.

    `paper` is the paper's number for the table. It shows all levels of a series, or only the
    `strongest`. With `both`, it shows the treatments that were measured with the modulation on and
    off, side by side. `extremes` shows the lowest and the highest seed instead of mean and SD.
    """

    name: str
    title: str
    caption: str
    rows: Literal["treatments", "cycles", "seeds"] = "treatments"
    paper: str = ""
    strongest: bool = False
    both: bool = False
    extremes: bool = False
    empty: str = "This study has no such measurement."


@dataclass(frozen=True)
class FigureSpec:
    """A figure of the numbers that name it.

    `kind` is the module of `figures` that draws it: "states", with a row for each state that shows
    every seed and the mean; "lines", with lines over the levels of a sweep or over stress cycles;
    "trajectories", with every seed over the cycles and a panel for each treatment; or another, of
    a figure that shows something other than numbers.
    """

    name: str
    title: str
    caption: str
    kind: str = "states"


def drawn_keys(drawn: Drawn) -> list[str]:
    """Return the keys whose numbers were drawn, which are the same for every seed."""
    return list(next(iter(drawn.values()), ()))


def is_numeric(value: float | str) -> bool:
    """Tell whether this is a value of a numeric axis; others have names."""
    return not isinstance(value, str)


def value_text(value: float | str) -> str:
    """Return a value of an axis as readers see it."""
    return value if isinstance(value, str) else f"{value:.6g}"


def axis_text(axis: str, labels: Mapping[str, str]) -> str:
    """Return an axis as readers see it: "pruning sparsity", "regrow fraction (Ketamine-like)".

    `labels` names the treatments.
    """
    parts, whose = axis.split("."), ""
    if parts[0] == "treatments" and len(parts) > 3:  # whose, the course or maintenance, steps
        who = labels.get(parts[1], "every treatment")
        whose = f" ({who}, {MAINTENANCE})" if parts[2] == MAINTENANCE else f" ({who})"
        parts = [part for part in parts[3:] if part != "each"]
    return " ".join(WORDS.get(part, part.replace("_", " ")) for part in parts) + whose


def in_words(axes: Axes, labels: Mapping[str, str] | None = None) -> str:
    """Return values of axes in words: "pruning.sparsity = 0.9, network = wide".

    With the treatments' labels, the axes are in words too.
    """
    return ", ".join(
        f"{axis if labels is None else axis_text(axis, labels)} = {value_text(value)}"
        for axis, value in axes.items()
    )


def printed(value: float, decimals: int) -> str:
    """Return a number as the published tables print it."""
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text
