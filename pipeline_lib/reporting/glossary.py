"""What the words of a report mean, said from the study's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline_lib.names import COMBINED
from pipeline_lib.reporting.wording import share


def glossary(study: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the terms of the report with what they mean."""
    settings = study["settings"]
    stress, acute, relapse = (settings.get(name) for name in ("evaluate", "acute", "relapse"))
    both = stress[COMBINED]
    terms = [
        ("Seed", "One repetition of everything: new points, initial weights and noise."),
        ("Sparsity", "The percentage of connections that are cut."),
        ("σ", "The standard deviation (SD) of the noise in every hidden layer."),
        (
            "Combined stress",
            f"Input noise of SD {both['input_noise']:g} and internal noise of σ = "
            f"{both['internal_noise']:g} at once.",
        ),
    ]
    if acute:
        drop = (
            "Accuracy under combined stress before minus after "
            f"{share(acute['prune'])} of the connections are suddenly cut."
        )
        terms.append(("Acute drop", drop))
    if any(treatment.get("withdrawal") for treatment in study["treatments"].values()):
        off = "The same network without its modulation: ReLU units, no damping, no gain."
        terms.append(("Off medication, modulation off", off))
    if relapse:
        terms += _of_relapse(relapse["cycles"], f"below {share(relapse['threshold'])}")
    return [
        *terms,
        ("Points", "Percentage points, the unit of a difference between two percentages."),
        (
            "95 % interval",
            "A range computed so that, in 95 of 100 such studies, it would hold the mean over all "
            "possible seeds.",
        ),
        (
            "p",
            "How often a difference at least as large would turn up if the two were alike. It "
            "measures neither the size nor the importance of a difference.",
        ),
    ]


def _of_relapse(cycles: int, below: str) -> list[tuple[str, str]]:
    return [
        ("Course and maintenance", "The treatment at first, and after each stress cycle."),
        ("Final accuracy", f"Accuracy under combined stress after cycle {cycles}."),
        ("Response", f"Accuracy under combined stress not {below} at cycle 0, before any stress."),
        ("Slow responder", f"A seed {below} at cycle 0, but not after cycle {cycles}."),
        (
            "Relapse after response",
            f"Accuracy under combined stress {below} at a later cycle, in a seed that responded.",
        ),
        (
            "Ever below threshold",
            f"Accuracy under combined stress {below} at any cycle, cycle 0 included. The paper "
            "calls this relapse, although a seed may not have responded before.",
        ),
    ]
