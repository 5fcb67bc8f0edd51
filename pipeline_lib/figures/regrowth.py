"""What regrowth did to one network: which weights came back, where, and how large they became.

Regrowth takes the weights with the steepest gradients. In the published study more than half of the
regrown weights have a gradient of exactly zero. They are ties, which are taken in whole rows, and
the units of these rows regain all of their inputs although no gradient asked for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pipeline_lib import engines
from pipeline_lib.figures import style
from pipeline_lib.figures.shown import Job
from pipeline_lib.figures.style import Look
from pipeline_lib.model.network import Network
from pipeline_lib.model.task import points
from pipeline_lib.names import COURSE, TRAINING, UNTREATED

PIXELS = 128  # the most pixels of a map along each side
BINS = 61
DASHES = (0, (2, 1))  # for the network before regrowth

# The fates of a weight.
ABSENT, KEPT, STEEP, FLAT = range(4)
FATES = {FLAT: "regrown, gradient exactly zero", STEEP: "regrown", KEPT: "kept"}


def draw(job: Job) -> Figure:
    """Draw a row for each weight matrix: its map, its units, its weights."""
    treatment = job.told["treatment"]
    pruned, treated = job.network(UNTREATED), job.network(treatment)
    before, after = replace(job.looks[UNTREATED], line=DASHES), job.looks[treatment]
    scores = gradients(job, pruned)
    fates = [
        np.select([~there, mask, score == 0], [ABSENT, KEPT, FLAT], STEEP)
        for mask, there, score in zip(pruned.masks, treated.masks, scores, strict=True)
    ]
    count, known = len(fates), any((fate == FLAT).any() for fate in fates)
    figure = style.new_figure(1.1 + 1.7 * count)
    axes = figure.subplots(count, 3, squeeze=False, width_ratios=[1, 1.15, 1.5])
    colour = np.array(to_rgb(after.colour))
    colours = np.array([np.ones(3), np.zeros(3), colour, 0.35 * colour + 0.65])  # by fate
    for layer, (fate, (on_map, on_units, on_weights)) in enumerate(zip(fates, axes, strict=True)):
        mask, there = pruned.masks[layer], treated.masks[layer]
        sources = "inputs" if layer == 0 else f"layer {layer}"
        targets = "classes" if layer == count - 1 else f"layer {layer + 1}"
        on_map.set_title(f"{sources} → {targets}\n{mask.shape[1]} × {mask.shape[0]} weights")
        _map(on_map, fate, colours)
        complete = int(there.all(axis=1).sum())
        on_units.set_title(f"{complete} of {len(there)} units\nhave all their inputs")
        _units(on_units, mask, before)
        _units(on_units, there, after)
        on_units.set(xlim=(0, 100), ylim=(-4, 108), ylabel="Incoming (%)")
        surviving = pruned.weights[layer][mask]
        _weights(on_weights, surviving, treated.weights[layer], fate, before, colours)
        if known:
            share = 100 * np.sum(fate == FLAT) / max(1, np.isin(fate, (FLAT, STEEP)).sum())
            on_weights.set_title(f"{share:.0f} % of the regrown had no gradient")
    labels = ("From, most connected first", "Units, most connected first (%)", "Weight")
    for panel, label in zip(axes[-1], labels, strict=True):
        panel.set_xlabel(label)
    handles: list[Any] = [
        style.handle(before, marker="", label=f"before: {before.label}"),
        style.handle(after, marker="", label=f"after: {after.label}, seed {job.told['seed']}"),
        *(
            Patch(facecolor=colours[kind], edgecolor="black", linewidth=0.5, label=label)
            for kind, label in FATES.items()
            if known or kind != FLAT
        ),
    ]
    style.legend(figure, handles, columns=3)
    return figure


def gradients(job: Job, pruned: Network) -> Sequence[np.ndarray]:
    """Return the summed gradient magnitudes (n_out, n_in) on which regrowth was based, by layer."""
    seed, treatment, trained = (job.told[name] for name in ("seed", "treatment", "trained"))
    engine = engines.load(trained["engine"])
    # This is the generator of the course, so these are the mini-batches that regrowth used.
    return engine.gradient_magnitudes(
        pruned,
        points(TRAINING, seed, **trained["training"]),
        batches=job.told["batches"],
        batch_size=trained["batch_size"],
        generator=engine.generator(seed, COURSE, treatment),
    )


def _map(panel: Axes, fate: np.ndarray, colours: np.ndarray) -> None:
    """Show a matrix with the most connected units first; a pixel is the mean of its weights."""
    there = fate != ABSENT
    rows, columns = (np.argsort(-there.sum(axis=axis), kind="stable") for axis in (1, 0))
    image = colours[fate[rows][:, columns]]
    for axis, count in enumerate(fate.shape):
        if count > PIXELS:
            starts = np.arange(PIXELS) * count // PIXELS
            sizes = np.expand_dims(np.diff([*starts, count]), (1 - axis, 2))
            image = np.add.reduceat(image, starts, axis=axis) / sizes
    panel.imshow(np.clip(image, 0, 1), aspect="auto", interpolation="nearest", vmin=0, vmax=1)
    panel.set(xticks=[], yticks=[], ylabel="To")
    panel.grid(visible=False)
    panel.spines[:].set_visible(True)


def _units(panel: Axes, mask: np.ndarray, look: Look) -> None:
    """Draw the share of each unit's incoming weights that exist."""
    shares = np.sort(100 * mask.mean(axis=1))[::-1]
    place = 100 * (np.arange(len(mask)) + 0.5) / len(mask)
    options = style.line(look) | {"marker": "", "label": look.label}
    panel.plot(place, shares, drawstyle="steps-mid", **options)


def _weights(
    panel: Axes,
    surviving: np.ndarray,
    weights: np.ndarray,
    fate: np.ndarray,
    before: Look,
    colours: np.ndarray,
) -> None:
    everything = np.concatenate([surviving, weights[fate != ABSENT]])
    reach = float(np.abs(everything).max(initial=0.0)) or 1.0
    edges = np.linspace(-reach, reach, BINS + 1)
    for kind, name in FATES.items():
        if (fate == kind).any():
            filled = kind == FLAT
            rim: dict[str, Any] = {"edgecolor": colours[STEEP if filled else kind], "label": name}
            rim |= {"fill": filled, "linewidth": 0.5 if filled else 1.3}
            counts, _ = np.histogram(weights[fate == kind], edges)
            panel.stairs(counts, edges, facecolor=colours[kind], **rim)
    rim = {"edgecolor": before.colour, "linestyle": before.line, "linewidth": 1.2}
    panel.stairs(np.histogram(surviving, edges)[0], edges, label="before", **rim)
    panel.set_yscale("symlog", linthresh=1, linscale=0.4)
    panel.set(ylim=(0, None), ylabel="Weights")
    panel.yaxis.set_major_formatter(style.power_of_ten)
