"""What was run, in words: the study's numbers and the steps of its treatments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_lib.reporting.phrases import plural
from pipeline_lib.steps.course import EVERY

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Recovery:
    """A treatment for readers: each step of its course and of its maintenance in a phrase."""

    name: str
    label: str
    course: list[str]
    maintenance: list[str]
    withdrawal: bool


def recoveries(protocol: Options, labels: Mapping[str, str]) -> list[Recovery]:
    """Return the treatments of `slices.replay` in words."""
    return [
        Recovery(
            name,
            labels.get(name, name),
            [in_words(step) for step in treatment["course"]],
            [in_words(step) for step in treatment["maintenance"]],
            treatment["withdrawal"],
        )
        for name, treatment in protocol["treatments"].items()
    ]


def facts(
    protocol: Options, *, threshold: float, switch: Options | None = None
) -> list[tuple[str, str]]:
    """Return what was done to every network, as pairs of a term and its numbers.

    `protocol` is `slices.replay`; `threshold` is a fraction; `switch` is the study's section.
    """
    points, baseline = protocol["training_points"], protocol["baseline"]
    combined, relapse = protocol["combined"], protocol["relapse"]
    sizes = {
        "training": points["train"],
        "standard": protocol["standard_points"]["test"],
        "clean": protocol["clean_points"]["clean"],
    }
    counts = ", ".join(f"{number:,} {kind}".replace(",", " ") for kind, number in sizes.items())
    init = protocol["init"]
    weights = "PyTorch's default" if init == "torch" else f"normal, sd {init['normal']:g}"
    return [
        (
            "Task",
            f"{len(points['centres'])} Gaussian clouds, sd {points['sd']:g}; points: {counts}",
        ),
        (
            "Network",
            f"{' → '.join(map(str, protocol['sizes']))} units; initial weights: {weights}",
        ),
        (
            "Healthy network",
            f"{plural(baseline['epochs'], 'epoch')}, learning rate {_rate(baseline['lr'])}, "
            f"batches of {protocol['batch_size']}",
        ),
        ("Insult", f"each weight matrix pruned to {_share(protocol['pruning']['sparsity'])}"),
        (
            "Combined stress",
            f"input noise sd {combined['input_noise']:g} and internal noise "
            f"σ {combined['internal_noise']:g} at once",
        ),
        ("Noise sweep", f"internal noise σ {', '.join(f'{s:g}' for s in protocol['sweep'])}"),
        ("Acute relapse", f"{_share(protocol['acute']['prune'])} of the survivors cut at once"),
        (
            "Stress cycles",
            f"{relapse['cycles']}, each cutting {_share(relapse['prune'])} of the survivors, "
            "then maintenance",
        ),
        ("Relapse", f"combined-stress accuracy below {_share(threshold)} at any cycle, 0 included"),
        *(
            [
                (
                    "Biased noise",
                    f"internal noise N({switch['bias']:g}, {switch['internal_noise']:g}²)",
                )
            ]
            if switch
            else []
        ),
    ]


def in_words(step: Mapping[str, Any]) -> str:
    """Return a step in a phrase; a kind that has none here is told by its options."""
    ((kind, options),) = ((kind, options) for kind, options in step.items() if kind != EVERY)
    if kind in _PHRASES:
        text = _PHRASES[kind](options)
    else:
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in options.items())
        text = f"{kind}: {told}" if told else kind
    return f"{text}; every {step[EVERY]} cycles" if step.get(EVERY, 1) > 1 else text


def seeds_in_words(seeds: Sequence[int]) -> str:
    """Return how many seeds there are, and which, neighbours as a range."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    which = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return f"{len(seeds)} ({', '.join(which)})"


def _train(options: Options) -> str:
    text = f"train {plural(options['epochs'], 'epoch')} at learning rate {_rate(options['lr'])}"
    for name, key in (("internal noise σ", "noise"), ("gain", "gain")):
        if ends := options.get(key):
            first, last = ends
            span = f"{first:g}" if first == last else f"from {first:g} to {last:g}"
            text = f"{text}, {name} {span}"
    return text


def _regrow(options: Options) -> str:
    return (
        f"regrow the {_share(options['fraction'])} of pruned weights with the steepest gradients "
        f"({options['batches']} batches), sd {options['sd']:g}"
    )


def _modulate(options: Options) -> str:
    parts = [options["activation"]] if "activation" in options else []
    parts += [f"{name} {options[name]:g}" for name in ("damping", "gain") if name in options]
    return f"modulate: {', '.join(parts)}"


def _prune(options: Options) -> str:
    if "sparsity" in options:
        return f"prune to {_share(options['sparsity'])}"
    return f"prune {_share(options['fraction'])} of the survivors"


_PHRASES: dict[str, Callable[[Options], str]] = {
    "train": _train,
    "regrow": _regrow,
    "modulate": _modulate,
    "withdraw": lambda _: "take the modulation off",
    "prune": _prune,
}


def _rate(number: float) -> str:
    return f"{number:f}".rstrip("0") if 1e-6 < number < 1 else f"{number:g}"


def _share(fraction: float) -> str:
    return f"{round(100 * fraction, 9):g} %"
