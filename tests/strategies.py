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
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.integers() | st.none(), inner, max_size=4)
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
    action = draw(st.sampled_from(["odd", "odd", "odd", "wrap", "drop", "key", "kin"]))
    if action == "odd":
        inside[last] = draw(ODD)
    elif action == "wrap":
        inside[last] = draw(st.sampled_from([[value], {"value": value}, str(value)]))
    elif action == "drop":
        del inside[last]
    elif isinstance(inside, list):
        inside.append(value if action == "kin" else draw(ODD))
    elif action == "kin" and isinstance(last, str) and len(last) > 2:
        at = draw(st.integers(0, len(last) - 2))  # two letters change places
        inside[last[:at] + last[at + 1] + last[at] + last[at + 2 :]] = inside.pop(last)
    else:
        inside[draw(st.sampled_from(NAMES) | st.text() | st.integers())] = draw(
            st.just(value) | ODD
        )


def two(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """The start and the end of a schedule, or a range."""
    return st.lists(strategy, min_size=2, max_size=2)


of = st.sampled_from
having = st.fixed_dictionaries
SHARE = of([1e-9, 0.05, 0.5, 0.95, 0.999, 1 - 1e-9]) | st.floats(
    0, 1, exclude_min=True, exclude_max=True
)
SIGMA, FACTOR = of([0.0, 0.3, 2.5]), of([0.5, 0.7, 1.0, 1.6])
SCOPE = of(["matrix", "network"])
REGROWN = {"fraction": of([1.0, 1e-9]) | st.floats(0.1, 1.0), "sd": of([0.0, 0.03, 0.5])}
SEVERITY = {"gain": FACTOR, "activity": FACTOR, "at_rest": st.just(0.1), "limits": of([[0.5, 2.0]])}

STEPS: dict[str, st.SearchStrategy[Any]] = {
    "train": having(
        {"epochs": st.integers(1, 3), "lr": of([1e-5, 5e-4, 1e-2])},
        optional={"noise": two(SIGMA), "gain": two(FACTOR), "input_noise": SIGMA | two(SIGMA)},
    ),
    "regrow": having(REGROWN | {"sites": of(["random", "coactivity"])})
    | having(REGROWN | {"sites": st.just("gradient"), "batches": st.integers(1, 40)}),
    "modulate": having(
        {},
        optional={
            **{"activation": of(["relu", "tanh"]), "damping": FACTOR, "gain": FACTOR},
            **{"units": st.floats(0, 1), "inhibition": SIGMA, "gain_cap": FACTOR},
            "bias_damping": of([0, 0.3, 1]),
        },
    ).filter(bool),
    "withdraw": st.none() | having({"keep": st.lists(of(["gain", "inhibition", "damping"]))}),
    "prune": having({"sparsity": SHARE, "scope": SCOPE})
    | having({"fraction": SHARE, "scope": SCOPE}),
    "scar": having(
        {
            "fraction": st.floats(0, 1),
            "of": of(["survivors", "all"]),
            "choose": of(["weakest", "random"]),
        },
        optional={"severity": having(SEVERITY)},
    ),
}


def steps(*, maintenance: bool = False, repeat: bool = True) -> st.SearchStrategy[list[Any]]:
    """A course, or maintenance."""
    more = {"every": st.integers(1, 4), "chance": of([0, 0.5, 1.0])} if maintenance else {}
    kinds = dict(STEPS)
    if repeat:
        inside = steps(repeat=False).filter(bool)
        kinds["repeat"] = having({"times": st.integers(1, 2), "steps": inside})
    every = [having({kind: options}, optional=more) for kind, options in kinds.items()]
    return st.lists(st.one_of(*every, st.just("withdraw")), max_size=3)


LABELS = st.one_of(
    of([r"$\frac{1}{2}$", "50 % & more_of #1", r"\input{x}", "a|b", "<b>x</b>", "{x}"]),
    st.text(st.characters(max_codepoint=0x24F), min_size=1, max_size=60),
).filter(
    lambda label: (
        label.isprintable()
        and bool(label.strip())
        and label.casefold() not in ("healthy", "untreated")
    )
)
TREATMENT = having(
    {
        "course": steps(),
        "maintenance": steps(maintenance=True),
        "withdrawal": st.booleans(),
    },
    optional={"colour": of(["#000000", "#Ffffff", "#117733"])},
)
FEW = st.integers(1, 300)
BIAS = of([0.0, 1.0, [1.5, 0.5], [0.5, -0.5]])
PROBE = {"bias": BIAS, "internal_noise": of([0.0, [0.5, 1.0]]), "threshold": of([0.5, 1.0])}
STUDY = having(
    {
        "seeds": of([1, 2, [7], [4294966, 0]]),
        "results": st.just("results"),
        "engine": st.just("fast"),
        "task": having(
            {
                "centres": st.lists(two(st.floats(-5, 5)), min_size=2, max_size=5),
                "sd": st.floats(0.01, 3),
                **dict.fromkeys(("train", "test", "clean"), FEW),
            }
        ),
        "network": having(
            {
                "hidden": st.lists(st.integers(1, 40), min_size=1, max_size=4),
                "init": of(["torch", {"normal": 0.05}, {"normal": 1.0}]),
            }
        ),
        "training": having({"batch_size": of([7, 64, 128, 1000, 10**9])}),
        "baseline": having({"epochs": st.integers(1, 3), "lr": of([1e-3, 0.1])}),
        "pruning": having({"sparsity": SHARE, "scope": SCOPE}),
        "evaluate": having(
            {
                "combined": having(
                    {"input_noise": of([0.0, 1.0]), "internal_noise": of([0.0, 0.5])}
                ),
                "sweep": st.lists(st.floats(0.01, 5), max_size=3, unique=True).map(
                    lambda levels: [0.0, *sorted(levels)]
                ),
            }
        ),
        "acute": having({"prune": SHARE, "cap": of([0.5, 0.99, 1.0])}),
        "relapse": having(
            {"cycles": st.integers(1, 3), "prune": SHARE, "threshold": of([0.01, 0.8, 1.0])}
        ),
        "reproduction": st.just({"published": None, "runs": None, "alpha": 0.05, "margin": 1.0}),
    },
    optional={
        "insult": steps(),
        "kindling": having(
            {
                "cycles": st.integers(1, 2),
                "stress": steps(maintenance=True),
                "probe": having(PROBE),
                "episode": steps(maintenance=True),
                "afterwards": st.none() | having(PROBE),
            }
        ),
        "switch": having(
            {
                "bias": of([-1.0, 0.0, 1.0]),
                "internal_noise": of([0.0, 1.0]),
                "threshold": of([None, 0.01, 0.6]),
            }
        ),
    },
)


@st.composite
def valid(draw: st.DrawFn) -> dict[str, Any]:
    """A small valid study with anything that a study may have."""
    words = of(["a", "ab", "nan", "null", "true", "seed", "replay", "x_1", "logs"])
    names = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    labels = draw(st.lists(LABELS, min_size=3, max_size=3, unique_by=str.casefold))
    treatments: dict[str, Any] = {}
    for name, label in zip(names, labels, strict=False):
        others = [other for other in names if other != name]
        treatments[name] = draw(TREATMENT) | {
            "label": label,
            "from": draw(of([None, *treatments])),
            "combines": draw(st.lists(of(others), unique=True)) if others else [],
        }
    return draw(STUDY) | {"treatments": treatments}
