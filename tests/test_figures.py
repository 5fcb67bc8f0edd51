"""The values that each figure draws are the numbers behind it; no pixels are compared."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import StepPatch

from pipeline_lib import engines, figures, items, measures, names
from pipeline_lib.analysis import reproduction
from pipeline_lib.analysis.cells import study_cells
from pipeline_lib.analysis.reproduction import Compared
from pipeline_lib.analysis.survival import SurvivalStep
from pipeline_lib.figures import (
    JOURNAL,
    comparison,
    lines,
    pages,
    regions,
    regrowth,
    shown,
    specs,
    states,
    style,
    survival,
    training,
    trajectories,
)
from pipeline_lib.measures import value
from pipeline_lib.model.network import dense
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.regrowth import regrow
from pipeline_lib.model.task import clouds
from pipeline_lib.numbers import POINTS, Key, Number
from pipeline_lib.steps import HistoryRow
from tests.conftest import CENTRES

LABELS = {"ketamine": "Ketamine-like", "ssri": "SSRI-like"}
LOOKS = {"labels": LABELS, "places": {"ketamine": 0, "ssri": 1}, "colours": {}}
looks = style.looks(**LOOKS)
MEASURES = ("evaluate", "acute", "relapse")
STATES = ("healthy", "untreated", *LABELS)
SWEEP = (0.0, 0.5, 2.5)


@pytest.fixture(autouse=True)
def styled(monkeypatch):
    # The files of a job are what would be read from them.
    monkeypatch.setattr(shown, "read_rows", lambda rows, *_: rows)
    monkeypatch.setattr(shown, "read_network", lambda network, *_: network)
    with pages.applied():
        yield


def job(name="", threshold=None, told=None, **files):
    study = {"name": name, "measures": MEASURES, "chance": 25.0, "threshold": threshold}
    return shown.Job(files, study | {"looks": LOOKS}, told, dict.fromkeys(files))


def of_numbers(figure, values, threshold=None):
    """The job of numbers by key, one a seed, with intervals that no statistic gives."""
    given = [value(seed, key, x) for key, of_key in values.items() for seed, x in of_key.items()]
    cells = study_cells(given, measures.numbers(MEASURES))
    for cell in cells:
        if cell.n > 1:
            vars(cell).update(ci_low=cell.mean - 1.5, ci_high=cell.mean + 0.5)
    return job(figure, threshold, cells=cells, values=given)


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
    figure = states.draw(of_numbers("accuracy", values))
    assert titles(figure) == ["Clean", "Combined stress", "Internal noise σ = 2.5"]
    drawn = (rows[0], [*rows[1], off], rows[-1])
    for panel, keys in zip(figure.axes, drawn, strict=True):
        numbers = of_seeds(values, keys)
        mean = numbers.mean(axis=1)[:, np.newaxis]
        assert np.allclose([x[:, 0] for x in marked(panel, "seeds")], numbers)
        assert np.allclose([x[:, 0] for x in marked(panel, "mean")], mean)
        ends = mean + ([-1.5, 0.5] if seeds > 1 else [np.nan] * 2)
        assert np.allclose([x[:, 0] for x in marked(panel, "interval")], ends, equal_nan=True)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == [*(look.label for look in looks.values()), "SSRI-like\nmodulation off"]
    open_markers = [line for line in figure.axes[1].lines if line.get_markerfacecolor() == "white"]
    assert [line.get_color() for line in open_markers] == [looks["ssri"].colour]
    assert ("mean and 95 % interval" in legend(figure)) == (seeds > 1)


def test_each_panel_has_the_axis_of_its_number(monkeypatch):
    numbers = [
        Number("right", "Right answers", figures=("new",)),
        Number("woke", "Woke up", share=True, figures=("new",)),
        Number("gain", "Gain", unit=POINTS, figures=("new",)),
        Number("entropy", "Entropy", unit="", figures=("new",)),
    ]
    monkeypatch.setattr(measures, "numbers", lambda _: {each.name: each for each in numbers})
    given = {"right": (60.0, 70.0), "woke": (0.0, 1.0), "gain": (-3.0, 4.0), "entropy": (2.0, 8.0)}
    values = {Key("ssri", name): dict(enumerate(two)) for name, two in given.items()}
    figure = states.draw(of_numbers("new", values))
    right, woke, gain, _ = figure.axes
    labels = [panel.get_xlabel() for panel in figure.axes]
    assert labels == ["Accuracy (%)", "Woke up (%)", "Gain (points)", "Entropy"]
    assert right.get_xlim() == woke.get_xlim() == (-3, 103)
    assert marked(woke, "seeds")[0][:, 0].tolist() == [0, 100]
    assert gain.get_xlim()[0] < -3
    assert [len(marked(panel, "_child0")) for panel in figure.axes] == [1, 0, 1, 0]  # chance, zero
    assert "chance, 25 %" in legend(figure)


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
    figure = lines.draw(of_numbers(name, values))
    (panel,) = figure.axes
    assert [panel.get_xlabel(), panel.get_ylabel()] == axes
    assert ("chance, 25 %" in legend(figure)) == (name == "resilience")
    assert ("95 % interval" in legend(figure)) == (seeds > 1)
    for (state, keys), bars in zip(series.items(), panel.collections, strict=True):
        (line,) = marked(panel, looks[state].label)
        means = of_seeds(values, keys).mean(axis=1)
        assert np.allclose(line[:, 1], means)
        assert np.allclose(line[:, 0], places, atol=0.02 * places[-1])
        ends = [segment[:, 1].tolist() for segment in bars.get_segments() if len(segment)]
        assert np.allclose(ends, [[mean - 1.5, mean + 0.5] for mean in means if seeds > 1])


@pytest.mark.parametrize("seeds", [1, 4])
def test_trajectories_draw_seeds_means_and_first_cycles_below_the_threshold(seeds):
    series = [[Key(name, names.LONGITUDINAL, cycle=c) for c in range(4)] for name in LABELS]
    values = numbered(seeds, itertools.chain(*series))
    values |= {Key("ketamine", names.RELAPSED): dict.fromkeys(range(seeds), 0.0)}
    values |= {Key("ssri", names.RELAPSED): dict.fromkeys(range(seeds), 0.0) | {0: 1.0}}
    values |= {Key("ssri", names.RELAPSE_CYCLE): {0: 2.0}}
    figure = trajectories.draw(of_numbers("trajectories", values, threshold=0.8))
    assert legend(figure)[-1] == "first cycle below it"
    counts = [
        f"{who}-like\n{n} of {seeds} ever below 80 %" for who, n in (("Ketamine", 0), ("SSRI", 1))
    ]
    assert titles(figure) == counts
    for panel, keys in zip(figure.axes, series, strict=True):
        numbers = of_seeds(values, keys)
        assert np.allclose(thin_lines(panel), numbers.T)
        assert np.allclose(marked(panel, "mean")[0][:, 1], numbers.mean(axis=1))
        assert any(set(line.get_ydata()) == {80.0} for line in panel.lines)
    assert marked(figure.axes[0], "below") == []
    assert marked(figure.axes[1], "below")[0].tolist() == [[2, values[series[1][2]][0]]]


def test_survival_draws_its_steps_and_marks_those_that_never_relapsed():
    rows = [
        SurvivalStep("ketamine", 0, 4, 0, 100.0, 51.0, 100.0, ""),
        SurvivalStep("ketamine", 1, 4, 2, 50.0, 6.0, 85.0, ""),
        SurvivalStep("ketamine", 2, 2, 2, 0.0, 0.0, 49.0, ""),
        *(SurvivalStep("ssri", cycle, 3, 0, 75.0, 13.0, 96.0, "") for cycle in range(3)),
    ]
    panel, below = survival.draw(job(survival=rows, threshold=0.87)).axes
    end = 2 + survival.AFTER
    assert marked(panel, "Ketamine-like")[0].tolist() == [[0, 100], [1, 50], [2, 0], [end, 0]]
    low, high = marked(panel, "interval")[:2]
    assert (low[:, 1].tolist(), high[:, 1].tolist()) == ([51, 6, 0, 0], [100, 85, 49, 49])
    assert [mark.tolist() for mark in marked(panel, "never relapsed")] == [[[end, 75]]]
    assert [text.get_text() for text in below.texts] == ["4", "4", "2", "3", "3", "3"]
    assert "below 87 %" in panel.get_xlabel()
    survival.draw(job(survival=[], threshold=0.87))  # no seed responded


def test_training_draws_the_loss_of_every_epoch_with_gaps_where_a_seed_missed_a_step():
    # The first seed misses the first cycle, the second the third one; both miss the second.
    rows = [
        HistoryRow(seed, treatment, stage, cycle, 0, epoch, 0.1, 1.0 + seed + epoch)
        for seed, missed in enumerate((1, 3))
        for treatment, stage, cycles in (
            ("healthy", "baseline", [None]),
            ("ssri", "maintenance", {1, 3} - {missed}),
        )
        for cycle in cycles
        for epoch in range(2)
    ]
    figure = training.draw(job(history=rows))
    baseline, maintenance = (panel for panel in figure.axes if marked(panel, "mean"))
    assert np.allclose(thin_lines(baseline), [[1, 2], [2, 3]])
    assert np.allclose(marked(baseline, "mean")[0], [[1, 1.5], [2, 2.5]])
    figure.canvas.draw()  # a loss between 1 and 3 is read off a second label
    assert "2" in [tick.get_text() for tick in baseline.get_yticklabels(minor=True)]
    noise = [points for panel in figure.axes for points in marked(panel, "noise")]
    assert noise[0].tolist() == [[1, 0.1], [2, 0.1]]
    first, second = thin_lines(maintenance)
    assert np.array_equal(first, [np.nan] * 3 + [1.0, 2.0], equal_nan=True)
    assert np.array_equal(second, [2.0, 3.0] + [np.nan] * 3, equal_nan=True)
    x, mean = marked(maintenance, "mean")[0][[0, 1, 3, 4]].T
    assert np.allclose(x, [0.75, 1.25, 2.75, 3.25])
    assert np.allclose(mean, [2, 3, 1, 2])


def test_regions_show_what_each_network_decides():
    # The score of a class is how far a point lies in the direction of its centre.
    first = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], np.float32)
    second = np.array(CENTRES, np.float32) @ first.T
    network = dense([first, second], [np.zeros(4, np.float32)] * 2)
    told = {"seed": 0, "points": {"centres": CENTRES, "sd": 0.8, "test": 40}}
    points = clouds("standard", 0, **told["points"])
    networks = {f"network_{state}": network for state in STATES}
    task, panel, *_ = regions.draw(job(told=told, **networks)).axes
    assert panel.get_title("left") == "Healthy\n4 of 4 centres right"
    for number, line in enumerate(task.lines):
        assert np.array_equal(line.get_xydata(), points.x[points.labels == number])
    shaded = [c for c in panel.collections if getattr(c, "filled", False)]
    for region, centre in zip(shaded, CENTRES, strict=True):
        (path,) = region.get_paths()
        ends = path.vertices * np.sign(centre)
        assert np.allclose([ends.min(axis=0), ends.max(axis=0)], [[0, 0], [6.2, 6.2]], atol=1e-3)


def test_regrowth_distinguishes_kept_steep_and_flat_weights(network, monkeypatch):
    pruned = prune(network, 0.8)
    scores = [np.zeros_like(weight) for weight in network.weights]
    for score in scores:
        score[0] = 1.0  # the first unit's weights alone have a gradient
    grown = regrow(pruned, scores, fraction=0.5, highest=engines.load("fast").highest, draw=np.ones)
    monkeypatch.setattr(regrowth, "gradients", lambda *_: scores)
    told = {"seed": 3, "treatment": "ketamine"}
    figure = regrowth.draw(job(told=told, network_untreated=pruned, network_ketamine=grown))
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


def compared(table, treatment, number, difference=None, **more):
    row = dict.fromkeys(Compared.__dataclass_fields__) | {"modulation": names.ON, "margin_sds": 1}
    if difference is not None:
        row |= {"difference": difference, "low": -3.0, "high": 0.5, "margin": 2.0}
        row |= {"status": reproduction.CONSISTENT, "test": reproduction.PERMUTATION}
    return Compared(**row | {"table": table, "treatment": treatment, "number": number} | more)


def test_comparison_draws_ours_minus_published_with_its_interval():
    bare = dict.fromkeys(("low", "high", "margin", "test")) | {"status": reproduction.NOT_TESTED}
    given = [
        compared("table_1", "ketamine", names.CLEAN, -1.5),
        compared("table_1", "ssri", names.CLEAN, -6.0, status=reproduction.INCONSISTENT),
        compared("table_2", "ssri", names.INTERNAL, 2.0, level=2.5),
        compared("state_dependence", "ssri", names.COMBINED, 1.0, modulation=names.OFF),
        compared("range_by_cycle", "ssri", names.LONGITUDINAL, cycle=4),
        compared("improvement", "ssri", names.GAIN_OVER_UNTREATED, 0.5, **bare),
        compared("table_1", "elsewhere", names.SPARSITY, 1.0, **bare),
    ]
    figure = comparison.draw(job(comparison=given))
    drawn = {}
    for panel in figure.axes:
        rows = [text.get_text() for text in panel.get_yticklabels()]
        for line in panel.lines:
            if line.get_label() == "mean":
                ((x, y),) = line.get_xydata()
                place = (panel.get_title("left").replace("\n", " "), rows[round(y)])
                drawn.setdefault(place, []).append(x)
    assert drawn == {
        ("Accuracy after treatment", "Clean"): [-1.5, -6.0],
        ("Accuracy under internal noise", "σ = 2.5"): [2.0],
        ("State dependence", "Combined stress, off"): [1.0],
        ("Improvement over untreated", "Gain over untreated"): [0.5],
    }
    first = figure.axes[titles(figure).index("Accuracy after treatment")]
    bars = [bar.get_segments()[0][:, 0].tolist() for bar in first.collections]
    assert bars == [[-2.0, 2.0], [-3.0, 0.5]] * 2
    assert [x.get_xdata()[0] for x in first.lines if x.get_marker() == "x"] == [-6.0]


def test_every_figure_of_every_measure_has_numbers_and_can_be_found():
    everything = items.names("measures")
    every, numbers = specs(everything), measures.numbers(everything).values()
    special = {spec.name for spec in figures.SPECIAL}
    assert {figure for number in numbers for figure in number.figures} == set(every) - special
    kinds = {spec.kind for spec in every.values()}
    assert all(hasattr(items.load("figures", kind), "draw") for kind in kinds)


def test_a_treatment_looks_the_same_whichever_others_there_are():
    assert style.looks({"ssri": "SSRI-like"}, {"ssri": 1}, {})["ssri"] == looks["ssri"]
    chosen = style.looks(**LOOKS | {"colours": {"ssri": "#123456"}})["ssri"]
    assert chosen.colour == "#123456"
    assert (chosen.marker, chosen.line) == (looks["ssri"].marker, looks["ssri"].line)


def test_a_journal_gets_its_width_real_text_and_600_dots_per_inch(tmp_path):
    given = of_numbers("accuracy", numbered(3, [Key(state, names.CLEAN) for state in STATES]))
    every = [f"a.{form}" for form in ("pdf", "svg", "png")]
    files = {page: [tmp_path / page / name for name in every] for page in JOURNAL}
    screen = [tmp_path / "figures" / name for name in every]
    pages.save(lambda: states.draw(given), [*screen, *itertools.chain(*files.values())])
    for page, (pdf, svg, png) in files.items():
        inches = JOURNAL[page]
        assert f"/MediaBox [ 0 0 {72 * inches:g} ".encode() in pdf.read_bytes()
        assert b"/Subtype /Type0" in pdf.read_bytes() or b"/FontFile2" in pdf.read_bytes()
        assert "Accuracy (%)</text>" in svg.read_text()
        assert imread(png).shape[1] == round(600 * inches)
    assert "</text>" not in screen[1].read_text()  # outlines look the same on every machine
