"""Random studies: small valid ones, and mutated ones."""

from __future__ import annotations

import copy
import datetime
import math
from typing import Any

import yaml
from hypothesis import strategies as st
from snakemake.utils import update_config

from tests.conftest import ROOT
from tests.projects import TINY

HUGE = 10**400

NONSENSE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.binary(max_size=5),
        st.dates(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(st.text(max_size=8), st.integers(), st.none()), inner, max_size=4
        ),
    ),
    max_leaves=12,
)

WORDS = r"""
' " ; -rf $(touch) `touch` .. ../../x /etc é 日本 {wildcards.seed} { * a|b a/b healthy untreated
Ünder nan null %s $x$ \input{/etc/passwd} <script>alert(1)</script> {{7*7}} ~ ~root s3://x/y
""".split()  # noqa: SIM905
NAMES = ["", " ", "a b", "a\nb", "a\tb", "a\x00b", "\x1b[31m", "\u202e", "x" * 300, *WORDS]

ODD = st.one_of(
    st.sampled_from(
        [
            *(None, True, False, 0, -1, 2, 0.5, 1.0, -0.0, 1e-320, 1e30, 1e31, math.nan, math.inf),
            *(10**9, 10**10, 2**63, HUGE, -HUGE, "1", "1e-5", "nan", "ten", "", "x" * 10_000),
            *([], {}, [[]], [{}], [None], [0.0], [0.5, 0.5], [1, 2, 3], [3, 3], [-1], [2**40]),
            *({"a": 1}, {1: 2}, {None: None}, b"x", {1, 2}, datetime.date(2026, 1, 1), (1, 2)),
        ]
    ),
    st.sampled_from(NAMES),
    NONSENSE,
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
        return draw(st.one_of(NONSENSE, ODD))
    study = base()
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        options = places(study)
        if not options:
            break
        *parents, last = draw(st.sampled_from(options))
        inside = study
        for key in parents:
            inside = inside[key]
        _change(draw, inside, last)
    return study


def _change(draw: st.DrawFn, inside: Any, last: Any) -> None:
    value = inside[last]
    action = draw(st.sampled_from(["odd", "odd", "odd", "wrap", "drop", "key", "kin", "deep"]))
    if action == "odd":
        inside[last] = draw(ODD)
    elif action == "wrap":
        inside[last] = draw(
            st.sampled_from([[value], {"value": value}, [value, value], str(value)])
        )
    elif action == "drop":
        del inside[last]
    elif action == "deep":
        for _ in range(draw(st.sampled_from([3, 50, 2000]))):
            value = {"a": value} if isinstance(value, dict) else [value]
        inside[last] = value
    elif isinstance(inside, list):
        inside.append(value if action == "kin" else draw(ODD))
    elif action == "kin" and isinstance(last, str) and len(last) > 2:
        at = draw(st.integers(0, len(last) - 2))  # two letters change places
        inside[last[:at] + last[at + 1] + last[at] + last[at + 2 :]] = inside.pop(last)
    else:
        inside[draw(st.one_of(st.sampled_from(NAMES), st.text(), st.integers()))] = draw(
            st.one_of(st.just(value), ODD)
        )


def _share(draw: st.DrawFn) -> float:
    return draw(
        st.one_of(
            st.sampled_from([1e-9, 0.05, 0.5, 0.95, 0.999, 1 - 1e-9]),
            st.floats(0, 1, exclude_min=True, exclude_max=True),
        )
    )


@st.composite
def steps(draw: st.DrawFn, *, maintenance: bool) -> list[Any]:
    """A course, or maintenance."""
    sigma, factor = st.sampled_from([0.0, 0.3, 2.5]), st.sampled_from([0.5, 0.7, 1.0, 1.6])
    found = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(
            st.sampled_from(
                [*("train", "train", "regrow", "modulate", "withdraw", "prune", "repeat"), "scar"]
            )
        )
        options: Any = None
        if kind == "train":
            lr = draw(st.sampled_from([1e-5, 5e-4, 1e-2]))
            options = {"epochs": draw(st.integers(1, 3)), "lr": lr}
            if draw(st.booleans()):
                options["noise"] = [draw(sigma), draw(sigma)]
            if draw(st.booleans()):
                options["gain"] = [draw(factor), draw(factor)]
            if draw(st.booleans()):
                options["input_noise"] = draw(
                    st.one_of(sigma, st.lists(sigma, min_size=2, max_size=2))
                )
        elif kind == "regrow":
            options = {
                "fraction": draw(st.one_of(st.just(1.0), st.just(1e-9), st.floats(0.1, 1.0))),
                "sd": draw(st.sampled_from([0.0, 0.03, 0.5])),
            }
            sites = draw(st.sampled_from(["gradient", "random", "coactivity"]))
            options |= {"batches": draw(st.integers(1, 40))} if sites == "gradient" else {}
            options |= {"sites": sites}
        elif kind == "modulate":
            every = {"activation": draw(st.sampled_from(["relu", "tanh"]))}
            every |= {"damping": draw(factor), "gain": draw(factor)}
            every |= {"units": draw(st.floats(0, 1)), "inhibition": draw(sigma)}
            every |= {"gain_cap": draw(factor), "bias_damping": draw(st.sampled_from([0, 0.3, 1]))}
            chosen = draw(st.lists(st.sampled_from(list(every)), min_size=1, unique=True))
            options = {key: every[key] for key in chosen}
        elif kind == "withdraw" and draw(st.booleans()):
            options = {"keep": draw(st.lists(st.sampled_from(["gain", "inhibition", "damping"])))}
        elif kind == "prune":
            options = {draw(st.sampled_from(["sparsity", "fraction"])): _share(draw)}
            options["scope"] = draw(st.sampled_from(["matrix", "network"]))
        elif kind == "scar":
            options = {"fraction": draw(st.floats(0, 1))}
            options |= {"of": draw(st.sampled_from(["survivors", "all"]))}
            options |= {"choose": draw(st.sampled_from(["weakest", "random"]))}
            if draw(st.booleans()):
                limits = {"at_rest": 0.1, "limits": [0.5, 2.0]}
                options["severity"] = {"gain": draw(factor), "activity": draw(factor), **limits}
        elif kind == "repeat":
            inside = draw(steps(maintenance=False)) if draw(st.booleans()) else []
            options = {"times": draw(st.integers(1, 2)), "steps": inside or ["withdraw"]}
        step: Any = {kind: options}
        if maintenance and draw(st.booleans()):
            step["every"] = draw(st.integers(1, 4))
        if maintenance and draw(st.booleans()):
            step["chance"] = draw(st.sampled_from([0, 0.5, 1.0]))
        found.append("withdraw" if step == {"withdraw": None} and draw(st.booleans()) else step)
    return found


LABELS = st.one_of(
    st.sampled_from(
        [r"$\frac{1}{2}$", "50 % & more_of #1", r"\input{x}", "a|b", "<b>x</b>", "{x}"]
    ),
    st.text(st.characters(max_codepoint=0x24F), min_size=1, max_size=60),
).filter(lambda label: label.isprintable() and bool(label.strip()))


@st.composite
def valid(draw: st.DrawFn) -> dict[str, Any]:
    """A small valid study with anything that a study may have."""
    names = draw(
        st.lists(
            st.sampled_from(["a", "ab", "nan", "null", "true", "seed", "replay", "x_1", "logs"]),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    labels = draw(
        st.lists(LABELS, min_size=3, max_size=3, unique_by=str.casefold).filter(
            lambda found: not {"healthy", "untreated"} & {label.casefold() for label in found}
        )
    )
    treatments: dict[str, Any] = {}
    for name, label in zip(names, labels, strict=False):
        treatments[name] = {
            "label": label,
            "from": draw(st.sampled_from([None, *treatments])),
            "course": draw(steps(maintenance=False)),
            "maintenance": draw(steps(maintenance=True)),
            "withdrawal": draw(st.booleans()),
            "combines": draw(
                st.lists(st.sampled_from([n for n in names if n != name] or ["?"]), unique=True)
            )
            if len(names) > 1
            else [],
        }
        if draw(st.booleans()):
            treatments[name]["colour"] = draw(st.sampled_from(["#000000", "#Ffffff", "#117733"]))
    few = st.one_of(st.just(1), st.integers(1, 300))
    coordinate = st.floats(-5, 5)
    position = st.lists(coordinate, min_size=2, max_size=2)
    levels = draw(st.lists(st.floats(0.01, 5), max_size=3, unique=True).map(sorted))
    study = {
        "seeds": draw(st.sampled_from([1, 2, [7], [4294966, 0]])),
        "results": "results",
        "engine": "fast",
        "task": {
            "centres": draw(st.lists(position, min_size=2, max_size=5)),
            "sd": draw(st.floats(0.01, 3)),
            **{key: draw(few) for key in ("train", "test", "clean")},
        },
        "network": {
            "hidden": draw(st.lists(st.integers(1, 40), min_size=1, max_size=4)),
            "init": draw(st.sampled_from(["torch", {"normal": 0.05}, {"normal": 1.0}])),
        },
        "training": {"batch_size": draw(st.sampled_from([7, 64, 128, 1000, 10**9]))},
        "baseline": {"epochs": draw(st.integers(1, 3)), "lr": draw(st.sampled_from([1e-3, 0.1]))},
        "pruning": {
            "sparsity": _share(draw),
            "scope": draw(st.sampled_from(["matrix", "network"])),
        },
        "evaluate": {
            "combined": {
                "input_noise": draw(st.sampled_from([0.0, 1.0])),
                "internal_noise": draw(st.sampled_from([0.0, 0.5])),
            },
            "sweep": [0.0, *levels],
        },
        "acute": {"prune": _share(draw), "cap": draw(st.sampled_from([0.5, 0.99, 1.0]))},
        "relapse": {
            "cycles": draw(st.integers(1, 3)),
            "prune": _share(draw),
            "threshold": draw(st.sampled_from([0.01, 0.8, 1.0])),
        },
        "treatments": treatments,
        "reproduction": {"published": None, "runs": None, "alpha": 0.05, "margin": 1.0},
    }
    if draw(st.booleans()):
        study["insult"] = draw(steps(maintenance=False))
    if draw(st.booleans()):
        bias = st.sampled_from([0.0, 1.0, [1.5, 0.5], [0.5, -0.5]])
        probe = {"bias": draw(bias), "internal_noise": draw(st.sampled_from([0.0, [0.5, 1.0]]))}
        study["kindling"] = {
            "cycles": draw(st.integers(1, 2)),
            "stress": draw(steps(maintenance=True)),
            "probe": {**probe, "threshold": draw(st.sampled_from([0.5, 1.0]))},
            "episode": draw(steps(maintenance=True)),
            "afterwards": draw(st.sampled_from([None, {**probe, "threshold": 0.7}])),
        }
    if draw(st.booleans()):
        study["switch"] = {
            "bias": draw(st.sampled_from([-1.0, 0.0, 1.0])),
            "internal_noise": draw(st.sampled_from([0.0, 1.0])),
            "threshold": draw(st.sampled_from([None, 0.01, 0.6])),
        }
    return study
