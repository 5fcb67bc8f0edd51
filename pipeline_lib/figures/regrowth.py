"""What regrowth did to one network: which weights came back, where, and what became of them.

A regrown weight goes where the loss is steepest. In the published study more than half of the
regrown weights have a gradient of exactly zero: they are ties, taken in whole rows, and the units
of those rows become complete without ever having been asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from pipeline_lib.figures import style
from pipeline_lib.figures.style import Look
from pipeline_lib.model.network import Network

PIXELS = 128  # of a map along each side, at the most
BINS = 61

# What became of a weight.
ABSENT, KEPT, STEEP, FLAT = range(4)
FATES = {FLAT: "regrown, gradient exactly zero", STEEP: "regrown", KEPT: "kept"}


@dataclass(frozen=True)
class Matrix:
    """One weight matrix before and after a treatment with regrowth.

    `fate` (n_out, n_in) int8 is of each weight: absent, kept, or regrown, with some gradient
    (steep) or with a gradient of exactly zero (flat); `before` and `after` (n_out,) are the
    shares of a unit's incoming weights that are there, in per cent; `pruned` holds the untreated
    network's surviving weights, `weights` the treated network's, by fate.
    """

    title: str
    fate: np.ndarray
    before: np.ndarray
    after: np.ndarray
    pruned: np.ndarray
    weights: Mapping[int, np.ndarray]

    @property
    def flat_share(self) -> float:
        """The per cent of regrown weights that had a gradient of exactly zero."""
        flat, steep = np.sum(self.fate == FLAT), np.sum(self.fate == STEEP)
        return float(100 * flat / max(1, flat + steep))


def data(
    pruned: Network, treated: Network, scores: Sequence[np.ndarray] | None = None
) -> list[Matrix]:
    """Return what became of each weight matrix.

    `scores[k]` (n_out, n_in) are the summed gradient magnitudes that the regrowth went by; without
    them all that is regrown counts as steep.
    """
    matrices = []
    for layer, (mask, after, weight) in enumerate(
        zip(pruned.masks, treated.masks, treated.weights, strict=True)
    ):
        fate = np.where(after, np.where(mask, KEPT, STEEP), ABSENT).astype(np.int8)
        if scores is not None:
            fate[(fate == STEEP) & (scores[layer] == 0)] = FLAT
        sources = "inputs" if layer == 0 else f"layer {layer}"
        target = "classes" if layer == len(pruned.masks) - 1 else f"layer {layer + 1}"
        matrices.append(
            Matrix(
                title=f"{sources} → {target}",
                fate=fate,
                before=100 * mask.mean(axis=1),
                after=100 * after.mean(axis=1),
                pruned=pruned.weights[layer][mask],
                weights={kind: weight[fate == kind] for kind in (KEPT, STEEP, FLAT)},
            )
        )
    return matrices


def draw(matrices: Sequence[Matrix], before: Look, after: Look, *, seed: int) -> Figure:
    """Draw a row for each matrix: its map, its units, its weights."""
    figure = style.new_figure(
        1.1 + 1.7 * len(matrices), f"What regrowth did: {after.label}, seed {seed}"
    )
    axes = figure.subplots(len(matrices), 3, squeeze=False, width_ratios=[1, 1.15, 1.5])
    colours = _colours(after)
    known = any((matrix.fate == FLAT).any() for matrix in matrices)
    for (on_map, on_units, on_weights), matrix in zip(axes, matrices, strict=True):
        _map(on_map, matrix, colours)
        _units(on_units, matrix, before, after)
        _weights(on_weights, matrix, before, colours)
        if known:
            on_weights.set_title(f"{matrix.flat_share:.0f} % of the regrown had no gradient")
    axes[-1, 0].set_xlabel("From, most connected first")
    axes[-1, 1].set_xlabel("Units, most connected first (%)")
    axes[-1, 2].set_xlabel("Weight")
    style.legend(
        figure,
        [
            style.handle(
                before, marker="", linestyle=(0, (2, 1)), label=f"{before.label} (before)"
            ),
            style.handle(after, marker="", label=f"{after.label} (after)"),
            *(
                Patch(facecolor=colours[kind], edgecolor="black", linewidth=0.5, label=label)
                for kind, label in FATES.items()
                if known or kind != FLAT
            ),
        ],
        columns=3,
    )
    return figure


def _colours(look: Look) -> dict[int, tuple[float, float, float]]:
    colour = np.array(to_rgb(look.colour))
    tint = 0.35 * colour + 0.65
    return {
        ABSENT: (1.0, 1.0, 1.0),
        KEPT: (0.0, 0.0, 0.0),
        STEEP: (float(colour[0]), float(colour[1]), float(colour[2])),
        FLAT: (float(tint[0]), float(tint[1]), float(tint[2])),
    }


def _map(panel: Axes, matrix: Matrix, colours: Mapping[int, tuple[float, float, float]]) -> None:
    """Show the matrix with the most connected units first; a pixel is the mean of its weights."""
    there = matrix.fate != ABSENT
    rows = np.argsort(-there.sum(axis=1), kind="stable")
    columns = np.argsort(-there.sum(axis=0), kind="stable")
    table = np.array([colours[kind] for kind in range(4)])
    fate = matrix.fate[rows][:, columns]
    panel.imshow(
        _shrunk(table[fate], PIXELS), aspect="auto", interpolation="nearest", vmin=0, vmax=1
    )
    panel.set(xticks=[], yticks=[], ylabel="To")
    panel.set_title(f"{matrix.title}\n{fate.shape[1]} × {fate.shape[0]} weights")
    panel.grid(visible=False)
    for spine in panel.spines.values():
        spine.set_visible(True)


def _shrunk(image: np.ndarray, most: int) -> np.ndarray:
    """Return an image (rows, columns, 3) of at most `most` pixels a side, by means of blocks."""
    for axis in (0, 1):
        count = image.shape[axis]
        if count > most:
            starts = np.arange(most) * count // most
            sizes = np.diff([*starts, count]).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
            image = np.add.reduceat(image, starts, axis=axis) / sizes
    shown: np.ndarray = np.clip(image, 0, 1)
    return shown


def _units(panel: Axes, matrix: Matrix, before: Look, after: Look) -> None:
    share = 100 * (np.arange(len(matrix.after)) + 0.5) / len(matrix.after)
    for values, look in ((matrix.before, before), (matrix.after, after)):
        dashes = (0, (2, 1)) if look is before else look.line
        options = style.line(look) | {"marker": "", "label": look.label, "linestyle": dashes}
        panel.plot(share, np.sort(values)[::-1], drawstyle="steps-mid", **options)
    complete = int(np.sum(matrix.after == 100))
    panel.set(xlim=(0, 100), ylim=(-4, 108), ylabel="Incoming (%)")
    panel.set_title(f"{complete} of {len(matrix.after)} units\nhave all their inputs")


def _weights(
    panel: Axes, matrix: Matrix, before: Look, colours: Mapping[int, tuple[float, float, float]]
) -> None:
    everything = np.concatenate([matrix.pruned, *matrix.weights.values()])
    reach = float(np.abs(everything).max(initial=0.0)) or 1.0
    edges = np.linspace(-reach, reach, BINS + 1)
    for kind, name in FATES.items():
        if matrix.weights[kind].size:
            counts, _ = np.histogram(matrix.weights[kind], edges)
            rim = colours[STEEP] if kind == FLAT else colours[kind]
            panel.stairs(
                counts,
                edges,
                facecolor=colours[kind],
                fill=kind == FLAT,
                edgecolor=rim,
                linewidth=0.5 if kind == FLAT else 1.3,
                label=name,
            )
    counts, _ = np.histogram(matrix.pruned, edges)
    panel.stairs(counts, edges, linewidth=1.2, label="before", **_before(before))
    panel.set_yscale("symlog", linthresh=1, linscale=0.4)
    panel.set_ylim(bottom=0)
    panel.set_ylabel("Weights")
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: style.power_of_ten(value)))


def _before(look: Look) -> dict[str, Any]:
    return {"edgecolor": look.colour, "linestyle": (0, (2, 1))}
