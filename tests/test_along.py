"""Curves along axes, variants, and what a study with axes shows, on numbers made by hand."""

import itertools

import numpy as np
import pytest
from scipy.special import expit

from pipeline_lib import measures
from pipeline_lib.analysis import along
from pipeline_lib.analysis.along import fitted, study_along
from pipeline_lib.analysis.values import by_key
from pipeline_lib.analysis.varied import Varied, study_variants
from pipeline_lib.figures import of_axes, pages, style
from pipeline_lib.figures.varied import drawn
from pipeline_lib.names import COMBINED, FINAL_ACCURACY, RELAPSED, SCENARIOS
from pipeline_lib.reporting.results import VariedResults
from pipeline_lib.reporting.varied import varied_findings, varied_tables
from tests.handmade import LABELS, NUMBERS, cells_of, values_of

DOSES = np.array([0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0])
SEVERITIES = np.array([0.0, 0.2, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99])
MEASURES = measures.in_order()


def hill(x, start, end, half, slope):
    with np.errstate(divide="ignore"):
        return start + (end - start) * expit(slope * np.log(np.asarray(x) / half))


def of_seeds(means, seeds=10, sd=2.0):
    """Numbers (seeds, values) about these means."""
    return means + np.random.default_rng(1).normal(0, sd, (seeds, len(means)))


@pytest.mark.parametrize(
    ("x", "start", "end", "half", "slope"),
    [(DOSES, 30, 95, 0.2, 2), ([0, *DOSES], 30, 95, 0.2, 2), (SEVERITIES, 98, 30, 0.88, 30)],
)
def test_a_known_curve_is_found_with_its_interval(x, start, end, half, slope):
    x = np.array(x)
    fit, place, crossing = fitted(x, of_seeds(hill(x, start, end, half, slope)), 80.0)
    assert (fit.start, fit.end) == pytest.approx((start, end), abs=3)
    assert place.low <= place.at <= place.high
    assert place.low - 0.01 <= half <= place.high + 0.01
    true = half * ((80 - start) / (end - 80)) ** (1 / slope)
    assert crossing.low - 0.01 <= true <= crossing.high + 0.01
    exact = fitted(x, np.stack([hill(x, start, end, half, slope)] * 2))
    assert exact[1].at == pytest.approx(half, rel=1e-4)
    assert exact[1].low is exact[1].high is None  # two seeds have no interval
    assert exact[2].at is None


def test_a_search_that_strays_at_a_value_of_0_warns_of_nothing_and_finds_its_curve():
    means = [97.755, 97.8475, 97.8375, 97.855, 97.8775, 97.7175, 90.525, 57.3775]
    x = np.array([0.0, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.99])
    _, place, _ = fitted(x, np.array([means] * 2))
    assert place.at == pytest.approx(0.9775, abs=1e-4)


def test_a_step_may_be_anywhere_between_two_values():
    _, place, _ = fitted(DOSES, of_seeds(np.where(DOSES < 0.25, 30.0, 90.0), sd=0.5))
    assert (place.low, place.high) == (0.2, 0.3)


@pytest.mark.parametrize(
    ("means", "x", "why"),
    [
        (0 * DOSES + 50, DOSES, along.NOT_FOLLOWED),
        (50 + 40 * np.exp(-(np.log(DOSES / 0.1) ** 2)), DOSES, along.NOT_FOLLOWED),
        (hill(DOSES, 30, 95, 4.0, 1), DOSES, along.OUTSIDE),
        (hill(DOSES, 30, 95, 0.6, 2), DOSES, along.NOT_LEVEL),
        (hill(DOSES[:4], 30, 95, 0.1, 2), DOSES[:4], along.TOO_FEW),
    ],
)
def test_where_there_is_no_curve_the_reason_is_told(means, x, why):
    assert fitted(x, of_seeds(means)) == why
    assert fitted(DOSES, np.tile([[80.0], [90.0]], len(DOSES))) == along.UNCHANGED


def study(axes, effect, seeds=6):
    """A study of two treatments; `effect` gives the accuracy of the first in a scenario."""
    scenarios = [dict(zip(axes, each, strict=True)) for each in itertools.product(*axes.values())]
    values = []
    for at in scenarios:
        means = {"first": effect(at), "second": 85.0}
        accuracy = {name: [mean + seed for seed in range(seeds)] for name, mean in means.items()}
        relapsed = {name: [mean < 80] * seeds for name, mean in means.items()}
        of_scenario = values_of(COMBINED, accuracy) + values_of(FINAL_ACCURACY, accuracy)
        values.append(of_scenario + values_of(RELAPSED, relapsed))
    cells = [cells_of(each) for each in values]
    return Varied(scenarios, cells, list(map(by_key, values)), NUMBERS)


def severity(at):
    return float(hill(np.array(at["pruning.sparsity"]), 94, 30, 0.85, 30))


def told(varied):
    rows, variants = study_along(varied, [0.8] * len(varied.scenarios)), study_variants(varied)
    found = VariedResults(varied, rows, variants, [[]] * len(varied.scenarios), LABELS, 0.8)
    text = "\n".join(text for each in varied_findings(found) for text in each.sentences)
    return found, text.replace("\N{NO-BREAK SPACE}", "~")


# Not in order, as a user may give them.
SPARSITY = {"pruning.sparsity": [0.99, *map(float, SEVERITIES[:-1])]}


def test_a_severity_has_its_cliff_and_says_where_no_seed_is_below_the_threshold():
    found, text = told(study(SPARSITY, severity))
    assert found.variants == []
    first = next(row for row in found.along if (row.treatment, row.number) == ("first", COMBINED))
    assert first.half == pytest.approx(0.85, abs=0.005)
    assert first.first > 90
    assert first.last < 40
    assert (first.held_from, first.held_to) == (None, 0.8)
    second = next(row for row in found.along if (row.treatment, row.number) == ("second", COMBINED))
    assert (second.note, second.held_from, second.held_to) == (along.UNCHANGED, 0.0, 0.99)
    assert "falls below 80~% between 0.8 and 0.85; the curve crosses it" in text
    assert "Every seed is at 80~% or above up to 0.8." in text
    assert "No seed relapsed up to 0.8." in text
    # Told once, and not again for each of the three numbers.
    assert text.count("Second") == 1
    assert "Second is the same at every value: combined stress 87.5~%" in text
    tables = {each.name: each for each in varied_tables(found)}
    assert len(tables[SCENARIOS].rows) == 9 * 2
    assert tables[SCENARIOS].data[1][:3] == [0.99, "first", COMBINED]


@pytest.mark.parametrize(
    ("differences", "sentence"),
    [
        ([1, 2, 3, 2, 1], "First is 1.8 points (0.9 to 3.1) higher with wide (95.8~%) than with s"),
        ([-1, -2, -3, -2, -1], "First is 1.8 points (0.9 to 3.1) lower with wide (92.2~%) than"),
        (
            [3, 3, 3],
            "First is 3.0 points (the same in all 3 seeds; among all possible seeds, up to 71~% may"
            " differ) h",
        ),
        (
            [-9, 9, 5, -8],
            ") lower with wide (92.2~%) than with small (93.0~%), a difference that may",
        ),
        (
            [4],
            "First is 4.0 points higher with wide (94.0~%) than with small (90.0~%); 1 seed cannot",
        ),
        ([0, 0, 0], "First is the same at every value: combined stress 92.0~% ("),
    ],
)
def test_variants_are_told_apart_in_a_sentence_if_their_seeds_are(differences, sentence):
    of_small = [90.0 + 2.0 * seed for seed in range(len(differences))]
    of_wide = [one + more for one, more in zip(of_small, differences, strict=True)]
    values = [values_of(COMBINED, {"first": numbers}) for numbers in (of_small, of_wide)]
    cells, scenarios = list(map(cells_of, values)), [{"network": "small"}, {"network": "wide"}]
    numbers = {COMBINED: NUMBERS[COMBINED]}
    found, text = told(Varied(scenarios, cells, list(map(by_key, values)), numbers))
    [variant] = found.variants
    assert (variant.variant, variant.base, variant.n) == ("wide", "small", len(differences))
    assert variant.difference == pytest.approx(np.mean(differences))
    assert sentence in text.replace("\N{NO-BREAK SPACE}", "~")


@pytest.mark.parametrize(
    ("axes", "names"),
    [
        (SPARSITY, ["along"]),
        ({"network": ["paper", "wide"], "init": ["a", "b"]}, ["variants"]),
        ({"network": ["paper", "wide"], **SPARSITY}, ["along"]),
        ({**SPARSITY, "dose": [0.1, 0.5]}, ["map_combined", "map_final_accuracy", "map_relapsed"]),
        ({**SPARSITY, "network": ["paper", "wide"], "dose": [0.1, 0.5]}, ["along"]),
    ],
)
def test_the_kind_of_the_axes_decides_what_is_drawn(axes, names):
    varied = study(axes, lambda at: severity({"pruning.sparsity": 0.5} | at), seeds=2)
    found = of_axes(varied.scenarios, MEASURES, LABELS)
    assert list(found) == names
    looks = style.looks(LABELS, {"first": 0, "second": 1}, {})
    for name, spec in found.items():
        assert ("Here dose = 0.1." in spec.caption) == (len(axes) > 2)
        with pages.applied():
            figure = drawn(name, varied, looks, 0.8)
        titles = " ".join(panel.get_title(loc="left") for panel in figure.axes)
        assert ("First" if name.startswith("map") else "Combined") in titles


def test_marks_stay_near_their_value_however_close_the_next_one_is():
    values = [0.0, 0.97, 0.98, 0.99]
    varied = study({"pruning.sparsity": values}, severity, seeds=2)
    with pages.applied():
        figure = drawn("along", varied, style.looks(LABELS, {"first": 0, "second": 1}, {}), 0.8)
    lines = [line for panel in figure.axes for line in panel.lines if line.get_label() in LABELS]
    assert lines
    for line in lines:
        assert np.abs(np.array(line.get_xdata()) - values).max() < 0.005
