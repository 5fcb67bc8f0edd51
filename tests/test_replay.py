"""PROTOCOL, the published random stream: the replay equals a program that shares no code."""

import ast
from dataclasses import asdict

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks import straightforward
from pipeline_lib.analysis.values import study_values
from pipeline_lib.measures import Value, relapse
from pipeline_lib.names import GAIN_OVER_UNTREATED
from pipeline_lib.replay.published_run import replay_seed
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.conftest import CENTRES, ROOT

TRAIN = {"train": {"epochs": 1, "lr": 5e-4}}
# Every kind of step, some of them twice, in course and in maintenance; steps of some cycles only.
MANY_STEPS = {
    "label": "Many steps",
    "course": [
        {"modulate": {"activation": "tanh", "damping": 0.9, "gain": 1.25}},
        {"regrow": {"fraction": 0.3, "batches": 2, "sd": 0.1}},
        {"train": {"epochs": 2, "lr": 2e-3, "noise": [0.1, 0.6]}},
        {"prune": {"fraction": 0.2}},
        "withdraw",
        {"train": {"epochs": 1, "lr": 1e-3, "noise": [0.4, 0.0]}},
        {"regrow": {"fraction": 1.0, "batches": 50, "sd": 0.0}},
        {"train": {"epochs": 3, "lr": 1e-3, "noise": [0.5, 0.0], "gain": [1.0, 1.6]}},
        {"prune": {"sparsity": 0.7}},
        {"modulate": {"activation": "relu", "damping": 1.3}},
    ],
    "maintenance": [
        {"regrow": {"fraction": 0.1, "batches": 1, "sd": 0.03}, "every": 2},
        {"train": {"epochs": 1, "lr": 1e-3, "noise": [0.2, 0.2]}},
        {"train": {"epochs": 1, "lr": 1e-3, "gain": [1.6, 1.4]}, "every": 3},
    ],
    "withdrawal": True,
}
# Less than what is pruned already: every threshold is zero, and nothing may revive.
MILDER = {"label": "Milder", "course": [{"prune": {"sparsity": 0.3}}, TRAIN], "maintenance": []}

SMALL = {
    "task": {"centres": CENTRES, "sd": 0.8, "train": 200, "test": 300, "clean": 40},
    "network": {"hidden": [24, 20, 12], "init": "torch"},
    "training": {"batch_size": 32},
    "baseline": {"epochs": 4, "lr": 3e-3},
    "pruning": {"sparsity": 0.8},
    "relapse": {"cycles": 2, "prune": 0.1, "threshold": 0.8},
    "claims": [],
}

STUDIES = {
    "the paper's treatments": {},
    "four hidden layers": {
        "network": {"hidden": [20, 16, 18, 9], "init": "torch"},
        "training": {"batch_size": 199},  # the last batch has a single point
        "pruning": {"sparsity": 0.6},
        "acute": {"prune": 0.7, "cap": 0.99},
    },
    "three classes, two test batches, no input noise": {
        "task": SMALL["task"] | {"centres": [[-3, 0], [3, 0], [0, 4]], "train": 50, "test": 1203},
        "training": {"batch_size": 64},  # more than there are points
        "evaluate": {"combined": {"input_noise": 0.0, "internal_noise": 0.8}, "sweep": [0.0, 3.0]},
        "baseline": {"epochs": 15, "lr": 1e-2},
    },
    "nearly nothing left": {
        "network": {"hidden": [40, 40], "init": "torch"},
        "pruning": {"sparsity": 0.93},
        "acute": {"prune": 0.95, "cap": 0.97},  # up to the cap
        "relapse": {"cycles": 3, "prune": 0.6, "threshold": 0.8},
    },
    "courses of many steps": {
        "relapse": {"cycles": 4, "prune": 0.1, "threshold": 0.8},
        "treatments": {"many": MANY_STEPS, "milder": MILDER},
    },
}


@pytest.fixture
def small(paper):
    """Return a small study: the paper's, with these sections instead."""

    def study_of(**sections):
        return validate(paper | SMALL | sections)

    return study_of


def replayed(seed, study):
    """The values of the replay of one seed, in the order of its measures."""
    table = pa.Table.from_pylist(list(map(asdict, replay_seed(seed, slices.replay(study)))))
    rows = {name: table.filter(pc.field("assessment") == name) for name in slices.REPLAYED}
    return study_values(rows, slices.values(study))


def expected(seed, study):
    experiment = straightforward.Experiment(seed, study.model_dump(exclude_defaults=True))
    return [Value(*row) for row in experiment.run()]


def by_key(values):
    found = {value.key: value.value for value in values}
    assert len(found) == len(values)
    return found


# What follows from the accuracies, which the straightforward program does not compute.
DERIVED = {GAIN_OVER_UNTREATED} | {n.name for n in relapse.NUMBERS if n.by != "cycle"}


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("sections", STUDIES.values(), ids=STUDIES)
def test_the_replay_equals_the_straightforward_program_in_every_value(small, sections, seed):
    study = small(**sections)
    theirs = by_key(expected(seed, study))
    ours = {k: v for k, v in by_key(replayed(seed, study)).items() if k.number not in DERIVED}
    assert ours == theirs
    # If all values were at chance or at 100 %, noise and the order of draws would have no effect.
    assert len({value for key, value in theirs.items() if "sparsity" not in key.number}) > 10


def test_the_straightforward_program_shares_no_code_with_the_replay():
    tree = ast.parse((ROOT / "benchmarks/straightforward.py").read_text(encoding="utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("pipeline_lib"):
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Import):
            imported |= {a.name for a in node.names if a.name.startswith("pipeline_lib")}
    # What reads a study, and what compares numbers.
    names = {"analysis.digits", "analysis.published", "measures.Value", "study.validation"}
    assert imported == {f"pipeline_lib.{name}" for name in names}
