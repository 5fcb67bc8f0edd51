"""A bad study gets one sentence: the key, what was found, what is allowed."""

import pytest
import yaml

from pipeline_lib.errors import PipelineError
from pipeline_lib.study.config import Study
from pipeline_lib.study.validation import schema, validate
from tests.conftest import ROOT


def put(study, path, value):
    *parents, last = path
    for key in parents:
        study = study[key]
    study[last] = value


TRAIN = ["treatments", "ssri", "course", 0, "train"]

BAD = [
    (
        ["pruning", "sparsity"],
        1.0,
        "pruning.sparsity is 1.0; it must be less than 1.0",
    ),
    (
        [*TRAIN, "epochs"],
        -3,
        "treatments.ssri.course[0].train.epochs is -3; it must be at least 1",
    ),
    (
        [*TRAIN, "epoch"],
        3,
        "treatments.ssri.course[0].train.epoch is not a known key;"
        " did you mean epochs? the keys here are epochs, lr, noise, gain",
    ),
    (
        [*TRAIN, "lr"],
        "1e-5",
        "treatments.ssri.course[0].train.lr is '1e-5';"
        " it must be a number, which YAML wants with a point and a sign: 1.0e-05",
    ),
    (
        [*TRAIN, "noise"],
        [0.5],
        "treatments.ssri.course[0].train.noise is [0.5]; it must have 2 or more entries",
    ),
    (["seeds"], [3, 3], "seeds is [3, 3]; it must not have duplicates"),
    (["seeds"], [], "seeds is []; it must have 1 or more entries"),
    (["seeds"], 0, "seeds is 0; it must be at least 1"),
    (["seeds"], [4, -1], "seeds[1] is -1; it must be at least 0"),
    (["seeds"], "ten", "seeds is 'ten'; it must be a whole number or a list of whole numbers"),
    (["seeds"], True, "seeds is True; it must be a whole number or a list of whole numbers"),
    (
        ["treatments", "ssri", "label"],
        "",
        "treatments.ssri.label is ''; it must not be empty",
    ),
    (
        ["treatments", "ssri", "label"],
        "two\nlines",
        "treatments.ssri.label is 'two\\nlines'; it must be a line of printable text",
    ),
    (
        ["treatments", ""],
        {"label": "x", "course": [], "maintenance": []},
        "treatments has the name ''; it must be lower-case letters, digits and `_`, begin with a"
        " letter, and not be healthy or untreated",
    ),
    (
        ["treatments", "untreated"],
        {"label": "x", "course": [], "maintenance": []},
        "treatments has the name 'untreated'; it must be lower-case letters, digits and `_`, begin"
        " with a letter, and not be healthy or untreated",
    ),
    (
        ["treatments", "ssri", "course"],
        [{"fly": {}}],
        "treatments.ssri.course[0].fly is not a known key;"
        " the keys here are regrow, train, modulate, withdraw, prune, every",
    ),
    (
        ["treatments", "ssri", "course"],
        [{"prune": {"sparsity": 0.5, "fraction": 0.5}}],
        "treatments.ssri.course[0].prune is {'sparsity': 0.5, 'fraction': 0.5};"
        " it must have exactly one of `sparsity` and `fraction`",
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
        ["evaluate", "sweep"],
        [0.0, float("nan")],
        "evaluate.sweep[1] is nan; it must be a finite number",
    ),
    (
        ["network", "init"],
        "xavier",
        "network.init is 'xavier'; it must be torch or a mapping {normal: sd}",
    ),
    (["relapse", "threshold"], 80, "relapse.threshold is 80; it must be at most 1.0"),
    (["task"], None, "task is None; it must be a mapping of keys to values"),
    (
        ["results"],
        "../elsewhere; rm -rf ~",
        "results is '../elsewhere; rm -rf ~';"
        " it must be a path of letters, digits, `_`, `.`, `-` and `/`, without `..`",
    ),
    (
        ["treatments", "ssri", "combines"],
        ["ketamine", "lithium"],
        "treatments.ssri.combines has 'lithium';"
        " it must name other treatments of the study, each once: ketamine, neurosteroid",
    ),
    (
        ["treatments", "ssri", "course"],
        [{"withdraw": None, "every": 2}],
        "treatments.ssri.course is [{'withdraw': None, 'every': 2}];"
        " it has no cycles, so its steps must not have `every`",
    ),
    (
        ["treatments", "neurosteroid", "course"],
        [{"modulate": {}}],
        "treatments.neurosteroid.course[0].modulate is {};"
        " it must have at least one of activation, damping, gain",
    ),
    (
        ["treatments", "neurosteroid", "course"],
        [{"modulate": {"gain": None}}],
        "treatments.neurosteroid.course[0].modulate is {'gain': None};"
        " it must have at least one of activation, damping, gain",
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
        " task, network, training, baseline, pruning, evaluate, acute, relapse, switch,"
        " treatments, reproduction",
    ),
]


@pytest.mark.parametrize(("path", "value", "sentence"), BAD, ids=[bad[2][:60] for bad in BAD])
def test_a_bad_study_gets_its_sentence(paper, path, value, sentence):
    put(paper, path, value)
    with pytest.raises(PipelineError) as error:
        validate(paper)
    assert str(error.value) == sentence


def test_each_of_several_problems_gets_its_sentence(paper):
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


@pytest.mark.parametrize("step", ["withdraw", {"withdraw": None}, {"withdraw": {}}])
def test_a_step_without_options_may_be_bare(paper, step):
    paper["treatments"]["ssri"]["course"] = [step]
    assert validate(paper).treatments["ssri"].course[0].withdraw is not None


def test_the_exported_schema_is_current():
    assert (ROOT / "config.schema.json").read_text(encoding="utf-8") == schema()


def test_every_key_of_the_schema_is_described_in_words():
    undescribed = [
        f"{model.__name__}.{name}"
        for model in _models(Study)
        for name, field in model.model_fields.items()
        if not field.description and not _models_in(field.annotation)
    ]
    assert undescribed == []


def _models_in(annotation):
    found = [annotation] if hasattr(annotation, "model_fields") else []
    for argument in getattr(annotation, "__args__", ()):
        found += _models_in(argument)
    return found


def _models(model):
    models = {model}
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            models |= _models(inner)
    return models


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_studies_that_come_along_are_valid(paper, path):
    overlay = yaml.safe_load(path.read_text(encoding="utf-8"))

    def merged(base, over):
        if not (isinstance(base, dict) and isinstance(over, dict)):
            return over
        return base | {key: merged(base.get(key), value) for key, value in over.items()}

    validate(merged(paper, overlay))
