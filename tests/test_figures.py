"""What each figure draws, against the measurements behind it: values, not pixels."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.path import Path

from pipeline_lib.analysis.intervals import mean_intervals
from pipeline_lib.figures import (
    accuracy,
    comparison,
    regions,
    regrowth,
    resilience,
    sparsity,
    style,
    survival,
    training,
    trajectories,
)
from pipeline_lib.model.network import modulated
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.model.task import standard_points
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


def marked(panel, label):
    """The points of the lines of this label, one array (points, 2) a line."""
    return [
        np.asarray(line.get_xydata(), float) for line in panel.lines if line.get_label() == label
    ]


def interval(numbers):
    found = mean_intervals([numbers])[0]
    return [found.low, found.high]


@pytest.mark.parametrize("seeds", [1, 4])
def test_accuracy_shows_every_seed_its_mean_and_its_interval(seeds):
    looks = style.looks(LABELS, {})
    rows = evaluated(seeds) + [
        row(seed, "ssri", "combined", correct(seed, 9), modulation="off") for seed in range(seeds)
    ]
    figure = accuracy.figure(rows, looks, chance=25.0)
    titles = ["Clean", "Standard", "Combined stress", "Internal noise σ = 2.5"]
    assert [panel.get_title("left") for panel in figure.axes] == titles
    for panel in figure.axes:
        places = [0, 1, 2, 3, 9] if panel.get_title("left") == "Combined stress" else range(4)
        weaker = 25 if "Internal" in panel.get_title("left") else 0
        values = [[correct(s, p) / 10 - weaker for s in range(seeds)] for p in places]
        for name, drawn in (
            ("seeds", values),
            ("mean", [[np.mean(sample)] for sample in values]),
            ("interval", [interval(sample) for sample in values]),
        ):
            shown = marked(panel, name)
            assert len(shown) == len(drawn)
            for points, expected in zip(shown, drawn, strict=True):
                assert points[:, 0] == pytest.approx(expected, nan_ok=True)
    found = texts(figure)
    assert {"Ketamine-like", "SSRI-like", "SSRI-like\nmodulation off"} <= set(found)
    assert "ketamine" not in found


@pytest.mark.parametrize("seeds", [1, 4])
def test_resilience_draws_means_and_intervals_over_the_sweep(seeds):
    looks = style.looks(LABELS, {})
    figure = resilience.figure(evaluated(seeds), looks, chance=25.0)
    bars = [
        np.array(bars.get_segments())[:, :, 1]
        for bars in figure.axes[0].collections
        if seeds > 1  # one seed has no interval
    ]
    for place in range(4):
        over = [[correct(seed, place) / 10 - 10 * s for seed in range(seeds)] for s in SWEEP]
        assert has_line(figure, SWEEP, np.mean(over, axis=1))
        expected = np.array([interval(sample) for sample in over])
        assert seeds == 1 or any(np.allclose(found, expected) for found in bars)


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
    figure = survival.figure(relapsed(4), style.looks(LABELS, {}), threshold=0.87)
    curve = marked(figure.axes[0], "Ketamine-like")[0]
    assert curve[1:].tolist() == [[0, 100], [1, 50], [2, 0], [3, 0], [3 + survival.AFTER, 0]]
    numbers = survival.data(relapsed(4), 0.87)["ketamine"]
    assert numbers.survival.at_risk.tolist() == [4, 4, 2, 0]
    assert numbers.survival.censored == 0
    # Half of four, log-log: scipy's own example of the formula is in the tests of the statistics.
    assert numbers.survival.low[1] < 50 < numbers.survival.high[1]
    ends = marked(figure.axes[0], "interval")[:2]
    for end, side in zip(ends, (numbers.survival.low, numbers.survival.high), strict=True):
        assert end[1:, 1] == pytest.approx([*side, side[-1]])


def test_survival_marks_those_that_never_relapsed_after_the_last_cycle():
    # The second treatment begins 5 points lower and ends at 79, 78, 77 and 76 %.
    figure = survival.figure(relapsed(4), style.looks(LABELS, {}), threshold=0.775)
    marks = marked(figure.axes[0], "never relapsed")
    assert [mark.tolist() for mark in marks] == [
        [[3 + survival.AFTER, 100]],
        [[3 + survival.AFTER, 50]],
    ]


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
    noise = [points for panel in figure.axes for points in marked(panel, "noise")]
    assert [points.tolist() for points in noise] == [[[x, 0.1] for x in range(1, 6)]] * 2


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
    figure = regions.draw(plane, style.looks({}, {}), seed=0)
    task, panel = figure.axes
    right = int(np.sum(decided == np.arange(len(CENTRES))))
    assert panel.get_title("left") == f"Healthy\n{right} of {len(CENTRES)} centres right"
    for number, line in enumerate(task.lines):
        assert np.array_equal(line.get_xydata(), points.x[points.labels == number])
    # The shaded region of each class holds just the points of the grid that it is decided for.
    shaded = [c for c in panel.collections if getattr(c, "filled", False)]
    classes = np.unique(plane.decisions["healthy"].grid)
    grid = np.stack(np.meshgrid(plane.x, plane.y), axis=-1).reshape(-1, 2)
    for number, region in zip(classes, shaded, strict=True):
        inside = np.zeros(len(grid), bool)
        for path in region.get_paths():
            # By the even-odd rule, since regions may have holes.
            for ring in path.to_polygons():
                inside ^= Path(ring).contains_points(grid)
        expected = plane.decisions["healthy"].grid.ravel() == number
        assert np.mean(inside == expected) > 0.97  # all but points on the border


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
    for layer, (units, weights) in enumerate(
        zip(figure.axes[1::3], figure.axes[2::3], strict=True)
    ):
        after = marked(units, "Ketamine-like")[0][:, 1]
        assert after == pytest.approx(sorted(100 * grown.masks[layer].mean(axis=1))[::-1])
        counts = {
            patch.get_label(): int(patch.get_data().values.sum())
            for patch in weights.patches
            if isinstance(patch, StepPatch)
        }
        new = grown.masks[layer] & ~pruned.masks[layer]
        shares = {
            "before": pruned.masks[layer],
            regrowth.FATES[regrowth.KEPT]: pruned.masks[layer],
            regrowth.FATES[regrowth.STEEP]: new[:1],
            regrowth.FATES[regrowth.FLAT]: new[1:],
        }
        assert counts == {name: mask.sum() for name, mask in shares.items() if mask.any()}


def compared(metric, table, treatment, ours, published, **more):
    absent = ("low", "high", "min", "max", "published_min", "published_max", "cycle")
    numbers = dict.fromkeys(absent, "") | {"status": "consistent", "margin": "0.02"}
    difference = f"{ours - published}" if ours is not None else ""
    return numbers | {
        "table": table, "treatment": treatment, "metric": metric, "difference": difference, **more,
    }  # fmt: skip


def test_comparison_draws_ours_minus_published_with_its_interval():
    rows = [
        compared("clean", "1", "ketamine", 98.0, 99.5, low="-3.0", high="0.5"),
        compared("clean", "1", "ssri", 90.0, 96.0, low="-8", high="-4", status="inconsistent"),
        compared("sparsity", "3_sparsity", "ssri", 95.0, 95.25, cycle="4", status="not tested"),
        compared("combined", "3_range", "ssri", None, None, cycle="4", min="50",
                 published_min="52", max="90", published_max="89.5", status="not tested"),
        compared("mean_relapse_cycle", "4", "ssri", 3.0, 4.0),
    ]  # fmt: skip
    looks = style.looks(LABELS, {})
    found = comparison.data(rows, looks)
    figure = comparison.draw(found, looks)
    drawn = {}
    for panel in figure.axes:
        title = panel.get_title("left")
        for line in panel.lines:
            if not line.get_label().startswith("_"):
                drawn.setdefault((title, line.get_label()), []).append(line.get_xdata()[0])
    assert drawn == {
        ("After treatment", "mean"): [-1.5, -6.0],
        ("Sparsity by cycle", "mean"): [-0.25],
        ("Lowest and highest seed by cycle", "min"): [-2.0],
        ("Lowest and highest seed by cycle", "max"): [0.5],
    }
    intervals = [
        np.array(bar.get_segments()[0])[:, 0].tolist()
        for bar in figure.axes[0].collections
        if hasattr(bar, "get_segments") and len(bar.get_segments())
    ]
    assert intervals == [[-3.0, 0.5], [-8.0, -4.0]]
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert [line.get_xdata()[0] for line in crosses] == [-6.0]
    assert figure.get_suptitle().startswith("Published against ours: 2 of 3")


def test_a_chosen_colour_is_the_treatments_own_and_nobody_elses():
    looks = style.looks(LABELS, {"ssri": "#004488"})
    assert looks["ssri"].colour == "#004488"
    assert looks["ketamine"].colour not in ("#004488", looks["untreated"].colour)


def greyness(colour: str) -> float:
    """Return how light a colour "#rrggbb" is in a black-and-white print, 0 black to 1 white."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_five_treatments_differ_in_colour_greyness_marker_and_line():
    names = {name: name.title() for name in "abcde"}
    looks = style.looks(names, {})
    assert len({to_hex(look.colour) for look in looks.values()}) == 7
    grey = sorted(greyness(look.colour) for look in looks.values())
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


def test_the_last_digits_of_a_layout_are_not_in_the_file(tmp_path, monkeypatch):
    # They differ between processes, and a clip path's id is made from all of them.
    def drawn(path, shift):
        figure = style.new_figure(3, "a title")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1])
        lay_out = Figure.draw_without_rendering

        def shifted(figure):
            lay_out(figure)
            axes.set_position(axes.get_position(original=True).translated(shift, shift))

        monkeypatch.setattr(Figure, "draw_without_rendering", shifted)
        style.save(figure, [path])
        monkeypatch.undo()
        return path.read_bytes()

    first = drawn(tmp_path / "first.svg", 0.0)
    assert drawn(tmp_path / "other.svg", 1e-14) == first
    assert drawn(tmp_path / "moved.svg", 1e-6) != first
