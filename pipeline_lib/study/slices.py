"""The slice of a study that each job reads, so that a change reruns only the jobs that it affects.

A slice is ready for JSON. What a measure reads follows from the keyword arguments of its functions:
its options, points of the task, and the settings in `SHARED`.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from pipeline_lib import items, measures
from pipeline_lib.measures import EVERY_STATE, MAINTAINED
from pipeline_lib.names import (
    CLEAN_POINTS,
    COURSE,
    HEALTHY,
    HISTORY,
    INSULT,
    MAINTENANCE,
    STANDARD_POINTS,
    STATES,
    TRAINING,
    UNTREATED,
    WITHDRAWN,
)
from pipeline_lib.options import Model
from pipeline_lib.steps import StepOptions
from pipeline_lib.steps import kinds as kinds_of
from pipeline_lib.study import kinds
from pipeline_lib.study.config import Study
from pipeline_lib.study.kinds import Options
from pipeline_lib.study.patients import tell_drawn
from pipeline_lib.study.sections import HELD_OUT
from pipeline_lib.study.treatments import Treatment

# Settings that a measure may ask for besides its options; they may depend on the treatment.
SHARED: dict[str, Callable[[Study, Treatment | None], Any]] = {
    "batch_size": lambda study, _: study.training.batch_size,
    "combined": lambda study, _: _plain(study.options_of("evaluate"))["combined"],
    "maintenance": lambda _, treatment: _steps(treatment, MAINTENANCE),
    "withdrawal": lambda _, treatment: bool(treatment and treatment.withdrawal),
}

# The measures that the published run had.
RELAPSE = "relapse"
REPLAYED = ("evaluate", "acute", RELAPSE)


def baseline(study: Study) -> kinds.Baseline:
    """Return what the job of the healthy network reads."""
    return {
        "engine": study.engine,
        "sizes": study.layer_sizes,
        "init": _plain(study.network)["init"],
        "training": points(study, TRAINING),
        "batch_size": study.training.batch_size,
        "steps": [{"train": _plain(study.baseline)}],
    }


def prune(study: Study) -> Options:
    """Return what the job of the damage reads: how it prunes and, if there are any, its steps."""
    further = {INSULT: treat(study, UNTREATED)} if study.insult else {}
    return study.pruning.model_dump(exclude_defaults=True) | further


def treat(study: Study, state: str) -> kinds.Treat:
    """Return what a treatment's course reads, or the insult's of the untreated network."""
    of, part = (study, INSULT) if state == UNTREATED else (study.treatments[state], COURSE)
    return {
        "engine": study.engine,
        "training": points(study, TRAINING),
        "batch_size": study.training.batch_size,
        "course": _steps(of, part),
    }


def measure(study: Study, name: str, state: str) -> kinds.Measure:
    """Return what the job of a measure reads, for the network of a treatment or another state."""
    asked = measures.asked(measures.load(name).run)
    return {
        "engine": study.engine,
        "points": {data: points(study, data) for data in asked if data in _POINTS},
        "options": _given(study, name, [n for n in asked if n not in _POINTS], state),
    }


@cache
def beside(name: str) -> list[str]:
    """Return the states whose networks a measure reads beside the one that it measures."""
    return [state for state in measures.asked(measures.load(name).run) if state == UNTREATED]


def values(study: Study) -> dict[str, Options]:
    """Return what each measure reads, besides its rows, to turn them into numbers.

    For `relapse` this is its threshold, because `relapse.values` has a parameter of this name.
    """
    return {
        name: _given(study, name, measures.asked(measures.load(name).values))
        for name in study.measures
    }


def every_step(study: Study) -> list[StepOptions]:
    """Return the steps of all treatments, those of each course and then of its maintenance."""
    parts = [(each, part) for each in study.treatments.values() for part in (COURSE, MAINTENANCE)]
    return [step for each, part in parts for step in _steps(each, part)]


def steps_of(measure: kinds.Measure) -> list[StepOptions]:
    """Return the steps that a measure takes, such as those of maintenance or of an episode."""
    lists = [each for each in measure["options"].values() if isinstance(each, list)]
    return [step for each in lists for step in each if isinstance(step, dict)]


def replayed_steps(study: Study) -> list[StepOptions]:
    """Return the steps of the replay, those of courses and those of measures."""
    protocol = replay(study)
    of_courses = itertools.chain.from_iterable(protocol["treatments"].values())
    read = [each for of_states in protocol["measures"].values() for each in of_states.values()]
    return [*of_courses, *itertools.chain.from_iterable(map(steps_of, read))]


def states(study: Study, name: str) -> list[str]:
    """Return the states that a measure applies to, in order."""
    applies = measures.load(name).APPLIES_TO
    maintained = [each for each, kind in study.treatments.items() if kind.maintenance]
    of_them = maintained if applies == MAINTAINED and maintained else study.treatments
    return [*(STATES if applies == EVERY_STATE else ()), *of_them]


def gather(study: Study, kind: str) -> kinds.Gather:
    """Return the seeds and states whose rows a gathered file holds."""
    there = [HEALTHY, *study.treatments] if kind == HISTORY else states(study, kind)
    return {"kind": kind, "seeds": study.seed_list, "states": there}


def replay(study: Study) -> kinds.Replay:
    """Return the whole protocol, for the replay on the published random stream."""
    single = study.reproduction.replay
    return {
        "data": single.data if single else None,
        "points": {data: points(study, data) for data in (STANDARD_POINTS, CLEAN_POINTS)},
        "baseline": baseline(study),
        "pruning": study.pruning.model_dump(exclude_defaults=True),
        "measures": {
            name: {
                state: measure(study, name, state)
                for state in [UNTREATED, *study.treatments]
                if state in states(study, name)
            }
            for name in (study.measures if single else REPLAYED)
        },
        "values": values(study) if single else {},
        "treatments": {name: treat(study, name)["course"] for name in study.treatments},
    }


def looks(study: Study, places: dict[str, int]) -> kinds.Looks:
    """Return how treatments are named and drawn; `places` has those of removed ones too."""
    return {
        "labels": study.labels,
        "places": {name: places[name] for name in study.treatments},
        "colours": {name: kind.colour for name, kind in study.treatments.items() if kind.colour},
    }


def figure(study: Study, name: str, looks: kinds.Looks) -> kinds.Figure:
    """Return what a figure reads besides its data."""
    return {
        "name": name,
        "measures": study.measures,
        "looks": looks,
        "chance": 100.0 * study.task.chance,
        "threshold": tables(study)["threshold"],
    }


def combines(study: Study) -> dict[str, list[str]]:
    """Return the treatments of which each combination consists."""
    return {name: kind.combines for name, kind in study.treatments.items() if kind.combines}


def statistics(study: Study) -> kinds.Statistics:
    """Return what the comparison of treatments reads: the contrasts, or those of any study.

    A study that names none has planned to compare each combination with its parts, or, if it has
    no combination, every two treatments; and each treatment with itself withdrawn, if it can be.
    """
    pairs = study.contrasts
    if pairs is None:
        combined = [[name, part] for name, parts in combines(study).items() for part in parts]
        every = [list(pair) for pair in itertools.combinations(study.treatments, 2)]
        off = [[name, WITHDRAWN] for name, kind in study.treatments.items() if kind.withdrawal]
        pairs = [*(combined or every), *off]
    return {"measures": study.measures, "contrasts": pairs, "claims": claims(study)}


def claims(study: Study) -> list[kinds.Claim]:
    """Return the claims of a study, each a number and the treatments that it is about."""
    return [{"number": x.number, "better": x.better, "than": x.than} for x in study.claims]


def tables(study: Study) -> kinds.Tables:
    """Return what tables and findings read. They need the threshold only for their wording."""
    relapse = getattr(study, RELAPSE)
    return {
        "measures": study.measures,
        "labels": study.labels,
        "threshold": relapse.threshold if relapse else None,
        "combines": combines(study),
    }


def reproduction(study: Study) -> kinds.Reproduction:
    """Return what the comparison with published numbers reads."""
    return {
        "measures": study.measures,
        "labels": study.labels,
        "alpha": study.reproduction.alpha,
        "margin": study.reproduction.margin,
    }


def report(study: Study) -> kinds.Report:
    """Return what the report reads beside what tables do: settings and treatments' steps."""
    named = {"label", "colour", "combines"}
    treatments = {
        name: treatment.model_dump(
            by_alias=True, exclude_defaults=True, exclude_none=True, exclude=named
        )
        for name, treatment in study.treatments.items()
    }
    apart = {"results", "treatments", "axes", "drawn"}
    settings = study.model_dump(exclude=apart, exclude_none=True)
    if study.task.points:  # the clouds that it takes the place of would mislead
        settings["task"] = _plain(study.task, "points", "held_out")
    settings["pruning"] = study.pruning.model_dump(exclude_defaults=True)
    return {
        **tables(study),
        "seeds": study.seed_list,
        "settings": settings,
        "drawn": tell_drawn(study, settings | {"treatments": treatments}),
        "treatments": treatments,
        "steps": {
            kind: (items.load("steps", kind).Options.__doc__ or "").partition("\n")[0]
            for kind in kinds_of(every_step(study))
        },
    }


def first_regrowth(study: Study) -> tuple[str, int] | None:
    """Return the first treatment that begins by regrowing along gradients, and their batches."""
    for name, treatment in study.treatments.items():
        course = treat(study, name)["course"]
        batches = course[0].get("regrow", {}).get("batches") if course else None
        if batches is not None and treatment.start == UNTREATED:
            return name, batches
    return None


def points(study: Study, data: str) -> Options:
    """Return everything that a data set of the task depends on, except the seed."""
    task = study.task
    if task.file:
        share = HELD_OUT if task.held_out is None else task.held_out
        return {"points": task.points, "digest": task.file.digest, "held_out": share}
    return _plain(task, *_POINTS[data])


_POINTS = {
    TRAINING: ("centres", "sd", "train"),
    STANDARD_POINTS: ("centres", "sd", "test"),
    CLEAN_POINTS: ("centres", "clean"),
}


def _given(study: Study, name: str, asked: Sequence[str], state: str | None = None) -> Options:
    treatment = study.treatments.get(state) if state else None
    own = study.options_of(name).model_dump(exclude_none=True)
    if treatment and (differs := treatment.stress_of(name)):
        own |= differs.model_dump(exclude_none=True)
    return {
        option: own[option] if option in own else SHARED[option](study, treatment)
        for option in asked
        if option in own or option in SHARED
    }


def _steps(of: Model | None, part: str) -> list[StepOptions]:
    # Without defaults, so that it makes no difference whether a study states them.
    own = of.model_dump(include={part}, exclude_none=True, exclude_defaults=True) if of else {}
    return list(own.get(part, []))


def _plain(model: Model, *keys: str) -> Options:
    return model.model_dump(include=set(keys) or None, exclude_none=True)
