"""The style of all figures, readable without colour.

Treatments differ in colour, lightness, marker and line style, so that colour-blind people can read
the figures, also in black and white.
"""

import math
import textwrap
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import LogLocator

from pipeline_lib.figures import JOURNAL, TWO_COLUMNS
from pipeline_lib.names import HEALTHY, STATE_LABELS, UNTREATED

WIDTH = JOURNAL[TWO_COLUMNS]  # inches, a full page

# The first three are Tol's high-contrast scheme. The lightness of all colours, including those of
# the states below, differs by at least a fifteenth of the way from black to white.
COLOURS = ("#004488", "#DDAA33", "#BB5566", "#117733", "#99DDFF")
MARKERS = ("o", "s", "^", "D", "v", "P", "<", ">", "p", "h")
LINES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (1, 1)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (8, 2)),
    (0, (8, 2, 2, 2)),
)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
QUIET = "#666666"  # thresholds, chance, notes
CHANCE: dict[str, Any] = {"color": QUIET, "linewidth": 0.9, "linestyle": (0, (1, 1.5))}

SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same text on every machine
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "legend.handlelength": 3.0,
    "lines.markersize": 4.5,
    "text.parse_math": False,  # a label may hold a dollar sign
    "hatch.color": "#777777",
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "pruning-resilience",  # ids that do not change from run to run
}


@dataclass(frozen=True)
class Look:
    """How a treatment or another state looks in every figure."""

    label: str
    colour: str
    marker: str
    line: Any


STATE_LOOKS = {
    HEALTHY: Look(STATE_LABELS[HEALTHY], "#111111", "*", "-"),
    UNTREATED: Look(STATE_LABELS[UNTREATED], "#949494", "X", "-"),
}


def looks(
    labels: Mapping[str, str], places: Mapping[str, int], colours: Mapping[str, str]
) -> dict[str, Look]:
    """Return the look of the two states and of each treatment, in the order of the study.

    `labels` has the treatments' labels. Colour, marker and line style follow from a treatment's
    place, whatever other treatments there are; `colours` has "#rrggbb" for those that set one.
    """
    found = dict(STATE_LOOKS)
    for name, label in labels.items():
        at = places[name]
        colour, marker, line = (of[at % len(of)] for of in (COLOURS, MARKERS, LINES))
        found[name] = Look(label, colours.get(name) or colour, marker, line)
    return found


def new_figure(height: float) -> Figure:
    """Return an empty figure of `height` inches, as wide as its page.

    It has no title, because the report and a journal put one into the caption.
    """
    # Text has the same width in the layout as in the PNG only at the same resolution.
    dpi = matplotlib.rcParams["savefig.dpi"]
    return Figure(figsize=(page_width(), height), dpi=dpi, layout="constrained")


def page_width() -> float:
    """Return the width of the page that is being drawn, in inches."""
    return float(matplotlib.rcParams["figure.figsize"][0])


def per_row(most: int) -> int:
    """Return how many of the panels that a full page has in a row fit on this page."""
    return math.ceil(most * page_width() / WIDTH)


def rows_for(count: int, columns: int) -> int:
    """Return how many rows of panels there are, if a full page has at most `columns` in a row."""
    return max(1, -(-count // per_row(columns)))


def grid(
    figure: FigureBase, count: int, columns: int, *, sharex: bool = True, sharey: bool = True
) -> list[Axes]:
    """Return `count` axes in rows of at most `columns` on a full page, fewer on a narrow one."""
    rows = rows_for(count, columns)
    columns = max(1, min(per_row(columns), count))
    axes = figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False)
    for extra in axes.flat[count:]:
        extra.remove()
    # The last panel of each column has the ticks, even if the row below is shorter.
    for panel in axes.flat[max(0, count - columns) : count]:
        panel.xaxis.set_tick_params(labelbottom=True)
    return list(axes.flat[:count])


def legend(figure: Figure, handles: Sequence[Any], columns: int = 4) -> None:
    """Put one legend for all panels below the figure, in as many of the columns as fit."""
    lengths = [max(map(len, handle.get_label().split("\n"))) for handle in handles]
    columns = min(len(handles), columns)
    width = 72 * page_width()  # in points; a letter is about 4.1 wide, and the mark beside it 43
    while columns > 1 and width <= sum(
        43 + 4.1 * part.max() for part in np.array_split(lengths, columns)
    ):
        columns -= 1
    figure.legend(handles=list(handles), loc="outside lower center", ncols=max(1, columns))


def name_rows(axes: Axes, labels: Iterable[str]) -> None:
    """Label the rows of a panel, from the top."""
    labels = list(labels)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.set_yticks(range(len(labels)), labels)


def handle(look: Look, **options: Any) -> Line2D:
    """Return a legend's entry for a treatment drawn as a line with markers."""
    return Line2D([], [], **(line(look) | {"label": wrapped(look.label, 26)} | options))


def line(look: Look) -> dict[str, Any]:
    """Return the options of a treatment's line; a white rim separates overlapping markers."""
    return {
        "color": look.colour,
        "marker": look.marker,
        "linestyle": look.line,
        "markeredgecolor": "white",
        "markeredgewidth": 0.5,
        "markersize": 8 if look.marker == "*" else 5.5,
    }


def note(label: str, **options: Any) -> Line2D:
    """Return a legend's entry that explains a mark, in a colour of no treatment."""
    plain: dict[str, Any] = {"color": "black", "linewidth": 1.1, "label": label}
    return Line2D([], [], **(plain | options))


def intervals(figure: Figure) -> list[Line2D]:
    """Return a legend's entry for the bars of intervals, if the figure has any."""
    collections = [each for panel in figure.axes for each in panel.collections]
    bars = [each for each in collections if isinstance(each, LineCollection)]
    drawn = any(len(bar) for each in bars for bar in each.get_segments())
    return [note("95 % interval", linestyle="none", marker="|", markersize=9)] if drawn else []


def chance(level: float) -> Line2D:
    """Return a legend's entry for the line of chance, a level in per cent."""
    return note(f"chance, {level:.3g} %", **CHANCE)


def notes_of_seeds() -> list[Line2D]:
    """Return a legend's entries for the lines of `seeds_and_mean`."""
    thin, thick = ({"color": QUIET, "linewidth": width} for width in (0.7, 2.2))
    return [note("one seed", **thin), note("mean over seeds", **thick)]


def seeds_and_mean(
    panel: Axes, x: np.ndarray, seeds: np.ndarray, mean: np.ndarray, look: Look, **options: Any
) -> None:
    """Draw a thin line for each row of `seeds`, paler if there are many, and a thick mean."""
    alpha = max(0.3, min(0.6, 12 / len(seeds)))
    panel.plot(x, seeds.T, color=look.colour, linewidth=0.6, alpha=alpha)
    # A white rim separates the mean from the seeds.
    rim = [Stroke(linewidth=options["linewidth"] + 2, foreground="white"), Normal()]
    panel.plot(x, mean, color=look.colour, label="mean", path_effects=rim, **options)


def powers_of_ten(axis: Axis) -> None:
    """Label a logarithmic axis 10⁻³, 0.01, 0.1, 1, 10, with about five ticks.

    A short axis also has 0.2 and 0.5, since a single label would give no scale.
    """
    axis.set_major_locator(LogLocator(numticks=5))
    axis.set_major_formatter(power_of_ten)

    def between(value: float, _: Any) -> str:
        low, high = sorted(axis.get_view_interval())
        return f"{value:g}" if high < 30 * low else ""

    axis.set_minor_locator(LogLocator(subs=(2, 5)))
    axis.set_minor_formatter(between)


def power_of_ten(value: float, _: Any = None) -> str:
    """Return a power of ten as plain text, as a tick's formatter."""
    if not 0.0099 < value < 1001 and value > 0:
        return "10" + f"{round(math.log10(value))}".translate(_RAISED)
    return f"{value:g}"


def wrapped(text: str, width: int) -> str:
    """Break a label into lines of about `width` characters."""
    return "\n".join(textwrap.wrap(text, width)) or text


def dodged(count: int, reach: float) -> np.ndarray:
    """Return (count,) offsets from -reach to reach that keep equal marks apart."""
    return np.zeros(1) if count == 1 else np.linspace(-reach, reach, count)


def shifts(looks: Iterable[str], there: Container[str], reach: float) -> dict[str, float]:
    """Return the offset of each treatment that is there, in the order of `looks`."""
    order = [name for name in looks if name in there]
    return dict(zip(order, dodged(len(order), reach), strict=True))
