"""How all figures look, and how they are written: one style, readable without colour.

Treatments differ in colour, in lightness, in marker and in line, so that a figure can be read
by the colour-blind and from a black-and-white print.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib.transforms import Bbox

from pipeline_lib.files.networks import whole
from pipeline_lib.names import HEALTHY, LABELS, UNTREATED

WIDTH = 7.2  # inches, both columns of a journal's page
PNG_DPI = 200

STATE_COLOURS = {HEALTHY: "#111111", UNTREATED: "#949494"}
STATE_MARKERS = {HEALTHY: "*", UNTREATED: "X"}

# The first three are Tol's high-contrast scheme. All differ by a fifteenth or more of the way
# from black to white, among each other and from the states above.
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
    "axes.labelsize": 8,
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
    "figure.titlesize": 10,
    "figure.titleweight": "bold",
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "legend.handlelength": 3.0,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "text.parse_math": False,  # a label may hold a dollar sign
    "hatch.color": "#777777",
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "pruning-resilience",  # ids that do not change from run to run
    "savefig.facecolor": "white",
}


@dataclass(frozen=True)
class Look:
    """How a treatment, or a state that is none, looks in every figure."""

    label: str
    colour: str
    marker: str
    line: Any


def looks(labels: Mapping[str, str], colours: Mapping[str, str]) -> dict[str, Look]:
    """Return the look of the two states and of each treatment, in the order of the study.

    `labels` names the treatments for readers; `colours` has "#rrggbb" for some or all of them,
    and for the states. The others take theirs from `COLOURS`, in order, those chosen left out.
    """
    free = [colour for colour in COLOURS if colour not in {c.upper() for c in colours.values()}]
    others = iter([name for name in labels if name not in colours])
    given = {name: (free or COLOURS)[i % len(free or COLOURS)] for i, name in enumerate(others)}
    result = {
        name: Look(label, colours.get(name, STATE_COLOURS[name]), STATE_MARKERS[name], "-")
        for name, label in LABELS.items()
    }
    for place, (name, label) in enumerate(labels.items()):
        result[name] = Look(
            label,
            colours.get(name) or given[name],
            MARKERS[place % len(MARKERS)],
            LINES[place % len(LINES)],
        )
    return result


@contextmanager
def applied() -> Iterator[None]:
    """Draw and save in this style; a user's own matplotlib settings do not count."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)  # type: ignore[arg-type]
        yield


def new_figure(height: float, title: str) -> Figure:
    """Return an empty figure of the page's width and `height` inches."""
    # Text is as wide in the layout as in the PNG only at the same resolution.
    figure = Figure(figsize=(WIDTH, height), dpi=PNG_DPI, layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def save(figure: Figure, paths: Iterable[str | Path]) -> None:
    """Write a figure to each path, in the format of its suffix: all of them whole, or none.

    The same figure is the same bytes, on whatever day it is drawn.
    """
    # One layout for all formats; it costs as much as drawing.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    _settle(figure)
    metadata = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
    with ExitStack() as stack:
        for path in map(Path, paths):
            form = path.suffix[1:]
            temporary = stack.enter_context(whole(path))
            figure.savefig(temporary, format=form, dpi=PNG_DPI, metadata=metadata.get(form))


def _settle(figure: Figure) -> None:
    """Round the places of the axes.

    The layout's solver keeps its variables in the order of their addresses in memory, which
    another process has otherwise: its last digits differ from run to run, and with them the ids
    in an SVG.
    """
    for axes in figure.axes:
        corners = axes.get_position(original=True).get_points()
        axes.set_position(Bbox(corners.round(9)))


def grid(figure: Figure, count: int, columns: int, **options: Any) -> list[Axes]:
    """Return `count` axes in rows of at most `columns`, with shared scales."""
    columns = min(columns, count)
    rows = -(-count // columns)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False, **options)
    for extra in axes.flat[count:]:
        extra.remove()
    # The last panel of each column has the ticks, also where the row below is shorter.
    for panel in axes.flat[max(0, count - columns) : count]:
        panel.xaxis.set_tick_params(labelbottom=True)
    return list(axes.flat[:count])


def legend(figure: Figure, handles: Sequence[Any], columns: int | None = None) -> None:
    """Put one legend for all panels below the figure."""
    columns = columns or max(1, min(len(handles), 4))
    figure.legend(handles=list(handles), loc="outside lower center", ncols=columns)


def handle(look: Look, **options: Any) -> Line2D:
    """Return a legend's entry for a treatment drawn as a line with markers."""
    return Line2D([], [], **(line(look) | {"label": wrapped(look.label, 26)} | options))


def line(look: Look) -> dict[str, Any]:
    """Return the options of a treatment's line; markers have a white rim where they overlap."""
    return {
        "color": look.colour,
        "marker": look.marker,
        "linestyle": look.line,
        "markeredgecolor": "white",
        "markeredgewidth": 0.5,
        "markersize": 8 if look.marker == "*" else 5.5,
    }


def note(label: str, **options: Any) -> Line2D:
    """Return a legend's entry that explains a mark, in no treatment's colour."""
    plain: dict[str, Any] = {"color": "black", "linewidth": 1.1, "label": label}
    return Line2D([], [], **(plain | options))


def chance(level: float) -> Line2D:
    """Return a legend's entry for the line of chance, a level in per cent."""
    return note(f"chance, {level:.3g} %", **CHANCE)


def seeds(panel: Axes, x: np.ndarray, values: np.ndarray, look: Look) -> None:
    """Draw a thin line for each row of `values`, paler where there are many."""
    alpha = max(0.3, min(0.6, 12 / len(values)))
    panel.plot(x, values.T, color=look.colour, linewidth=0.6, alpha=alpha)


def mean_line(look: Look, linewidth: float) -> dict[str, Any]:
    """Return the options of a mean's line: its white rim sets it off from those of the seeds."""
    rim = [Stroke(linewidth=linewidth + 2, foreground="white"), Normal()]
    return {"color": look.colour, "linewidth": linewidth, "label": "mean", "path_effects": rim}


def seeds_and_mean() -> list[Line2D]:
    """Return a legend's entries for thin lines of seeds and the thick one of their mean."""
    return [
        note("one seed", color=QUIET, linewidth=0.7),
        note("mean over seeds", color=QUIET, linewidth=2.2),
    ]


def powers_of_ten(axis: Axis, most: int = 5) -> None:
    """Label a logarithmic axis 10⁻³, 0.01, 0.1, 1, 10, at `most` ticks or a few more."""
    axis.set_major_locator(LogLocator(numticks=most))
    axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
    axis.set_minor_locator(NullLocator())


def power_of_ten(value: float) -> str:
    """Return a power of ten in digits that need no typesetting."""
    if not 0.0099 < value < 1001 and value > 0:
        return "10" + f"{round(math.log10(value))}".translate(_RAISED)
    return f"{value:g}"


def wrapped(text: str, width: int) -> str:
    """Break a label into lines of about `width` characters."""
    return "\n".join(textwrap.wrap(text, width)) or text


def dodged(count: int, reach: float) -> np.ndarray:
    """Return (count,) offsets from -reach to reach that keep equal marks apart."""
    return np.linspace(-reach, reach, count) if count > 1 else np.zeros(1)
