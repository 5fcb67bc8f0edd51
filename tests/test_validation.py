"""A bad study is refused in one sentence: the key, what was found, and what is allowed."""

from __future__ import annotations

import json
import re
from collections import Counter

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from pipeline_lib import items
from pipeline_lib.errors import PipelineError
from pipeline_lib.study import slices
from pipeline_lib.study.config import STUDY
from pipeline_lib.study.validation import schema, validate
from tests.conftest import ROOT
from tests.strategies import HUGE, base, mutated, valid
from tests.trust.studies import refuse_or_run, run_on_both_engines, run_quietly

settings.register_profile(
    "sample",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SAMPLE = settings.get_profile("sample")


def put(study, path, value):
    *parents, last = path
    for key in parents:
        study = study[key]
    study[last] = value


TRAIN = ["treatments", "ssri", "course", 0, "train"]

BAD = [
    (
        [*TRAIN, "epoch"],
        3,
        "treatments.ssri.course[0].train.epoch is not a known key;"
        " did you mean epochs? the keys here are epochs, stop, lr, noise, input_noise, gain",
    ),
    (
        [*TRAIN, "noise"],
        [0.5],
        "treatments.ssri.course[0].train.noise is [0.5]; it must have 2 or more entries",
    ),
    (
        [*TRAIN, "input_noise"],
        "much",
        "treatments.ssri.course[0].train.input_noise is 'much';"
        " it must be a number or a list of two, [first, last]",
    ),
    (
        [*TRAIN, "input_noise"],
        [0.5, -1.0],
        "treatments.ssri.course[0].train.input_noise[1] is -1.0; it must be at least 0",
    ),
    (["seeds"], [3, 3], "seeds is [3, 3]; it must not have duplicates"),
    (["seeds"], 0, "seeds is 0; it must be at least 1"),
    (["seeds"], "ten", "seeds is 'ten'; it must be a whole number or a list of whole numbers"),
    (
        ["treatments", "ssri", "label"],
        "two\nlines",
        "treatments.ssri.label is 'two\\nlines'; it must be a line of printable text",
    ),
    (
        ["treatments", "untreated"],
        {"label": "x", "course": [], "maintenance": []},
        "treatments has the name 'untreated'; it must be lower-case letters, digits and `_`, begin"
        " with a letter, and not be healthy, untreated, withdrawn or each",
    ),
    (
        ["treatments", "ssri", "course"],
        [{"fly": {}}],
        "treatments.ssri.course[0].fly is not a known key;"
        " the keys here are every, chance, modulate, prune, regrow, repeat, scar, train, withdraw",
    ),
    (
        ["treatments", "ssri", "course"],
        [{"prune": {"sparsity": 0.5, "fraction": 0.5}}],
        "treatments.ssri.course[0].prune is {'sparsity': 0.5, 'fraction': 0.5};"
        " it must have exactly one of `sparsity` and `fraction`",
    ),
    (
        ["pruning", "scope"],
        "layer",
        "pruning.scope is 'layer'; it must be 'matrix' or 'network'",
    ),
    (
        ["treatments", "neurosteroid", "course", 0, "modulate", "activation"],
        "sigmoid",
        "treatments.neurosteroid.course[0].modulate.activation is 'sigmoid';"
        " it must be 'relu' or 'tanh'",
    ),
    (
        ["evaluate", "sweep"],
        [0.5, 1.0],
        "evaluate.sweep is [0.5, 1.0];"
        " it must be noise levels in ascending order, the first of them 0.0",
    ),
    (
        ["evaluate", "input_sweep"],
        [0.0, 1.0],
        "evaluate.input_sweep is [0.0, 1.0]; it must be noise levels above 0 in ascending order",
    ),
    (
        ["treatments", "ssri", "from"],
        "lithium",
        "treatments.ssri.from is 'lithium'; it must be one of the other treatments, ketamine,"
        " neurosteroid",
    ),
    (
        ["treatments", "ssri", "from"],
        "ssri",
        "treatments.ssri.from is 'ssri'; a treatment must not start from itself, directly or"
        " through others",
    ),
    (
        ["network", "init"],
        "xavier",
        "network.init is 'xavier'; it must be torch or a mapping {normal: sd}",
    ),
    (
        ["relapse", "threshold"],
        80,
        "relapse.threshold is 80; it must be a fraction, at most 1; did you mean 0.8?",
    ),
    (["task"], None, "task is None; it must be a mapping of keys to values"),
    (
        ["results"],
        "../elsewhere; rm -rf ~",
        "results is '../elsewhere; rm -rf ~';"
        " it must be a path of letters, digits, spaces, `_`, `.`, `-`, `@`, `+` and `/`, without"
        " `..`",
    ),
    (
        ["treatments", "ssri", "combines"],
        ["ketamine", "lithium"],
        "treatments.ssri.combines has 'lithium';"
        " it must name other treatments of the study, each once: ketamine, neurosteroid",
    ),
    (
        ["contrasts"],
        [["ssri", "ketamine"], ["ssri", "lithium"]],
        "contrasts[1] has 'lithium'; it must name two of ketamine, ssri, neurosteroid, healthy,"
        " untreated, or a treatment and withdrawn",
    ),
    (
        ["contrasts"],
        [["ssri", "withdrawn"]],
        "contrasts[0] is ['ssri', 'withdrawn']; withdrawn must follow a treatment that has"
        " `withdrawal: true`: neurosteroid",
    ),
    (
        ["contrasts"],
        [["ssri", "ketamine"], ["ketamine", "ssri"]],
        "contrasts[1] is ['ketamine', 'ssri']; it must be two different names, and no pair twice",
    ),
    (["contrasts"], [["ssri"]], "contrasts[0] is ['ssri']; it must have 2 or more entries"),
    (
        ["contrasts"],
        [["neurosteroid", False]],
        "contrasts[0][1] is False; it must be text",
    ),
    (
        ["treatments", "ssri", "course"],
        [{"withdraw": None, "every": 2}],
        "treatments.ssri.course is [{'withdraw': None, 'every': 2}];"
        " it has no cycles, so its steps must not have `every` or `chance`",
    ),
    (
        ["claims", 0, "number"],
        "sparsity",
        "claims[0].number has 'sparsity'; it must be one of clean, standard, combined, internal, "
        "input, gain_over_untreated, acute_drop, total_drop, mean_accuracy, final_accuracy, "
        "responded, slow_response, relapsed_after_response, response_by_threshold, "
        "relapse_by_threshold, relapsed, not_relapsed, relapse_cycle",
    ),
    (
        ["claims", 0, "than"],
        ["placebo"],
        "claims[0].than has 'placebo'; it must be one of ketamine, ssri, neurosteroid, healthy, "
        "untreated, withdrawn",
    ),
    (
        ["treatments", "ssri", "maintenance", 0, "chance"],
        1.5,
        "treatments.ssri.maintenance[0].chance is 1.5; it must be a fraction, at most 1; did you "
        "mean 0.015?",
    ),
    (
        ["treatments", "ssri", "maintenance"],
        [{"repeat": {"times": 2, "steps": [{"withdraw": None, "chance": 0.5}]}}],
        "treatments.ssri.maintenance[0].repeat is {'times': 2, 'steps': [{'withdraw': None,"
        " 'chance': 0.5}]}; `every` and `chance` belong beside the repeat,"
        " not among the steps inside it",
    ),
    (
        ["treatments", "ssri", "course"],
        [{"repeat": {"times": 2, "steps": [{"repeat": {"times": 0, "steps": ["withdraw"]}}]}}],
        "treatments.ssri.course[0].repeat.steps[0].repeat.times is 0; it must be at least 1",
    ),
    (
        ["treatments", "ssri", "course"],
        [{"repeat": {"times": 2, "steps": [{"train": {"epochs": 1, "lr": 0.1, "nois": 1}}]}}],
        "treatments.ssri.course[0].repeat.steps[0].train.nois is not a known key;"
        " did you mean noise? the keys here are epochs, stop, lr, noise, input_noise, gain",
    ),
    (
        ["treatments", "neurosteroid", "course"],
        [{"repeat": {"times": 1, "steps": [{"modulate": {"gain": 1.1, "units": [0.5, 1]}}]}}],
        "treatments.neurosteroid.course[0].repeat.steps[0].modulate.units has 2 shares;"
        " it must have one for each of the 3 hidden layers",
    ),
    (
        ["treatments", "neurosteroid", "course", 0, "modulate", "units"],
        "half",
        "treatments.neurosteroid.course[0].modulate.units is 'half';"
        " it must be a share or a list of shares, one for each hidden layer",
    ),
    (
        ["treatments", "neurosteroid", "course"],
        [{"modulate": {}}],
        "treatments.neurosteroid.course[0].modulate is {};"
        " it must have at least one of activation, damping, gain, units, inhibition, gain_cap,"
        " bias_damping",
    ),
    (
        ["treatments", "neurosteroid", "course"],
        [{"withdraw": {"keep": ["dose"]}}],
        "treatments.neurosteroid.course[0].withdraw.keep[0] is 'dose'; it must be 'activation',"
        " 'damping', 'gain', 'inhibition', 'gain_cap' or 'bias_damping'",
    ),
    (
        ["treatments", "ketamine", "course", 0, "regrow"],
        {"fraction": 0.5, "sd": 0.03, "sites": "random", "batches": 30},
        "treatments.ketamine.course[0].regrow is {'fraction': 0.5, 'sd': 0.03, 'sites': 'random',"
        " 'batches':…; it must have `batches` if sites is gradient, and only then",
    ),
    (
        ["treatments", "ketamine", "course", 0, "regrow", "sites"],
        "magnitude",
        "treatments.ketamine.course[0].regrow.sites is 'magnitude';"
        " it must be 'gradient', 'random' or 'coactivity'",
    ),
    (
        ["treatments", "ssri", "colour"],
        "red",
        "treatments.ssri.colour is 'red'; it must be \"#\" and six hexadecimal digits, in quotes",
    ),
    (
        ["colour"],
        "red",
        "colour is not a known key; the keys here are seeds, results, engine, keep_networks,"
        " publication, task, network, training, baseline, pruning, insult, treatments, contrasts,"
        " claims, reproduction, axes, drawn, evaluate, acute, kindling, relapse, structure, switch",
    ),
]


@pytest.mark.parametrize(("path", "value", "sentence"), BAD, ids=[bad[2][:60] for bad in BAD])
def test_a_bad_study_is_refused_with_a_reason(paper, path, value, sentence):
    put(paper, path, value)
    with pytest.raises(PipelineError) as error:
        validate(paper)
    assert str(error.value) == sentence


def test_each_of_several_problems_is_reported(paper):
    del paper["baseline"]["lr"]
    paper["seeds"] = 0
    with pytest.raises(PipelineError) as error:
        validate(paper)
    assert str(error.value).splitlines() == [
        "seeds is 0; it must be at least 1",
        "baseline.lr is missing; this key is required",
    ]


def test_seeds_are_a_number_or_a_list(paper):
    assert validate(paper | {"seeds": 3}).seed_list == [0, 1, 2]
    assert validate(paper | {"seeds": [0, 17, 3]}).seed_list == [0, 17, 3]


def test_an_overlay_removes_a_treatment_with_null(paper):
    paper["treatments"]["ssri"] = None
    assert list(validate(paper).treatments) == ["ketamine", "neurosteroid"]


def test_a_study_that_names_no_contrast_has_those_of_its_treatments(paper):
    off = ["neurosteroid", "withdrawn"]
    three = [["ketamine", "ssri"], ["ketamine", "neurosteroid"], ["ssri", "neurosteroid"]]
    assert slices.statistics(validate(paper))["contrasts"] == [*three, off]
    paper["treatments"]["ssri"]["combines"] = ["neurosteroid"]
    assert slices.statistics(validate(paper))["contrasts"] == [["ssri", "neurosteroid"], off]
    for named in ([["ssri", "healthy"], ["untreated", "healthy"]], []):
        study = validate(paper | {"contrasts": named})
        assert slices.statistics(study)["contrasts"] == named


@pytest.mark.parametrize("step", ["withdraw", {"withdraw": None}, {"withdraw": {}}])
def test_a_step_without_options_may_be_a_plain_name(paper, step):
    paper["treatments"]["ssri"]["course"] = [step]
    assert validate(paper).treatments["ssri"].course[0].withdraw is not None


def test_the_exported_schema_is_current_and_holds_every_step_and_measure():
    assert (ROOT / "config.schema.json").read_text(encoding="utf-8") == schema()
    for package in ("steps", "measures"):
        assert all(f'"{name}":' in schema() for name in items.names(package))


@pytest.mark.parametrize("path", ["config.yaml", *ROOT.glob("studies/**/*.yaml")], ids=str)
def test_editors_check_each_study_against_the_schema_that_its_first_line_names(path):
    text = (ROOT / path).read_text("utf-8")
    link = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)[1]
    assert (ROOT / path).parent.joinpath(link).resolve() == ROOT / "config.schema.json"
    jsonschema.validate(yaml.safe_load(text), json.loads(schema()))
    wrong = yaml.safe_load(text) | {"seedz": 3}
    with pytest.raises(jsonschema.ValidationError, match="seedz"):
        jsonschema.validate(wrong, json.loads(schema()))


@pytest.mark.parametrize(
    "overlay",
    [
        {"baseline": {"lr": -1.0}},
        {"baseline": {"epochs": 0}},
        {"pruning": {"sparsity": 7.0}},
        {"evaluate": {"sweep": [-0.5]}},
        {"relapse": {"threshold": 80.0}},
    ],
)
def test_editors_see_that_a_number_is_out_of_range(overlay):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(overlay, json.loads(schema()))


def test_every_key_of_the_schema_is_described_in_words():
    undescribed = [
        f"{model.__name__}.{name}"
        for model in _models(STUDY)
        for name, field in model.model_fields.items()
        if not field.description and not _models_in(field.annotation)
    ]
    assert undescribed == []


def _models_in(annotation):
    found = [annotation] if hasattr(annotation, "model_fields") else []
    for argument in getattr(annotation, "__args__", ()):
        found += _models_in(argument)
    return found


def _models(model, models=None):
    models = models or {model}
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            if inner not in models:  # a step may hold steps
                models.add(inner)
                _models(inner, models)
    return models


# Studies at random


@settings(SAMPLE, max_examples=100)
@given(mutated())
def test_a_mutated_study_is_refused_with_reasons_or_runs(raw):
    refuse_or_run(raw, Counter())


@settings(SAMPLE, max_examples=3)
@given(valid())
def test_a_valid_study_runs_on_both_engines(raw):
    run_on_both_engines(raw, Counter(), whole=False)


SENTENCES = [
    (["baseline", "epochs"], 10**30, "1000000000000000000000000000000; it must be at most"),
    (["task", "centres"], [[0.0] * 101] * 20, "it must have at most 2000 coordinates; more belong"),
    (["baseline", "lr"], 1e31, "baseline.lr is 1e\\+31; it must be at most 1e\\+30"),
    (["baseline", "lr"], HUGE, "baseline.lr is about 1e400; it must be a"),
    (["baseline", "lr"], "nan", "baseline.lr is 'nan'; it must be a number$"),
    (["a\nb"], 1, "'a\\\\nb' is not a known key"),
    (["treatments", "x" * 61], base()["treatments"]["ssri"], "at most 60 characters"),
    (["treatments", "ssri", "label"], "ketamine-LIKE", "the label of ketamine; labels must differ"),
    (["treatments", "ssri", "label"], "Healthy", "the label of healthy; labels must differ"),
    (["treatments", "ssri", "label"], "Ketamine-like ", "the label of ketamine; labels must"),
    (["treatments", "ssri", "label"], "Ketamine-\uff4cike", "the label of ketamine; labels must"),
    (["treatments", "ssri", "label"], "K\u0435t\u0430mine-like", "label of ketamine; labels must"),
    (["treatments", "a\nb"], base()["treatments"]["ssri"], r"treatments has the name 'a\\nb'"),
    (["pruning", "sparsity"], 95, "it must be a fraction, at most 1; did you mean 0.95"),
    (["reproduction", "published"], "{seed}.csv", "it must be the path of a file"),
    (["reproduction", "runs"], "s3://bucket/x.csv", "it must be the path of a file"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), SENTENCES)
def test_impossible_studies_are_refused(path, value, sentence):
    study = base()
    put(study, path, value)
    with pytest.raises(PipelineError, match=sentence):
        validate(study)


@pytest.mark.parametrize("raw", [None, [1], "text", 3])
def test_a_study_that_is_not_a_mapping_is_refused(raw):
    with pytest.raises(PipelineError, match=r"the study is .*; it must be a mapping"):
        validate(raw)


def test_only_the_first_of_many_problems_are_reported(paper):
    paper["seeds"] = [-1] * 1000
    with pytest.raises(PipelineError) as error:
        validate(paper)
    assert str(error.value).splitlines()[-1] == "and 980 more like these"


# Numbers


@pytest.mark.parametrize("engine", ["fast", "plain"])
@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["baseline", "lr"], 1e30, "healthy network: baseline: the loss of epoch .* lr 1e\\+30"),
        (
            ["treatments", "ssri", "maintenance", 0, "train", "lr"],
            1e30,
            "relapse, ssri: .* has diverged|relapse, ssri: .* output is not finite",
        ),
        (
            ["treatments", "neurosteroid", "course", 0, "modulate"],
            {"damping": 1e30, "gain": 1e30},
            "neurosteroid: course\\[1\\].train: the loss of epoch 1 of 1 is nan",
        ),
        (
            ["treatments", "neurosteroid", "course"],
            [{"modulate": {"damping": 1e30, "gain": 1e30}}],
            "evaluate, neurosteroid: the network's output is not finite",
        ),
    ],
)
def test_an_infinite_or_nan_number_stops_the_job_with_its_cause(engine, path, value, sentence):
    study = base() | {"engine": engine}
    put(study, path, value)
    with pytest.raises(SystemExit, match=sentence):
        run_quietly(validate(study))


def test_claims_go_with_a_treatment_that_an_overlay_removes(paper):
    paper["treatments"]["ssri"] = None
    left = [(claim.better, *claim.than) for claim in validate(paper).claims]
    others = [("ketamine", "neurosteroid")] * 4
    assert left == [("neurosteroid", "withdrawn"), *others]
