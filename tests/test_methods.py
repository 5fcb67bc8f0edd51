"""What the report says was done is what the study says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline_lib.names import LONGITUDINAL_SPARSITY, SPARSITY
from pipeline_lib.numbers import Key
from pipeline_lib.reporting import methods
from pipeline_lib.study import slices
from pipeline_lib.study.config import STUDY
from tests.handmade import measured, results, value

TRAIN = {"train": {"epochs": 10, "lr": 0.001}}


def of(paper):
    """The report's slice of a study, and results whose networks keep half or 5 % of the weights."""
    study = slices.report(STUDY.model_validate(paper))
    names = list(study["labels"])
    values = measured({name: [[90.0, 90.0]] * 3 for name in names})
    values = [v for v in values if v.number != SPARSITY or v.treatment != "ketamine"]
    values += [value(seed, Key("ketamine", SPARSITY), 47.5) for seed in range(3)]
    after = Key("ssri", LONGITUDINAL_SPARSITY, cycle=8)
    values += [value(seed, after, 97.8) for seed in range(3)]
    return study, replace(results(values, study["labels"]), threshold=study["threshold"])


def side_by_side(paper):
    table = methods.side_by_side(*of(paper))
    heads = [column.head for column in table.columns[1:]]
    return {row[0]: dict(zip(heads, row[1:], strict=True)) for row in table.rows}


def test_the_papers_treatments_stand_side_by_side(paper):
    rows = side_by_side(paper)
    assert list(rows["Learning rate"].values()) == ["0.0005", "0.00001", "0.0005"]
    assert list(rows["Epochs in all"].values()) == ["55", "260", "90"]
    assert rows["Course"]["Ketamine-like"] == (
        "regrow (fraction 0.5, SD 0.03, batches 30), then train"
    )
    assert rows["Course"]["SSRI-like"] == "train (noise 0.5 to 0)"
    left = [text.replace("\N{NO-BREAK SPACE}", " ") for text in rows["Connections left"].values()]
    assert left == ["52.5 %", "5.0 %", "5.0 %"]
    assert rows["Connections left after cycle 8"]["SSRI-like"] == "2.2\N{NO-BREAK SPACE}%"
    assert list(rows["Also measured off medication"].values()) == ["no", "no", "yes"]


@pytest.mark.parametrize(
    ("maintenance", "in_maintenance", "in_all"),
    [
        ([], "—", "15"),
        ([TRAIN | {"every": 3}], "10", "35"),  # in cycles 3 and 6 of 8
        ([TRAIN | {"chance": 0.5}], "10", "at most 95"),
        ([{"repeat": {"times": 2, "steps": [TRAIN, TRAIN]}}], "2 × 10, then 2 × 10", "335"),
    ],
)
def test_epochs_count_what_is_repeated_or_left_out(paper, maintenance, in_maintenance, in_all):
    paper["treatments"]["ketamine"]["maintenance"] = maintenance
    rows = {name: row["Ketamine-like"] for name, row in side_by_side(paper).items()}
    assert rows["Epochs in maintenance"] == in_maintenance
    assert rows["Epochs in all"] == in_all
    assert rows["Learning rate in maintenance"] == ("0.001" if maintenance else "—")
