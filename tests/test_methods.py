"""What the report says was done is what the study says."""

from dataclasses import replace

from pipeline_lib.names import SPARSITY
from pipeline_lib.numbers import Key
from pipeline_lib.reporting import methods
from pipeline_lib.study import slices
from pipeline_lib.study.config import STUDY
from tests.handmade import measured, results, value


def limitations(paper):
    """What the report says of a study whose networks keep half or 5 % of the weights."""
    study = slices.report(STUDY.model_validate(paper))
    values = measured({name: [[90.0, 90.0]] * 3 for name in study["labels"]})
    values = [v for v in values if v.number != SPARSITY or v.treatment != "ketamine"]
    values += [value(seed, Key("ketamine", SPARSITY), 47.5) for seed in range(3)]
    found = replace(results(values, study["labels"]), threshold=study["threshold"])
    return " ".join(methods.limitations(study, found)).replace("\N{NO-BREAK SPACE}", " ")


def test_what_is_not_matched_between_treatments_is_said(paper):
    said = limitations(paper)
    assert "they leave 5.0 to 52.5 % of the connections" in said
    assert "their learning rates differ up to 50-fold" in said
    assert "their courses take different numbers of epochs" in said


def test_learning_rates_count_wherever_they_are(paper):
    within = {"repeat": {"times": 2, "steps": [{"train": {"epochs": 10, "lr": 0.001}}]}}
    paper["treatments"]["ketamine"]["maintenance"] = [within]
    assert "their learning rates differ up to 100-fold" in limitations(paper)
