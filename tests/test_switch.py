"""Switch liability: biased noise, mean activity, and how their numbers are told."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from pipeline_lib.analysis.paired import compare_treatments
from pipeline_lib.analysis.published import printed, read_published, rounding
from pipeline_lib.analysis.reproduction import compare, verdict
from pipeline_lib.analysis.statistics import cells, values
from pipeline_lib.engines import fast, plain
from pipeline_lib.figures import style
from pipeline_lib.figures import switch as switch_figure
from pipeline_lib.files.rows import MEASUREMENTS, SWITCH, SwitchRow, read_table, write_rows
from pipeline_lib.measures.accuracy import Subject
from pipeline_lib.measures.switch import mean_activity, switch_liability
from pipeline_lib.model.activity import hidden_activity, logits
from pipeline_lib.model.network import Modulation, dense, modulated
from pipeline_lib.model.task import standard_points
from pipeline_lib.reporting.tables import build
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import CENTRES, ROOT, overlaid

LABELS = {"ketamine": "Ketamine-like", "ssri": "SSRI-like"}


@pytest.fixture
def standard():
    return standard_points(0, centres=CENTRES, sd=0.8, test=400)


def test_the_study_is_the_papers_with_gains_and_biased_noise(paper):
    study = validate(overlaid(paper, "studies/switch.yaml"))
    assert slices.switch(study, "ssri") == {
        "engine": "fast",
        "standard_points": slices.evaluate(study, "ssri")["standard_points"],
        "withdrawal": False,
        "bias": 1.0,
        "internal_noise": 1.0,
    }
    assert slices.switch(study, "neurosteroid")["withdrawal"] is True
    courses = {name: slices.treat(study, name)["course"] for name in study.treatments}
    assert courses["ketamine"][:2] == [
        {"regrow": {"fraction": 0.5, "batches": 30, "sd": 0.03}},
        {"modulate": {"gain": 1.25}},
    ]
    assert courses["ssri"] == [
        {"train": {"epochs": 100, "lr": 1e-5, "noise": [0.5, 0.0], "gain": [1.0, 1.6]}}
    ]
    assert courses["neurosteroid"][0] == {
        "modulate": {"activation": "tanh", "damping": 0.7, "gain": 0.85}
    }
    paper_study = validate(paper)
    for name in study.treatments:
        assert slices.relapse(study, name) == slices.relapse(paper_study, name)


def test_activity_is_the_mean_over_layers_of_absolute_activity():
    # Two points, 1 and -2 in; two hidden layers, of one unit and of three; ReLU, then tanh.
    network = dense(
        [
            np.array([[1.0, 0.0]], np.float32),
            np.array([[2.0], [-2.0], [0.0]], np.float32),
            np.ones((4, 3), np.float32),
        ],
        [np.zeros(1, np.float32), np.zeros(3, np.float32), np.zeros(4, np.float32)],
    )
    points = SimpleNamespace(x=np.array([[1.0, 0.0], [-2.0, 0.0]], np.float32))
    relu = modulated(network, Modulation(damping=0.5, gain=3.0))
    # Layer 1: 1.5 and 0. Layer 2: 2 * 1.5 * 1.5 = 4.5 in one unit at one point, 0 elsewhere.
    assert mean_activity(relu, points) == pytest.approx((1.5 / 2 + 4.5 / 6) / 2)
    tanh = modulated(network, Modulation("tanh", 0.5, 3.0))
    first = 1.5 * np.tanh([1.0, -2.0])
    second = 1.5 * np.tanh(np.outer([2, -2, 0], first))
    expected = (np.abs(first).mean() + np.abs(second).mean()) / 2
    assert mean_activity(tanh, points) == pytest.approx(expected, rel=1e-6)


def test_activity_leads_to_the_logits_of_the_engine(network, standard):
    on = modulated(network, Modulation("tanh", 0.7, 0.85))
    right = int((logits(on, standard.x).argmax(axis=1) == standard.labels).sum())
    assert right == plain.count_correct(
        on, standard, input_noise=0.0, internal_noise=0.0, generator=plain.generator(0)
    )
    assert len(hidden_activity(on, standard.x)) == len(network.weights) - 1


@pytest.mark.parametrize("engine", [fast, plain])
def test_a_network_is_measured_with_its_gain_and_off_without(engine, network, standard):
    on = modulated(network, Modulation("tanh", 0.7, 0.85))
    rows = switch_liability(
        Subject(3, "neurosteroid", engine),
        on,
        standard=standard,
        bias=1.5,
        internal_noise=1.0,
        withdrawal=True,
    )
    assert [row.modulation for row in rows] == ["on", "off"]
    assert rows[0].activity == mean_activity(on, standard)
    assert rows[1].activity == mean_activity(network, standard)
    assert [row.total for row in rows] == [400, 400]
    assert all(row.accuracy == row.correct / 400 for row in rows)
    # Both under the same noise, of this mean and this σ, whatever the treatment is called.
    assert [row.correct for row in rows] == [
        engine.count_correct(
            state,
            standard,
            input_noise=0.0,
            internal_noise=1.0,
            internal_bias=1.5,
            generator=engine.generator(3, "measure", "switch", 1.5, 1.0),
        )
        for state in (on, network)
    ]


def test_both_engines_meet_biased_noise_of_one_distribution(network):
    points = standard_points(0, centres=CENTRES, sd=0.8, test=20_000)
    noise = {"input_noise": 0.0, "internal_noise": 1.0, "internal_bias": 0.5}
    a, b = (
        engine.count_correct(network, points, generator=engine.generator(0, "m"), **noise)
        for engine in (fast, plain)
    )
    # Two counts of 20 000 draws: within five standard errors of their difference.
    share = (a + b) / 40_000
    assert abs(a - b) / 20_000 < 5 * np.sqrt(2 * share * (1 - share) / 20_000)


def study_rows(n=6):
    rng = np.random.default_rng(0)
    common = {"bias": 1.0, "internal_noise": 1.0, "modulation": "on", "total": 4000}
    rows = []
    for treatment, level in (("untreated", 1000), ("ketamine", 3300), ("ssri", 1900)):
        for seed in range(n):
            correct = level + int(rng.integers(0, 100))
            rows.append(
                SwitchRow(
                    seed=seed,
                    treatment=treatment,
                    correct=correct,
                    accuracy=correct / 4000,
                    activity=level / 5000 + 0.01 * float(rng.random()),
                    **common,
                )
            )
    return rows


def as_values(rows):
    empty = pa.Table.from_pylist([], schema=MEASUREMENTS)
    return values(empty, empty, empty, pa.Table.from_pylist([vars(r) for r in rows], SWITCH))


def test_values_are_accuracy_in_per_cent_and_activity_as_it_is():
    rows = study_rows()
    found = as_values(rows)
    first = found[found["seed"] == rows[0].seed].iloc[:2]
    assert first["metric"].tolist() == ["biased", "activity"]
    assert first["value"].tolist() == [100 * rows[0].correct / 4000, rows[0].activity]


def test_their_pairs_are_compared_and_their_table_is_built():
    measured = as_values(study_rows())
    pairs = compare_treatments(measured)
    assert set(pairs["metric"]) == {"biased", "activity"}
    assert len(pairs) == 6
    tables = {table.name: table for table in build(cells(measured, 0.8), None, LABELS)}
    blocks = tables["switch"].blocks
    assert blocks[1][0][0] == "Ketamine-like"
    # Activity with three decimals, accuracy with one.
    assert [len(text.split()[0].split(".")[1]) for text in blocks[1][0][1:]] == [3, 1]


def test_a_study_without_it_has_no_such_table(paper):
    assert "switch" not in {table.name for table in build(cells(as_values([]), 0.8), None, {})}
    assert slices.report(validate(paper))["switch"] == {}


def test_published_activities_have_three_decimals_and_are_tested_as_such():
    assert rounding("activity") == pytest.approx(0.0005)
    assert rounding("combined") == pytest.approx(0.05)
    assert printed(0.6494, "activity") == "0.649"
    published = read_published(ROOT / "reference/switch.csv")
    published = published[published["table"] == "switch"]
    comparison = compare(cells(as_values(study_rows()), 0.8), published, 0.05, 0.02)
    of_activity = comparison[comparison["metric"] == "activity"].set_index("treatment")
    assert of_activity.loc["ketamine", "status"] == "consistent"  # 0.66 beside 0.649 ± 0.079
    assert of_activity.loc["untreated", "status"] == "inconsistent"  # 0.2 beside 0.1
    # The margin is one of accuracies.
    assert of_activity["equivalent"].isna().all()
    assert comparison["equivalent"].notna().any()
    assert verdict(comparison).count("equivalent within 2 percentage points") == 1


def test_the_figure_shows_every_seed_of_both_measurements():
    rows = [vars(row) for row in study_rows()]
    looks = style.looks(LABELS, {})
    figure = switch_figure.figure(rows, looks, chance=25.0, bias=1.0, sd=1.0)
    for panel, name, scale in zip(figure.axes, ("accuracy", "activity"), (100, 1), strict=True):
        seeds = [line.get_xdata() for line in panel.lines if line.get_label() == "seeds"]
        for drawn, treatment in zip(seeds, ("untreated", "ketamine", "ssri"), strict=True):
            expected = [scale * row[name] for row in rows if row["treatment"] == treatment]
            assert drawn == pytest.approx(expected)


def test_its_rows_are_stored_and_checked(tmp_path):
    rows = study_rows(1)
    write_rows(tmp_path / "switch.parquet", rows, SWITCH)
    back = read_table(tmp_path / "switch.parquet", SWITCH).to_pylist()
    assert back == [vars(row) for row in rows]
