"""The figures of a study: figures of numbers, which the measures declare, and special ones.

Each is drawn by the module of its kind.
"""

from collections.abc import Iterable, Mapping, Sequence

from pipeline_lib import measures
from pipeline_lib.numbers import MAIN, Axes, FigureSpec, axis_text, in_words, is_numeric

_CAPTIONS = {
    ("patients", "Who responds to what"): (
        "Accuracy of each seed under each treatment, plotted against each number that was drawn "
        "for the seed. With enough seeds, lines show the mean of eleven neighbouring seeds."
    ),
    ("survival", "Relapse-free survival after response"): (
        "Of the seeds that were not below the threshold at cycle 0, the share without relapse "
        "beyond each stress cycle (Kaplan-Meier), with pointwise 95 % intervals and the number at "
        "risk."
    ),
    ("training", "Training"): (
        "Training loss and internal noise by epoch, in each treatment's course and in its "
        "maintenance."
    ),
    ("comparison", "Comparison with the published numbers"): (
        "This study's mean minus the published mean, with the Welch interval of the difference. "
        "The margin of equivalence is in grey."
    ),
    ("regrowth", "What regrowth does"): (
        "Which weights grew back in the network of one seed, where they are, and how large they "
        "are after training."
    ),
    ("regions", "What each network decides"): (
        "The class that each network of one seed assigns to each point of the plane: before "
        "pruning, after it, and after each treatment."
    ),
    ("predictors", "What predicts response, relapse and final accuracy"): (
        "Rank correlation of each predictor, such as a measure of the untreated network, with each "
        "outcome of treatment, with 95 % intervals. Outcomes that are the same in all seeds are "
        "left out."
    ),
}
SPECIAL = [FigureSpec(name, title, text, name) for (name, title), text in _CAPTIONS.items()]
# The widths of a journal's pages in inches, by the name of the folder of their figures.
TWO_COLUMNS = "two_columns"
JOURNAL = {"one_column": 3.5, TWO_COLUMNS: 7.2}

ALONG, FOREST, MAP = "along", "variants", "map"  # of axes


def specs(names: Iterable[str]) -> dict[str, FigureSpec]:
    """Return the figures of a study by name: those of these measures, then the special ones."""
    of_numbers = [spec for name in names for spec in measures.load(name).FIGURES]
    return {spec.name: spec for spec in [*of_numbers, *SPECIAL]}


def of_axes(
    scenarios: Sequence[Axes], names: Iterable[str], labels: Mapping[str, str]
) -> dict[str, FigureSpec]:
    """Return the figures of a study with axes, of these scenarios and measures, by name.

    `labels` names the treatments.
    """
    axes = drawn_axes(scenarios[0])
    numeric = [axis for axis in axes if is_numeric(scenarios[0][axis])]
    words = {axis: axis_text(axis, labels) for axis in axes}
    others = {axis: value for axis, value in scenarios[0].items() if axis not in axes}
    both = " and ".join(words.values())
    at = f" Here {in_words(others, labels)}." if others else ""
    means = f"means over the seeds with 95 % intervals.{at}"
    if len(numeric) == len(axes) == 2:
        caption = f"Means over the seeds, by {both}.{at}"
        numbers = measures.numbers(names)
        there = [numbers[name] for name in MAIN if name in numbers]
        found = [(f"{MAP}_{number.name}", number.heading, caption) for number in there]
    elif numeric:
        beside = "".join(f", a panel for each {words[x]}" for x in axes if x not in numeric)
        found = [(ALONG, f"Along {words[numeric[0]]}", f"By treatment{beside}: {means}")]
    else:
        found = [(FOREST, f"Variants of {both}", f"A row for each variant: {means}")]
    return {name: FigureSpec(name, title, text, "varied") for name, title, text in found}


def drawn_axes(first: Axes) -> list[str]:
    """Return which axes of a study with this first scenario are drawn."""
    return list(first)[:2]
