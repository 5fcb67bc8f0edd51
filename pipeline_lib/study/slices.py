"""What each stage reads of a study: nothing more, so that a change reruns no more than it must.

A slice is JSON-ready, and the keyword arguments of the functions that the stage calls.
"""

from __future__ import annotations

from typing import Any

from pipeline_lib.names import HEALTHY, STATES, UNTREATED
from pipeline_lib.study.config import Study

Slice = dict[str, Any]


def baseline(study: Study) -> Slice:
    """The healthy network: its shape, its data, its training."""
    return {
        "engine": study.engine,
        "sizes": study.layer_sizes,
        "init": _plain(study.network)["init"],
        "training_points": _training_points(study),
        "batch_size": study.training.batch_size,
        "training": {**_plain(study.baseline), "noise": [0.0, 0.0]},
    }


def prune(study: Study) -> Slice:
    """The insult."""
    return _plain(study.pruning)


def treat(study: Study, treatment: str) -> Slice:
    """A treatment's course, and what it trains on."""
    return {
        "engine": study.engine,
        "training_points": _training_points(study),
        "batch_size": study.training.batch_size,
        "course": _steps(study, treatment, "course"),
    }


def evaluate(study: Study, state: str) -> Slice:
    """The measurements of a treated, the untreated or the healthy network."""
    treatment = study.treatments.get(state)
    return {
        "engine": study.engine,
        "standard_points": _standard_points(study),
        "clean_points": _clean_points(study),
        "withdrawal": treatment.withdrawal if treatment else False,
        **_plain(study.evaluate),
    }


def acute(study: Study) -> Slice:
    """The sudden pruning and the measurement after it."""
    return {
        "engine": study.engine,
        "standard_points": _standard_points(study),
        "combined": _plain(study.evaluate.combined),
        "prune": study.acute.prune,
    }


def switch(study: Study, state: str) -> Slice:
    """Switch liability of a treated, the untreated or the healthy network."""
    assert study.switch, "a study without it has no such job"
    treatment = study.treatments.get(state)
    return {
        "engine": study.engine,
        "standard_points": _standard_points(study),
        "withdrawal": treatment.withdrawal if treatment else False,
        **_plain(study.switch),
    }


def relapse(study: Study, treatment: str) -> Slice:
    """The stress cycles, and a treatment's maintenance between them."""
    return {
        "engine": study.engine,
        "training_points": _training_points(study),
        "standard_points": _standard_points(study),
        "batch_size": study.training.batch_size,
        "combined": _plain(study.evaluate.combined),
        "cycles": study.relapse.cycles,
        "prune": study.relapse.prune,
        "maintenance": _steps(study, treatment, "maintenance"),
    }


def replay(study: Study) -> Slice:
    """The whole protocol, for the replay on the published random stream."""
    return {
        "sizes": study.layer_sizes,
        "init": _plain(study.network)["init"],
        "training_points": _training_points(study),
        "standard_points": _standard_points(study),
        "clean_points": _clean_points(study),
        "batch_size": study.training.batch_size,
        "baseline": _plain(study.baseline),
        "pruning": _plain(study.pruning),
        "combined": _plain(study.evaluate.combined),
        "sweep": list(study.evaluate.sweep),
        "acute": _plain(study.acute),
        "relapse": {"cycles": study.relapse.cycles, "prune": study.relapse.prune},
        "treatments": {
            name: {
                "course": _steps(study, name, "course"),
                "maintenance": _steps(study, name, "maintenance"),
                "withdrawal": treatment.withdrawal,
            }
            for name, treatment in study.treatments.items()
        },
    }


def gather(study: Study, kind: str) -> Slice:
    """The seeds and treatments whose rows a gathered file of this kind holds."""
    others = {
        "evaluate": list(STATES),
        "switch": list(STATES),
        "history": [HEALTHY],
        "replay": [UNTREATED],
    }
    return {
        "kind": kind,
        "seeds": study.seed_list,
        "treatments": [*others.get(kind, []), *study.treatments],
    }


def tables(study: Study) -> Slice:
    """What tables need beside the measurements."""
    return {
        "labels": {name: treatment.label for name, treatment in study.treatments.items()},
        "threshold": study.relapse.threshold,
    }


def reproduction(study: Study) -> Slice:
    """What the comparison with published numbers needs beside the measurements."""
    return {
        "threshold": study.relapse.threshold,
        "alpha": study.reproduction.alpha,
        "margin": study.reproduction.margin,
    }


def statistics(study: Study) -> Slice:
    """What intervals and tests need beside the measurements."""
    return {"threshold": study.relapse.threshold}


def combinations(study: Study) -> Slice:
    """What the comparison of combinations with their halves needs beside the statistics."""
    combines = {name: kind.combines for name, kind in study.treatments.items() if kind.combines}
    return {**tables(study), "combines": combines}


def report(study: Study) -> Slice:
    """What the report tells of the study beside its measurements."""
    return {
        "results": study.results,
        "seeds": study.seed_list,
        "engine": study.engine,
        "protocol": replay(study),
        "switch": _plain(study.switch) if study.switch else {},
        **combinations(study),
    }


def figure(study: Study, name: str) -> Slice:
    """What a figure needs beside its data: labels, chosen colours, and its own numbers."""
    labels = {key: treatment.label for key, treatment in study.treatments.items()}
    colours = {key: kind.colour for key, kind in study.treatments.items() if kind.colour}
    numbers: dict[str, Slice] = {
        "accuracy": {"chance": 100.0 / len(study.task.centres)},
        "resilience": {"chance": 100.0 / len(study.task.centres)},
        "switch": {"chance": 100.0 / len(study.task.centres), **_pushed(study)},
        "trajectories": {"threshold": study.relapse.threshold},
        "survival": {"threshold": study.relapse.threshold},
        "regions": {"standard_points": _standard_points(study)},
        "regrowth": {
            "training_points": _training_points(study),
            "batch_size": study.training.batch_size,
            "engine": study.engine,
        },
    }
    return {"labels": labels, "colours": colours, "numbers": numbers.get(name, {})}


def first_regrowth(study: Study) -> tuple[str, int] | None:
    """Return the first treatment whose course begins by regrowing, and its mini-batches."""
    for name, treatment in study.treatments.items():
        if treatment.course and (regrow := treatment.course[0].regrow):
            return name, regrow.batches
    return None


def _pushed(study: Study) -> Slice:
    return {"bias": study.switch.bias, "sd": study.switch.internal_noise} if study.switch else {}


def _training_points(study: Study) -> Slice:
    return _plain(study.task, "centres", "sd", "train")


def _standard_points(study: Study) -> Slice:
    return _plain(study.task, "centres", "sd", "test")


def _clean_points(study: Study) -> Slice:
    return _plain(study.task, "centres", "clean")


def _steps(study: Study, treatment: str, part: str) -> list[Slice]:
    steps: list[Slice] = _plain(study.treatments[treatment], part)[part]
    return steps


def _plain(model: Any, *keys: str) -> Slice:
    plain: Slice = model.model_dump(include=set(keys) or None, exclude_none=True)
    return plain
