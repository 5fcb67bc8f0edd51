"""Predictors of the outcomes, held to published examples, to scipy and to scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline_lib import names
from pipeline_lib.analysis import predictors
from pipeline_lib.analysis.predictors import ALIKE, Association, Forecast
from pipeline_lib.analysis.welch import holm
from pipeline_lib.names import FINAL_ACCURACY, LIVE_UNITS, MARGIN, RESPONDED, UNTREATED
from pipeline_lib.reporting.outcomes import predictions
from pipeline_lib.reporting.statistics_tables import association_table, forecast_table
from tests.handmade import LABELS, measured, results, values_of


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture(autouse=True)
def fewer(monkeypatch):
    monkeypatch.setattr(predictors, "SHUFFLES", 99)
    monkeypatch.setattr(predictors, "REPEATS", 4)


def values(outcome, numbers, **predictor):
    """Values of an outcome of the first treatment, and of numbers of the untreated network."""
    found = values_of(outcome, {"first": numbers})
    for name, column in predictor.items():
        # The other way round: rows are matched by their seed.
        found += reversed(values_of(name, {UNTREATED: column}))
    return found


def test_the_textbook_correlation_of_intelligence_with_hours_of_television():
    intelligence = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    [row] = predictors.associations(values(FINAL_ACCURACY, hours, clean_margin=intelligence))
    assert (row.treatment, row.outcome, row.predictor) == ("first", FINAL_ACCURACY, MARGIN)
    assert row.rho == pytest.approx(-29 / 165)
    assert row.p == row.p_holm == pytest.approx(0.627, abs=0.02)


def test_seeds_that_lack_a_number_are_left_out():
    given = [v for v in values(FINAL_ACCURACY, range(12), clean_margin=range(12)) if v.seed != 3]
    lacking = [v for v in given if (v.seed, v.number) != (5, FINAL_ACCURACY)]
    lacking = [v for v in lacking if (v.seed, v.treatment) != (7, UNTREATED)]
    [row] = predictors.associations(lacking)
    assert (row.n, row.rho) == (9, pytest.approx(1.0))


def test_ties_are_as_in_scipy_and_p_is_corrected_over_all_rows(rng):
    x, outcome = rng.integers(0, 5, (3, 60)), rng.integers(0, 2, 60)
    columns = dict(zip(("clean_margin", "paths", "weight_norm"), x, strict=True))
    rows = predictors.associations(values(RESPONDED, outcome, **columns))
    assert {row.predictor for row in rows} == {*columns}
    for row in rows:
        theirs = stats.spearmanr(columns[row.predictor], outcome)
        assert row.rho == pytest.approx(theirs.statistic)
        assert row.p == pytest.approx(theirs.pvalue, abs=0.02)
    assert [row.p_holm for row in rows] == holm([row.p for row in rows])


def test_the_interval_is_bonett_and_wrights_and_covers(rng):
    assert predictors._interval(0.5, 100) == pytest.approx((0.3259, 0.6414), abs=2e-4)
    assert predictors._interval(1.0, 10) == predictors._interval(0.2, 3) == (None, None)
    true, covered = 6 / np.pi * np.arcsin(0.6 / 2), 0
    for _ in range(400):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 30).T
        low, high = predictors._interval(stats.spearmanr(x, y).statistic, 30)
        covered += low < true < high
    assert 0.92 < covered / 400 < 0.98


def test_a_correlation_that_is_just_detectable_is_found_four_times_in_five():
    assert predictors.detectable(85) == pytest.approx(0.3, abs=0.002)  # Cohen (1992), table 2
    assert predictors.detectable(3) is None


@pytest.mark.parametrize("decimals", [0, 9])
def test_the_area_under_the_curve_is_that_of_scikit_learn(decimals, rng):
    from sklearn.metrics import roc_auc_score

    predicted = rng.normal(size=(40, 1)).round(decimals)  # with ties, or without
    outcome = rng.integers(0, 2, (40, 1)).astype(float)
    area = roc_auc_score(outcome, predicted)
    # Seeds of different folds are not compared.
    assert predictors._auc([(predicted, outcome), (predicted + 9, outcome)]) == pytest.approx(area)


def test_what_can_be_predicted_is_and_noise_is_not(rng):
    signal, noise = rng.normal(size=100), rng.normal(size=100)
    final = 90 + signal + 0.5 * rng.normal(size=100)
    given = values(FINAL_ACCURACY, final, clean_margin=signal, paths=noise)
    [accurate] = predictors.forecasts(given)
    assert (accurate.measure, accurate.n, accurate.events) == ("R²", 100, None)
    assert accurate.score == pytest.approx(0.8, abs=0.1)
    assert accurate.low <= accurate.score <= accurate.high
    assert accurate.p == accurate.p_holm == 0.01  # the smallest of 99 shuffles
    [blind] = predictors.forecasts(values(FINAL_ACCURACY, 90 + signal, paths=noise))
    assert blind.score < 0.1
    assert blind.p > 0.05


def test_rare_events_are_predicted_by_chance_as_often_as_not(rng):
    # If seeds of different folds were compared, this would be below a half.
    events, noise = (np.arange(80) < 6).astype(float), rng.normal(size=(2, 80))
    [row] = predictors.forecasts(values(RESPONDED, events, clean_margin=noise[0], paths=noise[1]))
    assert (row.measure, row.events) == ("AUC", 6)
    assert row.by_chance == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("outcome", "numbers", "predictor", "note", "unpredicted"),
    [
        (names.RELAPSED_AFTER_RESPONSE, [1.0] * 12, range(12), ALIKE, ALIKE),
        (FINAL_ACCURACY, range(12), [3.0] * 12, "all seeds have the same predictor", ""),
        (FINAL_ACCURACY, [1, 3, 2], [1, 2, 3], "too few seeds for", "fewer than 10 seeds"),
        (RESPONDED, [1] * 9 + [0] * 3, range(12), "", "fewer than 5 seeds with one of"),
    ],
)
def test_degenerate_studies_say_what_they_lack(outcome, numbers, predictor, note, unpredicted):
    given = values(outcome, numbers, clean_margin=predictor)
    [association], [forecast] = predictors.associations(given), predictors.forecasts(given)
    assert association.note.startswith(note)
    assert (association.rho is None) == (note in (ALIKE, "all seeds have the same predictor"))
    assert forecast.note.startswith(unpredicted)
    assert (forecast.score is None) == bool(unpredicted)


ROW = Association("first", RESPONDED, LIVE_UNITS, 2.0, 40, -0.5, -0.7, -0.2, 0.001, 0.03, "")
SCORE = Forecast("first", RESPONDED, 40, 12, "AUC", 0.81, 0.78, 0.84, 0.5, 0.001, 0.01, "")
NONE = Forecast("second", RESPONDED, 40, 40, "AUC", None, None, None, None, None, None, ALIKE)


def said(associations, forecasts):
    found = results(measured({name: [[90.0, 90.0]] * 4 for name in LABELS}))
    found = replace(found, associations=associations, forecasts=forecasts)
    return " ".join(predictions(found)), found


def test_what_predicts_an_outcome_is_said_with_its_score():
    text, found = said([ROW], [SCORE, NONE])
    assert "“Responded” under First: an AUC of 0.81 (0.50 by chance; p = 0.001, 0.010" in text
    assert "tested (the other one differs in too few seeds), 1 was predicted" in text
    assert "under First: ρ = −0.50 (−0.70 to −0.20), p = 0.030" in text
    assert association_table(found).blocks[0][0][2] == "Live units, layer = 2"
    assert [block[0][2] for block in forecast_table(found).blocks] == ["12 of 40", "40 of 40"]


def test_that_nothing_predicts_is_said_with_what_could_have_been_missed():
    text, _ = said([replace(ROW, p_holm=0.2)], [replace(SCORE, p_holm=0.3)])
    assert "none was predicted better than chance from the untreated network" in text
    assert "The best is “Responded” under First: an AUC of 0.81" in text
    assert "0 are significant after Holm's correction." in text
    assert "The largest is “Live units, layer = 2” and “Responded”" in text
    assert "a true ρ below 0.43 would be missed more than one time in five" in text
    assert said([], [NONE])[0].startswith("Too few seeds differ in their outcomes")
    assert said([], [])[0] == ""
