"""Random studies: small valid ones, and mutated ones."""

import copy
import datetime
import math
from typing import Any

import yaml
from hypothesis import HealthCheck
from hypothesis import strategies as st
from snakemake.utils import update_config

from tests.conftest import ROOT
from tests.projects import TINY

of = st.sampled_from
# For `settings`: an example may take as long as it needs, and none is remembered.
UNHURRIED = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}

NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.integers() | st.none(), inner, max_size=4)
    ),
    max_leaves=12,
)
WORDS = r"""
' " ; -rf $(touch) .. ../../x /etc é 日本 {wildcards.seed} { * a|b a/b healthy untreated Ünder nan
null %s $x$ \input{/etc/passwd} <script>alert(1)</script> {{7*7}} ~root s3://x/y
""".split()  # noqa: SIM905
NAMES = ["", " ", "a b", "a\nb", "a\tb", "a\x00b", "\x1b[31m", "\u202e", "x" * 300, *WORDS]
ODD = NONSENSE | of(
    [
        *(None, True, False, 0, -1, 2, 0.5, 1.0, -0.0, 1e-320, 1e30, 1e31, math.nan, math.inf),
        *(10**10, 2**63, 10**400, "1", "1e-5", "nan", "ten", "x" * 10_000),
        *([], {}, [[]], [{}], [None], [0.0], [0.5, 0.5], [1, 2, 3], [3, 3], [-1], [2**40]),
        *({"a": 1}, {1: 2}, {None: None}, b"x", {1, 2}, datetime.date(2026, 1, 1), (1, 2)),
        *NAMES,
    ]
)


def base() -> dict[str, Any]:
    """The paper's study with the tiny networks and few epochs of the workflow's tests."""
    study: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    update_config(study, copy.deepcopy(TINY))
    study["seeds"] = [0]
    study["reproduction"] = {**study["reproduction"], "published": None, "runs": None}
    study["switch"] = {"bias": 1.0, "internal_noise": 1.0}
    study["treatments"]["neurosteroid"] = {
        "label": "Neurosteroid-like",
        "colour": "#117733",
        "course": [
            {"modulate": {"activation": "tanh", "damping": 0.7, "gain": 1.1}},
            {"train": {"epochs": 1, "lr": 5e-4, "gain": [1.0, 1.5]}},
            {"prune": {"fraction": 0.1}},
        ],
        "maintenance": [{"train": {"epochs": 1, "lr": 5e-4}, "every": 2}],
        "withdrawal": True,
        "combines": ["ketamine", "ssri"],
    }
    return study


def places(study: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every key and every entry of a list."""
    inner = study.items() if isinstance(study, dict) else enumerate(study)
    found = []
    for key, value in inner:
        found.append((*path, key))
        if isinstance(value, dict | list) and len(path) < 12:
            found += places(value, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A study with one to three random changes, and occasionally none."""
    if draw(st.integers(0, 19)) == 0:
        return draw(ODD)
    study = base()
    for _ in range(draw(of([1, 1, 1, 2, 3]))):
        *parents, last = draw(of(places(study) or [("seeds",)]))
        inside = study
        for key in parents:
            inside = inside[key]
        _change(draw, inside, last)
    return study


def _change(draw: st.DrawFn, inside: Any, last: Any) -> None:
    value = inside[last]
    action = draw(of(["odd", "odd", "odd", "wrap", "drop", "key", "kin"]))
    if action == "odd":
        inside[last] = draw(ODD)
    elif action == "wrap":
        inside[last] = draw(of([[value], {"value": value}, str(value)]))
    elif action == "drop":
        del inside[last]
    elif isinstance(inside, list):
        inside.append(value if action == "kin" else draw(ODD))
    elif action == "kin" and isinstance(last, str) and len(last) > 2:
        at = draw(st.integers(0, len(last) - 2))  # two letters change places
        inside[last[:at] + last[at + 1] + last[at] + last[at + 2 :]] = inside.pop(last)
    else:
        inside[draw(of(NAMES) | st.text() | st.integers())] = draw(st.just(value) | ODD)


STUDIES = [
    yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.glob("studies/**/*.yaml"))
]
STEPS = [
    {kind: options for kind, options in step.items() if kind not in ("every", "chance")}
    for study in STUDIES
    for treatment in filter(None, study.get("treatments", {}).values())
    for step in [*treatment.get("course", []), *treatment.get("maintenance", [])]
    if isinstance(step, dict)
]
LABELS = [r"$\frac{1}{2}$", "50 % & more_of #1", r"\input{x}", "a|b", "<b>x</b>", "{x}", "é 日本"]


def small(part: Any) -> Any:
    """Return a part of a study with few epochs, cycles and the like."""
    if isinstance(part, dict):
        few = {"epochs", "cycles", "times", "batches"}
        return {key: min(each, 2) if key in few else small(each) for key, each in part.items()}
    return list(map(small, part)) if isinstance(part, list) else part


@st.composite
def valid(draw: st.DrawFn) -> dict[str, Any]:
    """One of the project's studies, made small, with any steps of others in its treatments."""
    study = base()
    for key, value in draw(of(STUDIES)).items():
        if key in ("insult", "kindling", "switch", "relapse", "evaluate", "acute", "treatments"):
            update_config(study, {key: copy.deepcopy(value)})
    kept = {name: each for name, each in study["treatments"].items() if each}
    kept = {name: kept[name] for name in list(kept)[:3]}
    for label, treatment in zip(draw(st.permutations(LABELS)), kept.values(), strict=False):
        treatment["label"] = label
        treatment["combines"] = [name for name in treatment.get("combines", []) if name in kept]
        if treatment.get("from") not in kept:
            treatment.pop("from", None)
        if draw(st.booleans()):
            treatment["course"] = draw(st.lists(of(STEPS), max_size=3))
        if draw(st.booleans()):
            more = {"every": draw(st.integers(1, 4)), "chance": draw(of([0, 0.5, 1.0]))}
            treatment["maintenance"] = [
                step | more for step in draw(st.lists(of(STEPS), max_size=2))
            ]
    sizes = st.lists(st.integers(1, 40), min_size=3, max_size=3)  # as the steps' `units` have
    study |= {
        "seeds": draw(of([1, 2, [7], [4294966, 0]])),
        "treatments": kept,
        "task": study["task"] | {name: draw(st.integers(1, 300)) for name in ("train", "test")},
        "network": {"hidden": draw(sizes), "init": draw(of(["torch", {"normal": 1.0}]))},
        "training": {"batch_size": draw(of([7, 128, 10**9]))},
        "pruning": {
            "sparsity": draw(of([1e-9, 0.5, 0.95, 1 - 1e-9])),
            "scope": draw(of(["matrix", "network"])),
        },
        "claims": [],
    }
    made: dict[str, Any] = small(study)
    return made
