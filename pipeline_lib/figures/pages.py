"""The pages that figures are drawn for, and the writing of their files."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from pipeline_lib.figures import JOURNAL
from pipeline_lib.figures.style import SETTINGS, WIDTH
from pipeline_lib.files.whole import whole


@contextmanager
def applied(width: float | None = None) -> Iterator[None]:
    """Draw and save in the project's style, ignoring the user's matplotlib settings.

    It is for the screen, or for a journal's page of this width in inches, on which text stays text.
    On the screen letters are outlines, which look the same on every machine.
    """
    page: dict[str, Any] = {"figure.figsize": (width or WIDTH, 1.0), "savefig.dpi": 200}
    if width:
        page |= {"savefig.dpi": 600, "svg.fonttype": "none", "pdf.fonttype": 42}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS | page)  # type: ignore[arg-type]
        yield


def save(draw: Callable[[], Figure], paths: Iterable[str | Path]) -> None:
    """Draw a figure for each folder and write it to each path, all files completely or none.

    A folder with the name of a journal's page has figures for it; any other has those for the
    screen. A path's suffix says the format. The same figure gives the same bytes on any day.
    """
    metadata = {
        "svg": {"Date": None, "Creator": None},
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    with ExitStack() as stack:
        for folder, files in groupby(map(Path, paths), key=lambda path: path.parent):
            with applied(JOURNAL.get(folder.name)):
                figure = _laid_out(draw())
                for path in files:
                    form = path.suffix[1:]
                    temporary = stack.enter_context(whole(path))
                    figure.savefig(temporary, format=form, metadata=metadata[form])


def _laid_out(figure: Figure) -> Figure:
    """Place everything in a figure once, because layout costs as much as drawing."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    # The layout's solver keeps its variables in the order of their addresses in memory, so its
    # last digits differ from process to process, and with them the ids in an SVG.
    for axes in figure.axes:
        corners = axes.get_position(original=True).get_points()
        axes.set_position(Bbox(corners.round(9)))
    return figure
