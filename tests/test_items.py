"""A common test suite for all steps and measures, including ones that are added later."""

import copy
import inspect
import itertools
import re
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from pipeline_lib import items, measures, names
from pipeline_lib.analysis.values import study_values
from pipeline_lib.engines import plain
from pipeline_lib.engines.accuracy import Subject
from pipeline_lib.files.rows import read_table, schema, write_rows
from pipeline_lib.measures import EVERY_STATE, MAINTAINED, TREATED, Measure
from pipeline_lib.model.network import Modulation
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.task import points
from pipeline_lib.names import HEALTHY, POINTS, UNTREATED
from pipeline_lib.options import Model
from pipeline_lib.steps import Setting, take
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import ROOT, modulated, same_bytes

STEPS, MEASURES = items.names("steps"), measures.in_order()

TRAIN = {"epochs": 1, "lr": 1e-3}
STABILISER = {"inhibition": 0.15, "gain_cap": 1.05, "bias_damping": 0.3}
SEVERITY = {"gain": 1.0, "activity": 2.0, "at_rest": 0.1, "limits": [0.5, 2.0]}

# Options with which each step does something; a new kind of step is tried with its own.
TRIED = {
    "modulate": [{"activation": "tanh", "damping": 0.7, "gain": 1.2}, {"units": 0.5}, STABILISER],
    "prune": [{"sparsity": 0.8}, {"fraction": 0.3}, {"fraction": 0.3, "scope": "network"}],
    "regrow": [
        {"fraction": 0.5, "batches": 2, "sd": 0.1},
        {"fraction": 0.5, "sites": "random", "sd": 0.1},
        {"fraction": 0.5, "sites": "coactivity", "sd": 0.1},
    ],
    "repeat": [{"times": 2, "steps": [{"prune": {"fraction": 0.3}}, {"train": TRAIN}]}],
    "scar": [
        {"fraction": 0.1, "severity": SEVERITY},
        {"fraction": 0.2, "of": "all", "choose": "random"},
    ],
    "train": [
        {"epochs": 2, "lr": 1e-3, "noise": [0.5, 0.1], "gain": [1.0, 1.5]},
        {"epochs": 2, "lr": 1e-3, "input_noise": 0.5},
        {"epochs": 2, "lr": 1e-3, "input_noise": [0.5, 0.0]},
    ],
    "withdraw": [{}, {"keep": ["gain"]}],
}
PASSED_ON = {"modulate": Modulation, "train": plain.fit}  # the options that a step does not name
TRIALS = [(kind, options) for kind in STEPS for options in TRIED.get(kind, [None])]


def keyword_arguments(function):
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


@pytest.fixture
def treated(network):
    """A pruned network under a modulation, so that each kind of step has something to change."""
    return modulated(prune(network, 0.5), Modulation("tanh", 0.9, 1.1))


# Steps


@pytest.mark.parametrize("kind", STEPS)
def test_the_options_of_a_step_are_the_keyword_arguments_of_its_function(kind):
    step = items.load("steps", kind)
    assert issubclass(step.Options, Model)
    arguments, options = keyword_arguments(step.apply), step.Options.model_fields
    if inspect.getfullargspec(step.apply).varkw:
        further = inspect.signature(PASSED_ON[kind]).parameters
        others = options.keys() & further.keys() - arguments.keys()
        arguments |= {name: further[name].default for name in others}
    assert set(arguments) == set(options)
    for name, default in arguments.items():
        required = default is inspect.Parameter.empty
        assert required == options[name].is_required(), f"{name} has a default on one side only"
        # An option that is None is not passed on, so the function may have a different default.
        assert required or options[name].default in (None, default)
    assert list(inspect.signature(step.apply).parameters)[:3] == ["network", "setting", "generator"]
    assert step.Options.__doc__, "docs and the schema show it"


@pytest.mark.parametrize(("kind", "options"), TRIALS)
def test_a_step_changes_a_copy_and_draws_only_from_the_given_generator(
    kind, options, engine, treated, points
):
    assert options is not None, f"TRIED lacks options for {kind}"
    items.load("steps", kind).Options.model_validate(options)
    before = copy.deepcopy(treated)

    def taken(seed):
        torch.manual_seed(seed)
        np.random.seed(seed)
        setting = Setting(engine, points, 128, 3)
        return take([{kind: options}], treated, setting, engine.generator(3, "course", "x"))

    after = taken(1)
    assert same_bytes(after, taken(2))
    assert same_bytes(treated, before)
    assert treated.modulation == before.modulation
    assert after.modulation != before.modulation or not same_bytes(after, before)
    assert after.sizes == before.sizes
    for weight, mask in zip(after.weights, after.masks, strict=True):
        assert weight.dtype == np.float32
        assert not weight[~mask].any()


# Measures


@pytest.fixture
def study(paper):
    """A small study with every measure there is, and a treatment that is withdrawn."""
    paper["task"] |= {"train": 100, "test": 120, "clean": 20}
    paper["network"]["hidden"] = [24, 16]
    paper["relapse"]["cycles"] = 2
    paper["evaluate"]["input_sweep"] = [0.5, 1.0]
    paper["treatments"]["neurosteroid"]["maintenance"] = [{"train": {"epochs": 1, "lr": 1e-3}}]
    paper |= {"switch": {"bias": 1.0, "internal_noise": 0.5, "threshold": 0.6}}
    paper |= {"structure": {}, "change": {}}
    paper["kindling"] = {
        "cycles": 2,
        "stress": [{"prune": {"fraction": 0.1}}],
        "probe": {"bias": [1.0, 0.5], "internal_noise": 0.5, "threshold": 1.0},
        "episode": [{"scar": {"fraction": 0.1, "severity": SEVERITY}}],
        "afterwards": {"bias": 0.3, "internal_noise": 0.5, "threshold": 0.7},
    }
    study = validate(paper)
    assert study.measures == MEASURES, "this study lacks a measure"
    return study


def rows_of(study, name, state, network, engine, seed=0, called=None):
    part = slices.measure(study, name, state)
    data = {each: points(each, seed, **part["points"][each]) for each in part["points"]}
    subject = Subject(seed, called or state, engine)
    beside = dict.fromkeys(slices.beside(name), network)
    return measures.load(name).run(subject, network, **beside, **data, **part["options"])


@pytest.fixture
def measured(study, network):
    """The rows of every measure, of two seeds and of the states that it applies to."""
    return {
        name: [
            row
            for seed in (1, 0)
            for state in slices.states(study, name)
            for row in rows_of(study, name, state, network_of(state, network), plain, seed)
        ]
        for name in MEASURES
    }


def network_of(state, network):
    if state == HEALTHY:
        return network
    pruned = prune(network, 0.5)
    return pruned if state == UNTREATED else modulated(pruned, Modulation("tanh", 0.7))


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_defines_what_a_measure_needs_and_asks_for_what_a_study_has(name):
    measure = measures.load(name)
    assert [each for each in Measure.__annotations__ if not hasattr(measure, each)] == []
    assert measure.APPLIES_TO in (EVERY_STATE, TREATED, MAINTAINED)
    assert {*getattr(measure, "AFTER", ())} < set(MEASURES)
    own = set(measure.Options.model_fields)
    run, values = keyword_arguments(measure.run), keyword_arguments(measure.values)
    assert set(run) <= own | set(POINTS) | set(slices.SHARED) | {"untreated"}
    assert set(values) <= own | set(slices.SHARED)
    assert own <= set(run) | set(values) | set(slices.SHARED), "an option that nothing asks for"
    assert not own & set(POINTS)


@pytest.mark.parametrize("name", MEASURES)
def test_the_rows_of_a_measure_have_columns_and_name_their_results(name, measured, tmp_path):
    row = measures.load(name).Row
    columns = [field.name for field in fields(row)]
    assert {"seed", "treatment", *row.results} < set(columns)
    path = tmp_path / "rows.parquet"
    write_rows(path, measured[name], row)
    assert read_table(path, row).to_pylist() == [asdict(each) for each in measured[name]]
    # The columns that are no results say which measurement it is.
    places = [column for column in columns if column not in row.results]
    keys = [tuple(getattr(each, column) for column in places) for each in measured[name]]
    assert len(set(keys)) == len(keys)


def test_every_value_has_a_number_and_every_number_a_value(study, measured):
    tables = {
        name: pa.Table.from_pylist(
            [asdict(each) for each in rows], schema=schema(measures.load(name).Row)
        )
        for name, rows in measured.items()
    }
    numbers, named = measures.numbers(MEASURES), set()
    # All networks relapse, or none: there is a cycle of a relapse, and a relapse after response.
    for threshold in (1.0, 0.1):
        options = slices.values(study)
        options["relapse"] |= {"threshold": threshold}
        values = study_values(tables, options)
        named |= {value.number for value in values}
    assert named == set(numbers)
    assert len({(value.seed, value.key) for value in values}) == len(values)
    for value in values:
        series = {"level": value.level, "cycle": value.cycle}
        by = numbers[value.number].by
        assert [name for name, at in series.items() if at is not None] == ([by] if by else [])
        assert not numbers[value.number].share or value.value in (0.0, 1.0)


@pytest.mark.parametrize("name", MEASURES)
def test_a_measurement_is_reproducible_and_has_the_same_noise_in_all_treatments(
    name, engine, study, network
):
    # Training in maintenance draws for the treatment; what is measured does not.
    study.treatments["neurosteroid"].maintenance.clear()
    given = network_of("neurosteroid", network)
    before = copy.deepcopy(given)
    one, again, other = (
        rows_of(study, name, "neurosteroid", given, engine, called=called)
        for called in ("neurosteroid", "neurosteroid", "x")
    )
    assert one == again
    assert same_bytes(given, before)
    assert given.modulation == before.modulation
    assert {(row.seed, row.treatment) for row in one} == {(0, "neurosteroid")}
    assert [replace(row, treatment="x") for row in one] == other


def test_two_measures_may_not_have_a_number_of_one_name(monkeypatch):
    relapse = measures.load("relapse")
    monkeypatch.setattr(measures, "load", lambda name: relapse)
    with pytest.raises(ValueError, match=r"the measure another has the number .*different names"):
        measures.numbers(["relapse", "another"])


# Names

# Columns, options, data sets and tables of published numbers have these, too.
WORDS = {"accuracy", "activity", "biased", "clean", "combined", "improvement", "input", "sparsity"}
WORDS |= {"standard", "summary", "switch", "switched", "trajectories"}


def test_numbers_tables_and_figures_are_named_in_names_and_in_their_measures_file_alone():
    own = {}
    for measure in map(measures.load, MEASURES):
        specs = (*measure.NUMBERS, *measure.TABLES, *measure.FIGURES)
        shown = {name for number in measure.NUMBERS for name in (*number.tables, *number.figures)}
        own[Path(measure.__file__)] = {spec.name for spec in specs} | shown
    vocabulary = set().union(*own.values()) - WORDS
    folders = ("pipeline_lib/**/*.py", "workflow_scripts/*.py", "rules/*.smk")
    for path in {*itertools.chain(*map(ROOT.glob, folders))} - {Path(names.__file__)}:
        # A part of an f-string such as f"internal_{level}" spells the name as well.
        spelled = set(re.findall(r"""["'](\w+?)_?["'{]""", path.read_text("utf-8"))) & vocabulary
        assert spelled <= own.get(path, set()), path
