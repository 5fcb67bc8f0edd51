"""The values that each figure draws are the numbers behind it; no pixels are compared."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import StepPatch
from matplotlib.path import Path

from pipeline_lib import measures, names
from pipeline_lib.analysis.cells import Cells, study_cells
from pipeline_lib.analysis.reproduction import (
    CONSISTENT,
    INCONSISTENT,
    PERMUTATION,
    Compared,
)
from pipeline_lib.analysis.survival import SurvivalStep
from pipeline_lib.analysis.values import by_key
from pipeline_lib.figures import (
    JOURNAL,
    comparison,
    lines,
    numbers_in,
    pages,
    regions,
    regrowth,
    specs,
    states,
    style,
    survival,
    training,
    trajectories,
)
from pipeline_lib.figures.shown import Shown
from pipeline_lib.measures import value
from pipeline_lib.model.network import Modulation
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.model.task import standard_points
from pipeline_lib.numbers import Key
from pipeline_lib.steps import HistoryRow
from tests.conftest import CENTRES

LABELS = {"ketamine": "Ketamine-like", "ssri": "SSRI-like"}
MEASURES = ("evaluate", "acute", "relapse")
STATES = ("healthy", "untreated", *LABELS)
SWEEP = (0.0, 0.5, 2.5)
FORMATS = ("pdf", "svg", "png")


@pytest.fixture(autouse=True)
def styled():
    with pages.applied():
        yield


def looks(labels=LABELS):
    return style.looks(labels, {name: place for place, name in enumerate(labels)}, {})


def shown(figure, values, threshold=None):
    """What is drawn of numbers by key, one a seed, with intervals that no statistic gives."""
    given = [value(seed, key, x) for key, of_key in values.items() for seed, x in of_key.items()]
    cells = study_cells(given, measures.numbers(MEASURES))
    for cell in cells:
        if cell.n > 1:
            vars(cell).update(ci_low=cell.mean - 1.5, ci_high=cell.mean + 0.5)
    spec, numbers = specs(MEASURES)[figure], numbers_in(figure, MEASURES)
    return Shown(spec, numbers, Cells(cells), by_key(given), looks(), 25.0, threshold)


def numbered(seeds, keys):
    """A number for each key and seed that tells all of them apart."""
    return {key: {s: 90.0 - 5 * place - s for s in range(seeds)} for place, key in enumerate(keys)}


def of_seeds(values, keys):
    return np.array([list(values[key].values()) for key in keys])  # (keys, seeds)


def marked(panel, label):
    """The points of the lines of this label, one array (points, 2) a line."""
    return [np.asarray(x.get_xydata(), float) for x in panel.lines if x.get_label() == label]


def thin_lines(panel):
    return [line.get_ydata() for line in panel.lines if line.get_linewidth() == 0.6]


def titles(figure):
    return [panel.get_title("left") for panel in figure.axes]


def legend(figure: Figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("seeds", [1, 4])
def test_states_show_every_seed_its_mean_and_its_interval(seeds):
    off = Key("ssri", names.COMBINED, names.OFF)
    rows = [[Key(state, name) for state in STATES] for name in (names.CLEAN, names.COMBINED)]
    rows += [[Key(state, names.INTERNAL, level=level) for state in STATES] for level in SWEEP]
    values = numbered(seeds, [*itertools.chain(*rows), off])
    figure = states.draw(shown("accuracy", values))
    assert titles(figure) == ["Clean", "Combined stress", "Internal noise σ = 2.5"]
    drawn = (rows[0], [*rows[1], off], rows[-1])
    for panel, keys in zip(figure.axes, drawn, strict=True):
        numbers = of_seeds(values, keys)
        mean = numbers.mean(axis=1)[:, np.newaxis]
        assert np.allclose([x[:, 0] for x in marked(panel, "seeds")], numbers)
        assert np.allclose([x[:, 0] for x in marked(panel, "mean")], mean)
        ends = mean + ([-1.5, 0.5] if seeds > 1 else [np.nan] * 2)
        assert np.allclose([x[:, 0] for x in marked(panel, "interval")], ends, equal_nan=True)
        assert panel.get_xlabel() == "Accuracy (%)"
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == [*(look.label for look in looks().values()), "SSRI-like\nmodulation off"]


@pytest.mark.parametrize("seeds", [1, 4])
@pytest.mark.parametrize("at", ["level", "cycle"])
def test_lines_draw_means_and_intervals_over_levels_or_cycles(seeds, at):
    name, number, places, *axes = {
        "level": ("resilience", names.INTERNAL, SWEEP, "Internal noise σ", "Accuracy (%)"),
        "cycle": ("sparsity", names.LONGITUDINAL_SPARSITY, (0, 5), "Stress cycle", "Sparsity (%)"),
    }[at]
    series = {state: [Key(state, number, **{at: x}) for x in places] for state in STATES}
    off = Key("ssri", number, names.OFF, **{at: places[-1]})
    values = numbered(seeds, [*itertools.chain(*map(reversed, series.values())), off])
    figure = lines.draw(shown(name, values))
    (panel,) = figure.axes
    assert [panel.get_xlabel(), panel.get_ylabel()] == axes
    assert ("chance, 25 %" in legend(figure)) == (name == "resilience")
    for (state, keys), bars in zip(series.items(), panel.collections, strict=True):
        (line,) = marked(panel, looks()[state].label)
        means = of_seeds(values, keys).mean(axis=1)
        assert np.allclose(line[:, 1], means)
        assert np.allclose(line[:, 0], places, atol=0.02 * places[-1])
        ends = [segment[:, 1].tolist() for segment in bars.get_segments() if len(segment)]
        assert np.allclose(ends, [[mean - 1.5, mean + 0.5] for mean in means if seeds > 1])


@pytest.mark.parametrize("seeds", [1, 4])
def test_trajectories_draw_seeds_means_and_relapses(seeds):
    series = [[Key(name, names.LONGITUDINAL, cycle=c) for c in range(4)] for name in LABELS]
    values = numbered(seeds, itertools.chain(*series))
    values |= {Key("ketamine", names.RELAPSED): dict.fromkeys(range(seeds), 0.0)}
    values |= {Key("ssri", names.RELAPSED): dict.fromkeys(range(seeds), 0.0) | {0: 1.0}}
    values |= {Key("ssri", names.RELAPSE_CYCLE): {0: 2.0}}
    figure = trajectories.draw(shown("trajectories", values, threshold=0.8))
    assert titles(figure) == [
        f"Ketamine-like\n0 of {seeds} ever below threshold",
        f"SSRI-like\n1 of {seeds} ever below threshold",
    ]
    for panel, keys in zip(figure.axes, series, strict=True):
        numbers = of_seeds(values, keys)
        assert np.allclose(thin_lines(panel), numbers.T)
        assert np.allclose(marked(panel, "mean")[0][:, 1], numbers.mean(axis=1))
        assert any(set(line.get_ydata()) == {80.0} for line in panel.lines)
    assert marked(figure.axes[0], "relapse") == []
    assert marked(figure.axes[1], "relapse")[0].tolist() == [[2, values[series[1][2]][0]]]


def test_survival_draws_its_steps_and_marks_those_that_never_relapsed():
    rows = [
        SurvivalStep("ketamine", 0, 4, 0, 100.0, 51.0, 100.0, ""),
        SurvivalStep("ketamine", 1, 4, 2, 50.0, 6.0, 85.0, ""),
        SurvivalStep("ketamine", 2, 2, 2, 0.0, 0.0, 49.0, ""),
        SurvivalStep("ssri", 0, 3, 0, 75.0, 13.0, 96.0, ""),
        SurvivalStep("ssri", 2, 3, 0, 75.0, 13.0, 96.0, ""),
    ]
    figure = survival.draw(rows, looks(), threshold=0.87)
    panel, below = figure.axes
    end = 2 + survival.AFTER
    assert marked(panel, "Ketamine-like")[0].tolist() == [[0, 100], [1, 50], [2, 0], [end, 0]]
    low, high = marked(panel, "interval")[:2]
    assert low[:, 1].tolist() == [51, 6, 0, 0]
    assert high[:, 1].tolist() == [100, 85, 49, 49]
    assert [mark.tolist() for mark in marked(panel, "never relapsed")] == [[[end, 75]]]
    assert [text.get_text() for text in below.texts] == ["4", "4", "2", "3", "3"]
    assert "below 87 %" in panel.get_xlabel()


def test_training_draws_the_loss_and_the_noise_of_every_epoch():
    rows = [
        HistoryRow(seed, treatment, stage, None, 0, epoch, 0.1, 1.0 / (1 + epoch + seed))
        for seed in range(2)
        for treatment, stage in (("healthy", "baseline"), ("ketamine", "course"))
        for epoch in range(5)
    ]
    figure = training.draw(rows, looks())
    losses = [1.0 / (1 + np.arange(5) + seed) for seed in range(2)]
    for panel in figure.axes[:2]:
        assert np.allclose(thin_lines(panel), losses)
        assert np.allclose(marked(panel, "mean")[0][:, 1], np.mean(losses, axis=0))
    noise = [points for panel in figure.axes for points in marked(panel, "noise")]
    assert [points.tolist() for points in noise] == [[[x, 0.1] for x in range(1, 6)]] * 2


@pytest.mark.parametrize("modulation", [Modulation(), Modulation(activation="tanh", damping=0.5)])
def test_regions_show_what_each_network_decides(network, modulation):
    changed = replace(network, modulation=modulation)
    points = standard_points(0, centres=CENTRES, sd=0.8, test=40)

    def decided(x):
        hidden = np.asarray(x, np.float32)
        for weight, bias in zip(changed.weights[:-1], changed.biases[:-1], strict=True):
            level = hidden @ weight.T + bias
            hidden = np.tanh(level) if modulation.activation == "tanh" else np.maximum(level, 0)
            hidden = hidden * np.float32(modulation.factor)
        return (hidden @ changed.weights[-1].T + changed.biases[-1]).argmax(axis=1)

    figure = regions.draw({"healthy": changed}, points, looks({}), centres=CENTRES, sd=0.8, seed=0)
    task, panel = figure.axes
    right = int(np.sum(decided(CENTRES) == np.arange(len(CENTRES))))
    assert panel.get_title("left") == f"Healthy\n{right} of {len(CENTRES)} centres right"
    for number, line in enumerate(task.lines):
        assert np.array_equal(line.get_xydata(), points.x[points.labels == number])
    # The shaded region of each class holds exactly the grid points that the network assigns to it.
    shaded = [c for c in panel.collections if getattr(c, "filled", False)]
    x, y = (np.linspace(*ends, 97) for ends in (panel.get_xlim(), panel.get_ylim()))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    for number, region in zip(np.unique(decided(grid)), shaded, strict=True):
        inside = np.zeros(len(grid), bool)
        for path in region.get_paths():
            # By the even-odd rule, since regions may have holes.
            for ring in path.to_polygons():
                inside ^= Path(ring).contains_points(grid)
        assert np.mean(inside == (decided(grid) == number)) > 0.97  # all but the border


def test_regrowth_distinguishes_kept_steep_and_flat_weights(network):
    pruned = prune(network, 0.8)
    scores = [np.zeros_like(weight) for weight in network.weights]
    for score in scores:
        score[0] = 1.0  # the first unit's weights alone have a gradient
    grown = regrow(pruned, scores, fraction=0.5, draw=lambda n: np.full(n, 0.03, np.float32))
    before, after = looks()["untreated"], looks()["ketamine"]
    figure = regrowth.draw(pruned, grown, scores, before, after, seed=3)
    assert "after: Ketamine-like, seed 3" in legend(figure)
    panels = zip(figure.axes[1::3], figure.axes[2::3], strict=True)
    for layer, (units, weights) in enumerate(panels):
        after = marked(units, "Ketamine-like")[0][:, 1]
        assert after == pytest.approx(sorted(100 * grown.masks[layer].mean(axis=1))[::-1])
        counts = {
            patch.get_label(): int(patch.get_data().values.sum())
            for patch in weights.patches
            if isinstance(patch, StepPatch)
        }
        old, new = pruned.masks[layer], grown.masks[layer] & ~pruned.masks[layer]
        expected = {"before": old, "kept": old, "regrown": new[:1]}
        expected["regrown, gradient exactly zero"] = new[1:]
        assert counts == {name: mask.sum() for name, mask in expected.items() if mask.any()}


def test_comparison_draws_ours_minus_published_with_its_interval():
    row = dict.fromkeys(Compared.__dataclass_fields__) | {"table": "table_1", "number": names.CLEAN}
    row |= {"modulation": names.ON, "margin_sds": 1, "margin": 2.0, "test": PERMUTATION}
    row |= {"low": -3.0, "high": 0.5}
    given = [
        Compared(**row | {"treatment": "ketamine", "difference": -1.5, "status": CONSISTENT}),
        Compared(**row | {"treatment": "ssri", "difference": -6.0, "status": INCONSISTENT}),
    ]
    figure = comparison.draw(given, MEASURES, looks())
    panel = figure.axes[titles(figure).index("Accuracy after treatment")]
    assert [text.get_text() for text in panel.get_yticklabels()] == ["Clean"]
    assert [line.get_xdata()[0] for line in panel.lines if line.get_label() == "mean"] == [-1.5, -6]
    bars = [bar.get_segments()[0][:, 0].tolist() for bar in panel.collections]
    assert bars == [[-2.0, 2.0], [-3.0, 0.5]] * 2
    assert [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "x"] == [-6.0]


def test_a_journal_gets_its_width_real_text_and_600_dots_per_inch(tmp_path):
    clean = shown("accuracy", numbered(3, [Key(state, names.CLEAN) for state in STATES]))
    files = {page: [tmp_path / page / f"a.{form}" for form in FORMATS] for page in JOURNAL}
    svg, png = (tmp_path / "figures" / f"a.{form}" for form in ("svg", "png"))
    pages.save(lambda: states.draw(clean), [svg, png, *itertools.chain(*files.values())])
    for page, (pdf, text, dots) in files.items():
        assert f"/MediaBox [ 0 0 {72 * JOURNAL[page]:g} ".encode() in pdf.read_bytes()
        assert b"/Subtype /Type0" in pdf.read_bytes() or b"/FontFile2" in pdf.read_bytes()
        assert "Accuracy (%)</text>" in text.read_text()
        assert imread(dots).shape[1] == round(600 * JOURNAL[page])
    assert "</text>" not in svg.read_text()  # outlines look the same on every machine
