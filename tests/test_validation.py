"""A bad study is refused in one sentence: the key, what was found, and what is allowed."""

import json
import re
from collections import Counter

import jsonschema
import pytest
import yaml
from hypothesis import given, settings

from pipeline_lib.errors import PipelineError
from pipeline_lib.study import slices
from pipeline_lib.study.keys import put
from pipeline_lib.study.validation import schema, validate
from tests.conftest import ROOT
from tests.strategies import UNHURRIED, base, mutated, valid
from tests.trust.studies import refuse_or_run, run_on_both_engines, run_quietly

SSRI = ["treatments", "ssri"]
COURSE, KETAMINE = [*SSRI, "course"], ["treatments", "ketamine", "course", 0]
UNTREATED = {"label": "x", "course": [], "maintenance": []}
TWICE = [["ssri", "ketamine"], ["ketamine", "ssri"]]
IN_REPEAT = {"repeat": {"times": 2, "steps": [{"withdraw": None, "chance": 0.5}]}}
TWO_SHARES = {"repeat": {"times": 1, "steps": [{"modulate": {"gain": 1.1, "units": [0.5, 1]}}]}}
PROBE = {"bias": 1.0, "internal_noise": 1.0, "threshold": 0.6}
SEVERITY = {"gain": 1.0, "activity": 2.0, "at_rest": 0.1, "limits": [2.0, 0.5]}
RANDOM_SITES = {"fraction": 0.5, "sd": 0.03, "sites": "random", "batches": 30}

BAD = [
    (
        [*COURSE, 0, "train", "epoch"],
        3,
        "treatments.ssri.course[0].train.epoch is not a known key;"
        " did you mean epochs? the keys here are epochs, stop, lr, noise, input_noise, gain",
    ),
    (["seeds"], [3, 3], "seeds is [3, 3]; it must not have duplicates"),
    (["seeds"], "ten", "seeds is 'ten'; it must be a whole number or a list of whole numbers"),
    (["task", "points"], "missing.csv", "task.points: missing.csv: there is no such file"),
    (["task", "held_out"], 0.5, "task.held_out is 0.5; only a file of points can have it"),
    (["task", "centres"], [[0, 0], [1]], "must be clouds that all have as many coordinates"),
    (["acute"], False, "is false; it must be a mapping of keys to values, or null to leave it out"),
    (["baseline", "epochs"], 10**30, "1000000000000000000000000000000; it must be at most"),
    (["baseline", "lr"], "nan", "baseline.lr is 'nan'; it must be a number"),
    (["network", "init"], "xavier", "'xavier'; it must be torch or a mapping {normal: sd}"),
    (["relapse", "threshold"], 80, "is 80; it must be a fraction, at most 1; did you mean 0.8?"),
    (["evaluate", "sweep"], [0.5], "noise levels in ascending order, the first of them 0.0"),
    (["results"], "../up; rm -rf ~", "it must be a path of letters, digits, spaces, `_`, `.`,"),
    (["results"], "results/mine/", "without a `/` at the end"),
    (["reproduction", "runs"], "~/x.csv", "and must not begin with `~`"),
    ([*SSRI, "label"], "two\nlines", "it must be a line of printable text"),
    ([*SSRI, "label"], "Healthy", "the label of healthy; labels must differ"),
    ([*SSRI, "label"], "ketamine-LIKE", "the label of ketamine; labels must differ"),
    ([*SSRI, "colour"], "red", '"#" and six hexadecimal digits, in quotes'),
    ([*SSRI, "from"], "lithium", "it must be one of the other treatments, ketamine"),
    (["treatments", "sri"], {"course": [], "label": "S"}, "required for a new treatment"),
    ([*SSRI, "from"], "ssri", "a treatment must not start from itself"),
    (["treatments", "untreated"], UNTREATED, "has the name 'untreated'; it must be"),
    (COURSE, [{"prune": {"sparsity": 0.5, "fraction": 0.5}}], "exactly one of `sparsity` and"),
    (COURSE, [{"train": None, "lr": 1}], "of `train` must be indented further than `train`"),
    (COURSE, [{"withdraw": None, "every": 2}], "its steps must not have `every` or `chance`"),
    ([*SSRI, "maintenance"], [IN_REPEAT], "belong beside the repeat, not among the steps inside"),
    (COURSE, [TWO_SHARES], "units has 2 shares; it must have one for each of the 3 hidden layers"),
    (["kindling"], {"cycles": 1, "probe": PROBE, "episode": [TWO_SHARES]}, "kindling.episode[0]"),
    (["insult"], [TWO_SHARES], "insult[0].repeat.steps[0].modulate.units has 2 shares; it must"),
    ([*KETAMINE, "regrow"], RANDOM_SITES, "must have `batches` if sites is gradient, and only"),
    (COURSE, [{"scar": {"fraction": 0.1, "severity": SEVERITY}}], "the smallest factor first"),
    ([*SSRI, "stress"], {"relapse": {"cycles": 4}}, "relapse.cycles is not a known key"),
    ([*SSRI, "stress"], {"kindling": {"stress": []}}, "has kindling, which the study does not"),
    ([*SSRI, "combines"], ["lithium"], "has 'lithium'; it must name other treatments of the"),
    (["contrasts"], [["ssri", "lithium"]], "contrasts[0] has 'lithium'; it must name two of"),
    (["contrasts"], [["ssri", "withdrawn"]], "withdrawn must follow a treatment that has"),
    (["contrasts"], ["ssri"], "contrasts[0] is 'ssri'; it must be a list of two"),
    (["contrasts"], TWICE, "and no pair twice"),
    (["claims", 0, "better"], "ssri", "claims[0].than has 'ssri'; it must be one of ketamine"),
    (["claims", 0, "number"], "sparsity", "claims[0].number has 'sparsity'; it must be one of"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), BAD, ids=[bad[2][:60] for bad in BAD])
def test_a_bad_study_is_refused_with_a_reason(paper, path, value, sentence):
    put(paper, path, value)
    with pytest.raises(PipelineError) as error:
        validate(paper)
    [line] = str(error.value).splitlines()
    assert sentence in line


def test_each_of_several_problems_is_reported(paper):
    del paper["baseline"]["lr"]
    paper["seeds"] = 0
    with pytest.raises(PipelineError) as error:
        validate(paper)
    assert str(error.value).splitlines() == [
        "seeds is 0; it must be at least 1",
        "baseline.lr is missing; this key is required",
    ]


def test_stress_of_its_own_changes_the_tests_of_one_treatment_alone(paper):
    tests = [(name, who) for name in ("acute", "relapse") for who in ("ketamine", "ssri")]

    def told():
        return [slices.measure(validate(paper), *each)["options"] for each in tests]

    before, *others = told()
    paper["treatments"]["ketamine"]["stress"] = {"acute": {"prune": 0.6}}
    assert told() == [before | {"prune": 0.6}, *others]


def test_a_study_that_names_no_contrast_has_those_of_its_treatments(paper):
    off = ["neurosteroid", "withdrawn"]
    three = [["ketamine", "ssri"], ["ketamine", "neurosteroid"], ["ssri", "neurosteroid"]]
    assert slices.statistics(validate(paper))["contrasts"] == [*three, off]
    paper["treatments"]["ssri"]["combines"] = ["neurosteroid"]
    assert slices.statistics(validate(paper))["contrasts"] == [["ssri", "neurosteroid"], off]
    named = [["ssri", "healthy"], ["untreated", "healthy"]]
    assert slices.statistics(validate(paper | {"contrasts": named}))["contrasts"] == named


@pytest.mark.parametrize("path", ["config.yaml", *ROOT.glob("studies/**/*.yaml")], ids=str)
def test_editors_check_each_study_against_the_schema_that_its_first_line_names(path):
    text = (ROOT / path).read_text("utf-8")
    link = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)[1]
    assert (ROOT / path).parent.joinpath(link).resolve() == ROOT / "config.schema.json"
    jsonschema.validate(yaml.safe_load(text), json.loads(schema()))
    for wrong in ({"seedz": 3}, {"baseline": {"lr": -1.0}}, {"pruning": {"sparsity": 7.0}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(text) | wrong, json.loads(schema()))


# Studies at random


@settings(**UNHURRIED, derandomize=True, max_examples=100)
@given(mutated())
def test_a_mutated_study_is_refused_with_reasons_or_runs(raw):
    refuse_or_run(raw, Counter())


@settings(**UNHURRIED, derandomize=True, max_examples=3)
@given(valid())
def test_a_valid_study_runs_on_both_engines(raw):
    run_on_both_engines(raw, Counter(), whole=False)


# Numbers


@pytest.mark.parametrize("engine", ["fast", "plain"])
@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["baseline", "lr"], 1e30, "healthy network: baseline: the loss of epoch .* lr 1e\\+30"),
        ([*SSRI, "maintenance", 0, "train", "lr"], 1e30, "relapse, ssri: .*(diverged|not finite)"),
        (
            COURSE,
            [{"modulate": {"damping": 1e30, "gain": 1e30}}],
            "evaluate, ssri: the network's output is not finite",
        ),
    ],
)
def test_an_infinite_or_nan_number_stops_the_job_with_its_cause(engine, path, value, sentence):
    study = base() | {"engine": engine}
    put(study, path, value)
    with pytest.raises(SystemExit, match=sentence):
        run_quietly(validate(study))


def test_contrasts_and_claims_go_with_a_treatment_that_an_overlay_removes(paper):
    paper["treatments"]["ssri"] = None
    kept = ["ketamine", "neurosteroid"]
    paper["contrasts"] = [["ssri", "ketamine"], kept, ["untreated", "ssri"]]
    assert validate(paper).contrasts == [kept]
    left = [(claim.better, *claim.than) for claim in validate(paper).claims]
    others = [("ketamine", "neurosteroid")] * 4
    assert left == [("neurosteroid", "withdrawn"), *others]
    # A message counts entries as they are in the file.
    paper["contrasts"].append(["ketamine", "lithium"])
    paper["claims"][-1]["number"] = "lithium"
    for entry in (r"contrasts\[3\] has 'lithium'", r"claims\[5\].number has 'lithium'"):
        with pytest.raises(PipelineError, match=entry):
            validate(paper)
        paper["contrasts"].pop()
