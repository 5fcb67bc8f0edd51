"""What each figure draws, against the measurements behind it: values, not pixels."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from pipeline_lib.figures import (
    accuracy,
    regions,
    regrowth,
    resilience,
    sparsity,
    style,
    survival,
    training,
    trajectories,
)
from pipeline_lib.network import modulated
from pipeline_lib.pruning import prune
from pipeline_lib.regrowth import regrow
from pipeline_lib.task import standard_points
from tests.conftest import CENTRES
from tests.test_fast_engine import MODULATIONS

LABELS = {"ketamine": "Ketamine-like", "ssri": "SSRI-like"}
SWEEP = [0.0, 0.5, 2.5]


@pytest.fixture(autouse=True)
def styled():
    with style.applied():
        yield


def correct(seed, place):
    """A count out of 1000 that tells seed and place apart."""
    return 900 - 10 * seed - 50 * place


def row(seed, treatment, condition, count, **more):
    return {
        "seed": seed, "treatment": treatment, "assessment": "evaluate", "condition": condition,
        "modulation": "on", "input_noise": 0.0, "internal_noise": 0.0, "cycle": None,
        "sparsity": 0.95, "correct": count, "total": 1000, "accuracy": count / 1000, **more,
    }  # fmt: skip


def evaluated(seeds, treatments=tuple(LABELS)):
    rows = []
    for seed in range(seeds):
        for place, state in enumerate(("healthy", "untreated", *treatments)):
            rows += [
                row(seed, state, name, correct(seed, place))
                for name in ("clean", "standard", "combined")
            ]
            rows += [
                row(seed, state, "internal", correct(seed, place) - int(100 * s), internal_noise=s)
                for s in SWEEP
            ]
    return rows


def relapsed(seeds, lowest=0):
    return [
        row(
            seed,
            treatment,
            "combined",
            max(correct(seed, place) - 20 * cycle, lowest),
            assessment="relapse",
            cycle=cycle,
            sparsity=0.95 + 0.005 * cycle,
        )
        for seed in range(seeds)
        for place, treatment in enumerate(LABELS)
        for cycle in range(4)
    ]


def lines_of(figure):
    return [line for axes in figure.axes for line in axes.lines]


def has_line(figure, x, y):
    """Tell whether a line goes through just these points, or beside others a little apart in x."""
    return any(
        np.shape(line.get_xdata()) == np.shape(x)
        and np.allclose(np.asarray(line.get_xdata(), float), x, atol=0.2)
        and np.allclose(np.asarray(line.get_ydata(), float), y, atol=1e-6)
        for line in lines_of(figure)
    )


def texts(figure: Figure):
    figure.draw_without_rendering()
    found = [t.get_text() for axes in figure.axes for t in (*axes.texts, axes.title)]
    found += [
        t.get_text()
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for t in (*axis.get_ticklabels(), axis.label)
    ]
    found += [t.get_text() for legend in figure.legends for t in legend.get_texts()]
    return found


@pytest.mark.parametrize("seeds", [1, 4])
def test_accuracy_shows_every_seed(seeds):
    looks = style.looks(LABELS, {})
    rows = evaluated(seeds)
    conditions = accuracy.data(rows, list(looks))
    figure = accuracy.draw(conditions, looks, chance=25.0)
    expected = {100 * r["accuracy"] for r in rows if r["condition"] == "combined"}
    drawn = {
        round(float(value), 6)
        for line in lines_of(figure)
        for value in np.atleast_1d(np.asarray(line.get_xdata(), float))
    } | {
        round(float(x), 6)
        for axes in figure.axes
        for collection in axes.collections
        for x, _ in np.asarray(collection.get_offsets(), float).reshape(-1, 2)
    }
    assert {round(value, 6) for value in expected} <= drawn
    assert {"Ketamine-like", "SSRI-like"} <= set(texts(figure))
    assert "ketamine" not in texts(figure)


@pytest.mark.parametrize("seeds", [1, 4])
def test_resilience_draws_means_over_the_sweep(seeds):
    looks = style.looks(LABELS, {})
    figure = resilience.figure(evaluated(seeds), looks, chance=25.0)
    for place in range(4):
        mean = np.mean([correct(seed, place) for seed in range(seeds)]) / 10
        assert has_line(figure, SWEEP, [mean - 10 * s for s in SWEEP])


@pytest.mark.parametrize("seeds", [1, 4])
def test_trajectories_draw_seeds_means_and_threshold(seeds):
    looks = style.looks(LABELS, {})
    figure = trajectories.figure(relapsed(seeds), looks, threshold=0.8)
    cycles = np.arange(4)
    for place in range(2):
        courses = [(correct(seed, place) - 20 * cycles) / 10 for seed in range(seeds)]
        for course in (*courses, np.mean(courses, axis=0)):
            assert has_line(figure, cycles, course)
    assert any(np.allclose(np.asarray(line.get_ydata(), float), 80) for line in lines_of(figure))


def test_sparsity_is_drawn_by_cycle():
    figure = sparsity.figure(relapsed(3), style.looks(LABELS, {}))
    assert has_line(figure, np.arange(4), 95 + 0.5 * np.arange(4))


def test_survival_is_the_share_that_has_not_relapsed():
    # From 90, 89, 88 and 87 % down by 2 a cycle: below 87 % at cycles 2, 2, 1 and 1.
    curves = survival.data(relapsed(4), 0.87)
    steps = curves["ketamine"].survival
    alive = dict.fromkeys(range(4), 1.0)
    for time, share in zip(steps.times, steps.share, strict=True):
        alive.update({cycle: share for cycle in range(4) if cycle >= time})
    assert [round(alive[cycle], 6) for cycle in range(4)] == [1.0, 0.5, 0.0, 0.0]
    assert steps.censored == 0


@pytest.mark.parametrize("threshold", [0.01, 0.999])
@pytest.mark.parametrize("seeds", [1, 3])
def test_survival_can_be_drawn_if_nobody_or_everybody_relapses(seeds, threshold):
    figure = survival.figure(relapsed(seeds), style.looks(LABELS, {}), threshold=threshold)
    assert {"Ketamine-like", "SSRI-like"} & set(texts(figure))


def test_training_draws_the_loss_of_every_epoch():
    rows = [
        {
            "seed": seed, "treatment": treatment, "stage": stage, "cycle": None, "step": 0,
            "epoch": epoch, "noise": 0.1, "loss": 1.0 / (1 + epoch + seed),
        }
        for seed in range(2)
        for treatment, stage in (("healthy", "baseline"), ("ketamine", "course"))
        for epoch in range(5)
    ]  # fmt: skip
    figure = training.figure(rows, style.looks(LABELS, {}))
    losses = [
        np.asarray(line.get_ydata(), float)
        for line in lines_of(figure)
        if len(line.get_ydata()) == 5
    ]
    for seed in range(2):
        expected = [1.0 / (1 + epoch + seed) for epoch in range(5)]
        assert any(np.allclose(loss, expected) for loss in losses)


@pytest.mark.parametrize("modulation", MODULATIONS)
def test_regions_show_what_each_network_decides(network, modulation):
    changed = modulated(network, modulation)
    points = standard_points(0, centres=CENTRES, sd=0.8, test=40)
    plane = regions.data({"healthy": changed}, points, centres=CENTRES, sd=0.8)
    hidden = np.array(CENTRES, np.float32)
    for weight, bias in zip(changed.weights[:-1], changed.biases[:-1], strict=True):
        level = hidden @ weight.T + bias
        hidden = np.tanh(level) if modulation.activation == "tanh" else np.maximum(level, 0)
        hidden = hidden * np.float32(modulation.damping)
    decided = (hidden @ changed.weights[-1].T + changed.biases[-1]).argmax(axis=1)
    assert np.array_equal(plane.decisions["healthy"].centres, decided)
    looks = style.looks({}, {})
    assert len(regions.draw(plane, looks, seed=0).axes) >= 2


def test_regrowth_tells_kept_steep_and_flat_weights_apart(network):
    pruned = prune(network, 0.8)
    scores = [np.zeros_like(weight) for weight in network.weights]
    for score in scores:
        score[0] = 1.0  # the first unit's weights alone have a gradient
    grown = regrow(pruned, scores, fraction=0.5, draw=lambda n: np.full(n, 0.03, np.float32))
    for layer, matrix in enumerate(regrowth.data(pruned, grown, scores)):
        new = grown.masks[layer] & ~pruned.masks[layer]
        assert (matrix.fate == regrowth.KEPT).sum() == pruned.masks[layer].sum()
        assert (matrix.fate == regrowth.STEEP).sum() == new[0].sum()
        assert (matrix.fate == regrowth.FLAT).sum() == new[1:].sum()
        assert np.allclose(matrix.after, 100 * grown.masks[layer].mean(axis=1))
    looks = style.looks(LABELS, {})
    figure = regrowth.draw(
        regrowth.data(pruned, grown, scores), looks["untreated"], looks["ketamine"], seed=3
    )
    assert "seed 3" in figure.get_suptitle()


def test_five_treatments_differ_in_colour_greyness_marker_and_line():
    names = {name: name.title() for name in "abcde"}
    looks = style.looks(names, {})
    assert len({to_hex(look.colour) for look in looks.values()}) == 7
    grey = sorted(style.greyness(look.colour) for look in looks.values())
    assert min(np.diff(grey)) > 1 / 16
    assert len({looks[name].marker for name in names}) == 5
    assert len({str(looks[name].line) for name in names}) == 5


def test_a_figure_is_saved_whole_in_both_formats_and_the_same_every_time(tmp_path):
    def save(folder):
        looks = style.looks(LABELS, {})
        paths = [tmp_path / folder / f"a.{form}" for form in ("svg", "png")]
        style.save(sparsity.figure(relapsed(2), looks), paths)
        return [path.read_bytes() for path in paths]

    first = save("one")
    assert first == save("two")
    assert first[0].startswith(b"<?xml")
    assert first[1].startswith(b"\x89PNG")
    assert len(list((tmp_path / "one").iterdir())) == 2
