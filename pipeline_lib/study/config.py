"""A study as typed data: every key of `config.yaml`, what it means and what it may be.

These models are the one source of truth: they validate a study, and `config.schema.json` is
exported from them for editors.
"""

from __future__ import annotations

import itertools
import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator
from pydantic_core import PydanticCustomError

from pipeline_lib.engines import EngineName
from pipeline_lib.model.randomness import LARGEST_SEED
from pipeline_lib.names import STATES
from pipeline_lib.study.treatments import (
    LARGEST,
    LONGEST_NAME,
    Count,
    Deviation,
    Factor,
    Model,
    Share,
    Treatment,
    TreatmentName,
)

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Signed = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Position = Annotated[list[Signed], Field(min_length=2, max_length=2)]

# Where a key may be of two types, these name the two for error messages.
NUMBER, LIST, KEYWORD, MAPPING = "<number>", "<list>", "<keyword>", "<mapping>"


LONGEST_PATH = 200

ELSEWHERE = "elsewhere"  # an error whose message is the whole sentence


class Task(Model):
    """The Gaussian clouds and the sizes of the data sets."""

    centres: list[Position] = Field(min_length=2, description="one cloud per class, in order")
    sd: Factor = Field(description="sd of a cloud along each axis")
    train: Count = Field(description="training points per seed")
    test: Count = Field(description='"standard" test points per seed, scattered by sd')
    clean: Count = Field(description='"clean" test points per seed, exactly on the centres')


class NormalWeights(Model):
    """Initial weights from a normal distribution, biases zero."""

    normal: Factor = Field(description="sd of the initial weights")


class Network(Model):
    """The classifier before anything happens to it."""

    hidden: list[Count] = Field(min_length=1, description="units of each hidden layer")
    init: Annotated[
        Annotated[Literal["torch"], Tag(KEYWORD)] | Annotated[NormalWeights, Tag(MAPPING)],
        Discriminator(lambda init: MAPPING if isinstance(init, dict | NormalWeights) else KEYWORD),
    ] = Field(description='"torch" (PyTorch\'s default, as published) or {normal: sd}')


class Training(Model):
    """What all training shares."""

    batch_size: Count = Field(description="points per mini-batch")


class Baseline(Model):
    """Training of the healthy network."""

    epochs: Count = Field(description="passes over the training points")
    lr: Factor = Field(description="Adam's learning rate")


class Pruning(Model):
    """The insult: pruning of the healthy network, the same for every treatment."""

    sparsity: Share = Field(description="share of each matrix's weights that is cut")


class Combined(Model):
    """The combined stress test."""

    input_noise: Deviation = Field(description="sd of the noise added to the test points")
    internal_noise: Deviation = Field(description="σ of the noise in the hidden layers")


class Evaluate(Model):
    """What is measured of every network."""

    combined: Combined = Field(description="the combined stress test, also used under relapse")
    sweep: Annotated[list[Deviation], Field(min_length=1)] = Field(
        description="internal noise levels σ, ascending, from 0.0"
    )

    @field_validator("sweep")
    @classmethod
    def _ascending_from_zero(cls, sweep: list[float]) -> list[float]:
        if sweep[0] != 0 or any(b <= a for a, b in itertools.pairwise(sweep)):
            raise ValueError("it must be noise levels in ascending order, the first of them 0.0")
        return sweep


class Acute(Model):
    """Acute relapse: one sudden pruning."""

    prune: Share = Field(description="share of the surviving weights cut at once")


class Relapse(Model):
    """Longitudinal relapse: cycles of pruning and maintenance."""

    cycles: Count = Field(description="stress cycles")
    prune: Share = Field(description="share of the surviving weights cut in each cycle")
    threshold: Annotated[float, Field(gt=0, le=1)] = Field(
        description="combined accuracy (fraction) below which a network has relapsed"
    )


class Reproduction(Model):
    """How our means are compared with published ones."""

    published: Annotated[str, Field(min_length=1)] | None = Field(
        description="CSV file of published numbers, or null for a study that has none"
    )
    runs: Annotated[str, Field(min_length=1)] | None = Field(
        description="CSV file of the published protocol's results by seed, or null"
    )
    alpha: Share = Field(description="family-wise error rate of the comparison")
    margin: Share = Field(description="accuracy difference (fraction) that counts as equivalent")

    @field_validator("published", "runs")
    @classmethod
    def _of_this_machine(cls, path: str | None) -> str | None:
        # Snakemake reads more than a path into braces, `://` and the like.
        if path is not None and (
            not re.fullmatch(r"[\w./][\w .+~-]*(/[\w .+~-]*)*", path)
            or path != path.strip()
            or len(path) > LONGEST_PATH
        ):
            raise ValueError(
                "it must be the path of a file, of letters, digits, spaces, `_`, `.`, `+`, `~`, "
                f"`-` and `/`, and at most {LONGEST_PATH} characters long"
            )
        return path


class Switch(Model):
    """Switch liability: what biased noise in the hidden layers does, and how active they are."""

    bias: Signed = Field(description="mean of the internal noise, in place of 0")
    internal_noise: Deviation = Field(description="its σ")


class Study(Model):
    """A whole study."""

    seeds: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST_SEED + 1), Tag(NUMBER)]
        | Annotated[list[Seed], Field(min_length=1), Tag(LIST)],
        Discriminator(lambda seeds: LIST if isinstance(seeds, list) else NUMBER),
    ] = Field(description="how many seeds, from 0; or a list of seeds")
    results: str = Field(description="folder that everything is written to")
    engine: EngineName = Field(description="what computes training and accuracy")
    keep_networks: bool = Field(
        True, description="keep all networks; else, once measured, the pruned ones alone"
    )
    task: Task
    network: Network
    training: Training
    baseline: Baseline
    pruning: Pruning
    evaluate: Evaluate
    acute: Acute
    relapse: Relapse
    switch: Switch | None = None
    treatments: dict[TreatmentName, Treatment] = Field(
        min_length=1, description="by name, in order"
    )
    reproduction: Reproduction

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: int | list[int]) -> int | list[int]:
        if isinstance(seeds, list) and len(set(seeds)) < len(seeds):
            raise ValueError("it must not have duplicates")
        return seeds

    @field_validator("results")
    @classmethod
    def _plain_path(cls, path: str) -> str:
        # Paths reach shells, Snakemake patterns and cluster queues: plain characters only.
        if not re.fullmatch(r"/?\w[\w.-]*(/\w[\w.-]*)*", path, re.ASCII):
            raise ValueError(
                "it must be a path of letters, digits, `_`, `.`, `-` and `/`, without `..`"
            )
        if len(path) > LONGEST_PATH:
            raise ValueError(f"it must be at most {LONGEST_PATH} characters long")
        return path

    @field_validator("treatments", mode="before")
    @classmethod
    def _drop_removed(cls, treatments: Any) -> Any:
        # An overlay takes a treatment out of the study that it builds on by setting it to null.
        if isinstance(treatments, dict):
            return {name: value for name, value in treatments.items() if value is not None}
        return treatments

    @field_validator("treatments")
    @classmethod
    def _combine_treatments(cls, treatments: dict[str, Treatment]) -> dict[str, Treatment]:
        for name, treatment in treatments.items():
            for part in treatment.combines:
                if part == name or part not in treatments or treatment.combines.count(part) > 1:
                    others = ", ".join(other for other in treatments if other != name)
                    raise PydanticCustomError(
                        ELSEWHERE,
                        f"treatments.{name}.combines has {part[:LONGEST_NAME]!r}; it must name "
                        f"other treatments of the study, each once: {others}",
                    )
        return treatments

    @field_validator("treatments")
    @classmethod
    def _tell_apart(cls, treatments: dict[str, Treatment]) -> dict[str, Treatment]:
        # Tables and figures name a treatment by its label alone.
        names = {name: name for name in STATES}
        for name, treatment in treatments.items():
            label = treatment.label.casefold()
            if label in names:
                raise PydanticCustomError(
                    ELSEWHERE,
                    f"treatments.{name}.label is {treatment.label!r}, the label of "
                    f"{names[label]}; labels must differ",
                )
            names[label] = name
        return treatments

    @property
    def seed_list(self) -> list[int]:
        """The seeds, in the order in which means are taken."""
        return self.seeds if isinstance(self.seeds, list) else list(range(self.seeds))

    @property
    def layer_sizes(self) -> list[int]:
        """Units by layer, from the input to the output."""
        return [len(self.task.centres[0]), *self.network.hidden, len(self.task.centres)]
