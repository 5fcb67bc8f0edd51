"""The study of each seed, if numbers are drawn for it: seeds differ, as patients do."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline_lib.errors import PipelineError
from pipeline_lib.study.config import Study
from pipeline_lib.study.keys import KeyPath, check_apart, places, put
from pipeline_lib.study.validation import validate

# What may differ between seeds. The rows of all seeds must be of the same measurements, so a
# measure's other options may not.
OF_SEEDS = (
    *("task", "network", "baseline", "pruning", "insult", "treatments"),
    *("acute.prune", "relapse.prune"),
)


def drawn_places(study: Study, raw: Mapping[str, Any]) -> dict[str, list[KeyPath]]:
    """Return the places in `raw` of each key that is drawn.

    Raises PipelineError if there is no such key, if it cannot differ between seeds, or if two keys
    are the same.
    """
    found = {}
    for key in study.drawn:
        if not any(f"{key}.".startswith(f"{part}.") for part in OF_SEEDS):
            allowed = ", ".join(OF_SEEDS)
            raise PipelineError(f"drawn.{key}: only numbers of {allowed} can differ between seeds")
        found[key] = places(f"drawn.{key}", raw)
    check_apart({f"drawn.{key}": there for key, there in found.items()})
    return found


def patients(
    study: Study, raw: Mapping[str, Any], there: Mapping[str, list[KeyPath]], order: Sequence[str]
) -> list[Study]:
    """Return the study of each seed in turn, or, if nothing is drawn, the study alone.

    `there` has the places in `raw` of the keys that are drawn. Raises PipelineError if a number is
    not one that its key can have. Of a uniform distribution both ends must be.
    """
    if not there:
        return [study]

    def with_numbers(numbers: Mapping[str, float], whose: str) -> Study:
        changed = copy.deepcopy(dict(raw))
        for key, number in numbers.items():
            for place in there[key]:
                put(changed, place, number)
        try:
            return validate(changed, order=order)
        except PipelineError as error:
            lines = [f"drawn{whose}: {line}" for line in str(error).splitlines()]
            whole = "it must be a whole number", "a whole number cannot be drawn"
            raise PipelineError("\n".join(line.replace(*whole) for line in lines)) from None

    for key, distribution in study.drawn.items():
        for end in distribution.uniform or []:  # a normal distribution has no ends
            with_numbers({key: end}, "")
    drawn = drawn_numbers(study)
    return [with_numbers(numbers, f", for seed {seed}") for seed, numbers in drawn.items()]


def tell_drawn(study: Study, settings: dict[str, Any]) -> dict[str, str]:
    """Return what the number of each key is drawn from, in words, and put them into `settings`."""
    found = {key: each.words for key, each in study.drawn.items()}
    for key, words in found.items():
        for place in places(f"drawn.{key}", settings):
            put(settings, place, words)
    return found


def drawn_numbers(study: Study) -> dict[int, dict[str, float]]:
    """Return the numbers that are drawn for each seed, by key."""
    return {
        seed: {key: each.number(seed, key) for key, each in study.drawn.items()}
        for seed in study.seed_list
    }
